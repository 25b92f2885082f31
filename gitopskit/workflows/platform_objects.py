"""What bootstrap installs of ours: definitions, rights, controllers; in the order of writing.

Pure but for reading the templates. The unsealer's part comes from the repository where it holds
one, so that a choice which Git records is what the cluster gets.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gitopskit.errors import InputError
from gitopskit.manifests.identity import ObjectRef, apply_rank
from gitopskit.repository.templates import platform_documents
from gitopskit.workflows.first_objects import with_image
from gitopskit.workflows.unsealer_installation import UnsealerInstallation
from gitopskit.workflows.unsealer_manifests import rights_files, unsealer_files

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gitopskit.manifests.json_types import JsonObject

_RECONCILER_FILES: Final = (
    "namespaces.yaml",
    "crds/applications.yaml",
    "crds/appprojects.yaml",
    "appliers.yaml",
    "reconciler/rbac.yaml",
)
_RECONCILER_DEPLOYMENT: Final = "reconciler/deployment.yaml"
_UNSEALER_ACCOUNT: Final = "gitopskit-unsealer"
_ONLY_INSIDE: Final = ("Deployment", "NetworkPolicy", "PodDisruptionBudget", "Service")
"""Kinds that are of use only to a controller that runs inside the cluster."""


def platform_objects(image: str, unsealer: Sequence[JsonObject] = ()) -> list[JsonObject]:
    """Return namespaces, definitions, roles and, with an image, what runs the controllers.

    ``unsealer`` are the objects that the repository holds for it; empty means the usual ones.

    Raises:
        InputError: the image has neither tag nor digest.
    """
    objects = [*_shipped(_RECONCILER_FILES), *(unsealer or _usual_unsealer(image))]
    if image:
        objects += [with_image(content, image) for content in _shipped((_RECONCILER_DEPLOYMENT,))]
    else:
        objects = [content for content in objects if content["kind"] not in _ONLY_INSIDE]
    return sorted(objects, key=lambda content: apply_rank(ObjectRef.of(content)))


def unsealer_namespace(objects: Sequence[JsonObject]) -> str:
    """Return where the unsealer of these objects runs and keeps its keys.

    Raises:
        InputError: none of them is its ServiceAccount, or several are.
    """
    found = [
        content["metadata"].get("namespace", "")
        for content in objects
        if content["kind"] == "ServiceAccount" and content["metadata"]["name"] == _UNSEALER_ACCOUNT
    ]
    if len(found) == 1 and found[0]:
        return str(found[0])
    raise InputError(
        f"{len(found) or 'no'} ServiceAccounts {_UNSEALER_ACCOUNT} with a namespace are among the"
        " unsealer's objects",
        hint="write the folder anew by `gitopskit unsealer install --out`",
    )


def _usual_unsealer(image: str) -> list[JsonObject]:
    wanted = UnsealerInstallation()
    files = unsealer_files(wanted, image=image) if image else rights_files(wanted)
    return [content for contents in files.values() for content in contents]


def _shipped(names: Sequence[str]) -> list[JsonObject]:
    return [manifest.content for manifest in platform_documents(*names)]
