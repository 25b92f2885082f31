"""What bootstrap will do to each object, decided before anything is written.

Pure: desired objects, what the cluster holds, and what a dry run of the apply returned go in; a
list of steps comes out, which is shown to a person first.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from gitopskit.manifests.identity import ObjectRef
from gitopskit.workflows.first_objects import MANAGED_BY

if TYPE_CHECKING:
    from gitopskit.manifests.json_types import JsonObject

Action = Literal["create", "update", "unchanged", "keep", "later", "refuse"]

_SERVER_FIELDS: Final = ("managedFields", "resourceVersion", "generation", "uid")


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One object and what happens to it; ``reason`` says why where that is not plain."""

    action: Action
    ref: ObjectRef
    desired: JsonObject
    reason: str = ""

    def __repr__(self) -> str:
        """Return action and identity; the object may be a Secret."""
        return f"Step({self.action} {self.ref})"

    @property
    def line(self) -> str:
        """Return the step as a line of the plan."""
        return f"{self.action:<9} {self.ref}" + (f"  ({self.reason})" if self.reason else "")


def decide(desired: JsonObject, live: JsonObject | None, dry_run: JsonObject | None) -> Step:
    """Return the step for one object.

    ``live`` is None where it does not exist; ``dry_run`` is what the API server would make of it,
    None where it was not asked.
    """
    ref = ObjectRef.of(desired)
    if live is None:
        return Step(action="create", ref=ref, desired=desired)
    if not _is_ours(live):
        return _foreign(ref, desired)
    if dry_run is not None and _comparable(dry_run) == _comparable(live):
        return Step(action="unchanged", ref=ref, desired=desired)
    return Step(action="update", ref=ref, desired=desired, reason=_repointing(live, desired))


def put_off(desired: JsonObject) -> Step:
    """Return the step for an object whose namespace nobody has made yet."""
    reason = "its namespace is not there yet: run bootstrap again once it is"
    return Step(action="later", ref=ObjectRef.of(desired), desired=desired, reason=reason)


def has_refusal(steps: tuple[Step, ...]) -> bool:
    """Tell whether the plan holds something that bootstrap refuses to do."""
    return any(step.action == "refuse" for step in steps)


def _repointing(live: JsonObject, desired: JsonObject) -> str:
    """Return from where to where the root Application would look, if that changes."""
    before, after = (
        ((content.get("spec") or {}).get("source") or {}) for content in (live, desired)
    )
    changes = [
        f"{field} {before.get(field, 'none')} -> {after.get(field, 'none')}"
        for field in ("repoURL", "targetRevision", "path")
        if before.get(field) != after.get(field)
    ]
    return ", ".join(changes)


def _foreign(ref: ObjectRef, desired: JsonObject) -> Step:
    if ref.kind == "CustomResourceDefinition":
        reason = "installed by somebody else, never replaced"
        return Step(action="keep", ref=ref, desired=desired, reason=reason)
    if ref.kind == "Namespace":
        reason = "exists already, left as it is"
        return Step(action="keep", ref=ref, desired=desired, reason=reason)
    reason = "belongs to somebody else: it lacks the label app.kubernetes.io/managed-by=gitopskit"
    return Step(action="refuse", ref=ref, desired=desired, reason=reason)


def _is_ours(live: JsonObject) -> bool:
    labels = live["metadata"].get("labels") or {}
    return MANAGED_BY.items() <= labels.items()


def _comparable(content: JsonObject) -> JsonObject:
    metadata = {
        key: value for key, value in content["metadata"].items() if key not in _SERVER_FIELDS
    }
    return {**{k: v for k, v in content.items() if k != "status"}, "metadata": metadata}
