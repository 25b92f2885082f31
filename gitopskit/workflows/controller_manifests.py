"""The manifests of the reconciler, for `install`: namespaces, CRDs, rights and Deployment."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from gitopskit.errors import InputError
from gitopskit.manifests.settled_names import (
    APPLICATIONS_NAMESPACE,
    OWN_SERVER,
    SYSTEM_NAMESPACE,
)
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


@dataclass(frozen=True, slots=True, kw_only=True)
class DefaultProject:
    """What Applications of the project ``default`` may use; nothing where both are empty."""

    repositories: tuple[str, ...] = ()
    namespaces: tuple[str, ...] = ()


def reconciler_manifests(
    image: str, *, with_definitions: bool, default: DefaultProject | None = None
) -> dict[str, list[JsonObject]]:
    """Return what the reconciler needs in a cluster, by the name of a file for it.

    ``with_definitions`` adds those of argoproj.io, which a cluster with Argo CD has already.

    Raises:
        InputError: the image has neither tag nor digest, or half of a default project is given.
    """
    namespaces = (SYSTEM_NAMESPACE, APPLICATIONS_NAMESPACE)
    files = (*ARGOPROJ_FILES, *RECONCILER_FILES) if with_definitions else RECONCILER_FILES
    found = _manifests(image, files, namespaces=namespaces)
    default = default or DefaultProject()
    if bool(default.repositories) != bool(default.namespaces):
        raise InputError(
            "the project default needs a repository and a namespace",
            where="--default-repository, --default-namespace",
            hint="name both, or leave both out: then there is no project default",
        )
    if default.repositories:
        found["default-project.yaml"] = [_default_project(default)]
    return found


def _default_project(default: DefaultProject) -> JsonObject:
    """Return the AppProject that Applications are in which name no other."""
    return labelled(
        {
            "apiVersion": "argoproj.io/v1alpha1",
            "kind": "AppProject",
            "metadata": {"name": "default", "namespace": APPLICATIONS_NAMESPACE},
            "spec": {
                "description": "what it was given when the reconciler was installed",
                "sourceRepos": list(default.repositories),
                "destinations": [
                    {"server": OWN_SERVER, "namespace": namespace}
                    for namespace in default.namespaces
                ],
            },
        }
    )


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
