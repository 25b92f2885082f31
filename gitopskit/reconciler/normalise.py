"""An object from Git in the one form in which it is applied.

Pure. Removes what only the API server may say, and spells out what server-side apply needs:
without it an apply that changes nothing would still be sent as a change, or be refused.
"""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Final

from gitopskit.reconciler import names

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from gitopskit.manifests.identity import ObjectRef
    from gitopskit.manifests.json_types import JsonObject, JsonValue

_SERVER_FIELDS: Final = (
    "uid",
    "resourceVersion",
    "generation",
    "creationTimestamp",
    "deletionTimestamp",
    "deletionGracePeriodSeconds",
    "managedFields",
    "selfLink",
    "generateName",
)
POD_SPECS: Final[Mapping[tuple[str, str], tuple[str, ...]]] = {
    ("", "Pod"): ("spec",),
    ("apps", "Deployment"): ("spec", "template", "spec"),
    ("apps", "StatefulSet"): ("spec", "template", "spec"),
    ("apps", "DaemonSet"): ("spec", "template", "spec"),
    ("apps", "ReplicaSet"): ("spec", "template", "spec"),
    ("batch", "Job"): ("spec", "template", "spec"),
    ("batch", "CronJob"): ("spec", "jobTemplate", "spec", "template", "spec"),
}
CONTAINER_LISTS: Final = ("containers", "initContainers")


def normalised(
    content: JsonObject,
    ref: ObjectRef,
    *,
    labels: Mapping[str, str],
    annotations: Mapping[str, str],
) -> JsonObject:
    """Return a copy with our labels and annotations, fit for server-side apply."""
    shaped = {key: value for key, value in content.items() if key != "status"}
    shaped["metadata"] = _metadata(content.get("metadata") or {}, ref, labels, annotations)
    if (ref.group, ref.kind) == ("", "Secret"):
        shaped = _with_data_only(shaped)
    if (ref.group, ref.kind) == ("", "Service"):
        shaped = _at(shaped, ("spec",), _with_protocols)
    pod = POD_SPECS.get((ref.group, ref.kind))
    return _at(shaped, pod, _with_container_protocols) if pod else shaped


def _metadata(
    metadata: JsonObject,
    ref: ObjectRef,
    labels: Mapping[str, str],
    annotations: Mapping[str, str],
) -> JsonObject:
    kept = {key: value for key, value in metadata.items() if key not in _SERVER_FIELDS}
    kept.pop("namespace", None)
    if ref.namespace:
        kept["namespace"] = ref.namespace
    own = {**(metadata.get("annotations") or {}), **annotations}
    own.pop(names.ADOPTED_ANNOTATION, None)  # only a live object tells whether it was adopted
    return {
        **kept,
        "labels": {**(metadata.get("labels") or {}), **labels},
        "annotations": own,
    }


def _with_data_only(secret: JsonObject) -> JsonObject:
    """Return a Secret whose stringData is in data: the API server merges it, and forgets it.

    What is no text stays where it is, for the API server to refuse: no value is ever guessed.
    """
    texts, data = secret.get("stringData") or {}, secret.get("data") or {}
    if not (isinstance(texts, dict) and isinstance(data, dict)):
        return secret
    if not all(isinstance(text, str) for text in texts.values()):
        return secret
    shaped = {key: value for key, value in secret.items() if key != "stringData"}
    if texts:
        encoded = {key: base64.b64encode(text.encode()).decode() for key, text in texts.items()}
        shaped["data"] = {**data, **encoded}
    return shaped


def _at(
    content: JsonObject, path: tuple[str, ...], change: Callable[[JsonObject], JsonObject]
) -> JsonObject:
    """Return a copy in which the mapping at a path is changed, if there is one."""
    if not path:
        return change(content)
    inner = content.get(path[0])
    if not isinstance(inner, dict):
        return content
    return {**content, path[0]: _at(inner, path[1:], change)}


def _with_container_protocols(pod: JsonObject) -> JsonObject:
    changed = dict(pod)
    for name in CONTAINER_LISTS:
        if isinstance(pod.get(name), list):
            changed[name] = [
                _with_protocols(container) if isinstance(container, dict) else container
                for container in pod[name]
            ]
    return changed


def _with_protocols(holder: JsonObject) -> JsonObject:
    """Return a copy whose ports name their protocol.

    The protocol is part of the key by which server-side apply tells ports apart; it is defaulted
    too late for that. Source: kubernetes.io/docs, "Server-Side Apply", list maps and defaults.
    """
    if not isinstance(holder.get("ports"), list):
        return holder
    return {**holder, "ports": [_with_protocol(port) for port in holder["ports"]]}


def _with_protocol(port: JsonValue) -> JsonValue:
    return {"protocol": "TCP", **port} if isinstance(port, dict) else port
