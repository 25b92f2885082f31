"""Ownership: whose a live object is, and therefore what may be done with it.

Pure. The label only selects what is watched; what is ours is said by the tracking annotation, which
must name the object it is on, because controllers copy both to what they make.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from gitopskit.reconciler import names

if TYPE_CHECKING:
    from gitopskit.manifests.identity import ObjectRef
    from gitopskit.reconciler.observation import Observation

Standing = Literal["absent", "ours", "untracked", "foreign"]


@dataclass(frozen=True, slots=True)
class Ownership:
    """Whose an object is; ``reason`` tells of a foreign one who has it."""

    standing: Standing
    reason: str = ""


def judge(
    live: Observation | None, *, application: str, ref: ObjectRef, recorded_uid: str
) -> Ownership:
    """Return whose a live object is; ``recorded_uid`` is the one we noted when we applied it."""
    if live is None:
        return Ownership("absent")
    tracker = names.tracked_by(live.tracking_id, ref)
    # Without our annotation but of our UID: somebody took the annotation off, which is drift.
    is_ours = tracker == application or (not tracker and live.uid == recorded_uid)
    holder = _holder(live, tracker, "" if is_ours else application)
    if holder:
        return Ownership("foreign", holder)
    return Ownership("ours" if is_ours else "untracked")


def _holder(live: Observation, tracker: str, application: str) -> str:
    """Return who else has an object, in words; an empty ``application`` means that we have it."""
    if live.owner:
        return f"is controlled by {live.owner}"
    if not application:
        return ""
    if tracker:
        return f'belongs to the Application "{tracker}"'
    if live.other_tracker:
        return f"belongs to Flux ({live.other_tracker})"
    if live.application_label not in ("", names.label_value(application)):
        return f'belongs to the Application "{live.application_label}"'
    return ""
