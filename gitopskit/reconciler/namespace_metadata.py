"""What an Application says of its namespace: labels and annotations, and whose they are.

Pure. Each Application has a field manager of its own for that, so that several may share a
namespace. What is said elsewhere (in a Namespace in Git, by another Application or tool) is never
taken; what people change by hand is.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from gitopskit.reconciler import fieldsets, names
from gitopskit.reconciler.observation import is_former, is_person, observe

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from gitopskit.manifests.identity import ObjectRef
    from gitopskit.manifests.json_types import JsonObject
    from gitopskit.reconciler.sync_policy import NamespaceMetadata

CONFLICT: Final = "NamespaceMetadataConflict"
_WORDS: Final[Mapping[str, str]] = {"labels": "label", "annotations": "annotation"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What is applied to a namespace, if anything; and what others say otherwise."""

    body: JsonObject | None = None
    conflicts: tuple[str, ...] = ()


def decide(
    wanted: NamespaceMetadata, live: JsonObject, *, ref: ObjectRef, application: str
) -> Decision:
    """Return what is to be applied to a live namespace, by the manager of that Application."""
    manager = names.namespace_manager(application)
    metadata: JsonObject = live["metadata"]
    conflicts, kept = [], []
    for part, key, value in wanted:
        holder = _holder(live, part, key, but=manager)
        if holder and _value(metadata, part, key) != value:
            conflicts.append(_told(part, key, _name(holder, live, ref)))
        else:
            kept.append((part, key, value))
    own = fieldsets.leaves(fieldsets.entry_fields(live, manager=manager, operation="Apply"))
    is_held = own == {_path(part, key) for part, key, _ in kept}
    if is_held and all(_value(metadata, part, key) == value for part, key, value in kept):
        return Decision(conflicts=tuple(conflicts))
    return Decision(body=_body(metadata, kept), conflicts=tuple(conflicts))


def overridden(wanted: NamespaceMetadata, manifest: JsonObject) -> tuple[str, ...]:
    """Return what does not hold, because the Application's own Namespace in Git says otherwise."""
    return tuple(
        _told(part, key, "the Namespace in Git")
        for part, key, value in wanted
        if _value(manifest["metadata"], part, key) != value
    )


def conditions(namespace: str, conflicts: Iterable[str]) -> list[tuple[str, str]]:
    """Return the condition that tells what is not set on a namespace."""
    told = "; ".join(conflicts)
    return [(CONFLICT, f"not set on the namespace {namespace}: {told}")] if told else []


def _told(part: str, key: str, holder: str) -> str:
    return f"the {_WORDS[part]} {key}, of which {holder} says otherwise"


def _name(manager: str, live: JsonObject, ref: ObjectRef) -> str:
    """Return in words who a manager of fields is."""
    seen = observe(live)
    tracker = names.tracked_by(seen.tracking_id, ref)
    if manager == names.OBJECT_MANAGER and tracker:
        return f'the Namespace in Git of the Application "{tracker}"'
    other = manager.removeprefix(names.namespace_manager(""))
    return f'the Application "{other}"' if other != manager else manager


def _holder(live: JsonObject, part: str, key: str, *, but: str) -> str:
    """Return who else declares a key; who only wrote it does not count."""
    is_of_flux = bool(observe(live).other_tracker)
    for entry in fieldsets.entries(live):
        manager = str(entry.get("manager") or "")
        is_left = is_person(manager) or (is_former(manager) and not is_of_flux)
        if manager == but or is_left or entry.get("operation") != "Apply":
            continue
        if _path(part, key) in fieldsets.leaves(fieldsets.fields_of(entry)):
            return manager
    return ""


def _path(part: str, key: str) -> fieldsets.Path:
    return ("f:metadata", f"f:{part}", f"f:{key}")


def _value(metadata: JsonObject, part: str, key: str) -> str | None:
    value = (metadata.get(part) or {}).get(key)
    return value if value is None or isinstance(value, str) else json.dumps(value)


def _body(metadata: JsonObject, kept: Iterable[tuple[str, str, str]]) -> JsonObject:
    """Return what is applied to the very namespace that was read."""
    parts: JsonObject = {part: {} for part in _WORDS}
    for part, key, value in kept:
        parts[part][key] = value
    same = {name: metadata[name] for name in ("name", "uid", "resourceVersion")}
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {**same, **parts}}
