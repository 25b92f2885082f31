"""The manifests of the reconciler, for `install`: namespaces, CRDs, rights and Deployment."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gitopskit.manifests.settled_names import APPLICATIONS_NAMESPACE, SYSTEM_NAMESPACE
from gitopskit.repository.templates import platform_documents
from gitopskit.workflows.first_objects import labelled, with_image

if TYPE_CHECKING:
    from gitopskit.manifests.json_types import JsonObject

ARGOPROJ_FILES: Final = ("crds/applications.yaml", "crds/appprojects.yaml")
"""Definitions that Argo CD brings too: they are never to replace an existing one."""

RECONCILER_FILES: Final = (
    "appliers.yaml",
    "reconciler/rbac.yaml",
    "reconciler/deployment.yaml",
)


def reconciler_manifests(image: str, *, with_definitions: bool) -> dict[str, list[JsonObject]]:
    """Return what the reconciler needs in a cluster, by the name of a file for it.

    ``with_definitions`` adds those of argoproj.io, which a cluster with Argo CD has already.

    Raises:
        InputError: the image has neither tag nor digest.
    """
    namespaces = (SYSTEM_NAMESPACE, APPLICATIONS_NAMESPACE)
    files = (*ARGOPROJ_FILES, *RECONCILER_FILES) if with_definitions else RECONCILER_FILES
    return _manifests(image, files, namespaces=namespaces)


def _manifests(
    image: str, names: tuple[str, ...], *, namespaces: tuple[str, ...]
) -> dict[str, list[JsonObject]]:
    files = {
        "namespace.yaml": [
            content
            for content in _contents("namespaces.yaml")
            if content["metadata"]["name"] in namespaces
        ]
    }
    for name in names:
        contents = _contents(name)
        files[name.replace("/", "-")] = [
            with_image(content, image) if content["kind"] == "Deployment" else content
            for content in contents
        ]
    return files


def _contents(name: str) -> list[JsonObject]:
    return [labelled(manifest.content) for manifest in platform_documents(name)]
