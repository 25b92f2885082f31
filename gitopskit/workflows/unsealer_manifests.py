"""The unsealer's manifests for one installation, made from those in templates/platform/unsealer.

Reading the templates is the only thing here that is not pure. They are written for the namespace
and the Service of settled_names; another choice is put in place of them when they are read.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gitopskit.manifests.settled_names import (
    SYSTEM_NAMESPACE,
    UNSEALER_NAMESPACE,
    UNSEALER_SERVICE,
)
from gitopskit.repository.templates import platform_documents
from gitopskit.workflows.first_objects import labelled, with_image
from gitopskit.workflows.unsealer_installation import require_sound
from gitopskit.workflows.unsealer_rights import certificate_readers, rights

if TYPE_CHECKING:
    from gitopskit.manifests.json_types import JsonObject, JsonValue
    from gitopskit.workflows.unsealer_installation import UnsealerInstallation

Files = dict[str, list["JsonObject"]]

_NOT_MADE: Final = ("default", "kube-node-lease", "kube-public", UNSEALER_NAMESPACE)
"""Namespaces that every cluster has, and whose labels are not ours to set."""


def unsealer_files(wanted: UnsealerInstallation, *, image: str) -> Files:
    """Return the objects of an installation, by the name of a file for them.

    Raises:
        InputError: the image has neither tag nor digest, or the wishes do not fit together.
    """
    [deployment] = _shipped("unsealer/deployment.yaml", wanted)
    return rights_files(wanted) | {
        "deployment.yaml": [_as_wanted(with_image(deployment, image), wanted)],
        "services.yaml": _shipped("unsealer/services.yaml", wanted),
        "disruption-budget.yaml": _shipped("unsealer/disruption-budget.yaml", wanted),
        "network-policy.yaml": _shipped("unsealer/network-policy.yaml", wanted),
    }


def rights_files(wanted: UnsealerInstallation) -> Files:
    """Return what an unsealer outside the cluster needs: namespace, definition and rights.

    Raises:
        InputError: the wishes do not fit together.
    """
    require_sound(wanted)
    readers = certificate_readers(_shipped("unsealer/certificate-readers.yaml", wanted), wanted)
    return {
        **_namespace_file(wanted),
        "crds-sealedsecrets.yaml": _shipped("crds/sealedsecrets.yaml", wanted),
        "rbac.yaml": [*rights(_shipped("unsealer/rbac.yaml", wanted), wanted), *readers],
    }


def _namespace_file(wanted: UnsealerInstallation) -> Files:
    if wanted.namespace in _NOT_MADE:
        return {}
    [ours] = [
        content
        for content in _shipped("namespaces.yaml", wanted)
        if content["metadata"]["name"] == SYSTEM_NAMESPACE
    ]
    return {
        "namespace.yaml": [{**ours, "metadata": {**ours["metadata"], "name": wanted.namespace}}]
    }


def _shipped(path: str, wanted: UnsealerInstallation) -> list[JsonObject]:
    """Return the objects of a template by the chosen names, with the label that says they are ours.

    By it bootstrap knows what it may change.
    """
    return [
        labelled(_with_names(manifest.content, wanted)) for manifest in platform_documents(path)
    ]


def _as_wanted(deployment: JsonObject, wanted: UnsealerInstallation) -> JsonObject:
    """Return the Deployment with its replicas and the flags of its command."""
    spec = deployment["spec"]
    pod = spec["template"]["spec"]
    [container] = pod["containers"]
    command = [*container["command"], *wanted.arguments]
    containers = [{**container, "command": command}]
    template = {**spec["template"], "spec": {**pod, "containers": containers}}
    return {**deployment, "spec": {**spec, "replicas": wanted.replicas, "template": template}}


def _with_names(value: JsonValue, wanted: UnsealerInstallation, *, key: str = "") -> JsonValue:
    """Return a value with the chosen namespace and Service in place of the usual ones."""
    if isinstance(value, dict):
        return {name: _with_names(each, wanted, key=name) for name, each in value.items()}
    if isinstance(value, list):
        return [_with_names(each, wanted, key=key) for each in value]
    if key == "namespace" and value == UNSEALER_NAMESPACE:
        return wanted.namespace
    if key in ("name", "resourceNames"):
        return _service_name(value, wanted)
    return value


def _service_name(text: str, wanted: UnsealerInstallation) -> str:
    """Return a name in which the Service's stands whole, before ``-metrics`` or between colons."""
    head, found, tail = text.partition(UNSEALER_SERVICE)
    if not found or head not in ("", "http:") or tail not in ("", "-metrics", ":http"):
        return text
    return f"{head}{wanted.service}{tail}"
