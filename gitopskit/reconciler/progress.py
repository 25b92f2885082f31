"""Progress: how far an Application is from what somebody waits for, and whether it will get there.

Pure. An Application is judged by what its status says. What was there before a push counts, for
success and failure alike, unless a commit is named.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from gitopskit.reconciler import names, status, telling
from gitopskit.reconciler.application import is_skipped
from gitopskit.reconciler.fields import mapping
from gitopskit.reconciler.heads import has_passed

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gitopskit.manifests.json_types import JsonObject

_SHORT: Final = 12
_FAILED: Final = ("Failed", "Error")


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far one Application is; ``state`` is empty when there is nothing to wait for.

    ``is_final`` where it will not come to what is waited for. ``is_stuck`` where that is so unless
    somebody mends it, which may be under way: it is final once it has stood for a while.
    ``needs_person`` where only a person can decide. ``warning`` is told even when it is done.
    """

    name: str
    state: str = ""
    is_final: bool = False
    is_stuck: bool = False
    needs_person: bool = False
    is_rolled_back: bool = False
    warning: str = ""

    @property
    def is_done(self) -> bool:
        """Tell whether the Application is as it is to be."""
        return not self.state


def progress(
    name: str,
    content: JsonObject | None,
    *,
    revision: str = "",
    heads: Mapping[str, str] | None = None,
) -> Progress:
    """Return how far an Application is; ``revision`` may be the beginning of a commit.

    A commit that ``heads`` says was seen, and did not concern the Application, counts as well. One
    that was rolled back never does, although all is synced and healthy without it.
    """
    if content is None:
        return Progress(name=name, state="there is no such Application")
    told = status.status_of(content)
    sync, health = mapping(told.get("sync")), mapping(told.get("health"))
    rolled_back = telling.rolled_back(told)
    if rolled_back:
        is_as_bad = bool(revision) and has_passed(content, heads or {}, revision)
        is_final = f"instead of {revision}" in rolled_back or is_as_bad
        state = f"rolled back: {rolled_back}"
        return Progress(name=name, state=state, is_final=is_final, is_rolled_back=True)
    is_seen = has_passed(content, heads or {}, revision)
    if sync.get("status") == "Synced" and health.get("status") == "Healthy":
        is_there = str(sync.get("revision", "")).startswith(revision)
        if is_there or is_seen:
            return Progress(name=name, warning=telling.warning(told))
        return Progress(name=name, state=f"still at {str(sync.get('revision'))[:_SHORT]}")
    state = f"{sync.get('status', 'not seen yet')}, {health.get('status', 'Unknown')}"
    waits = Progress(name=name, state="; ".join([state, *telling.reasons(told)]))
    return _judged(waits, content, told, revision=revision, is_seen=is_seen)


def _judged(
    waits: Progress, content: JsonObject, told: JsonObject, *, revision: str, is_seen: bool
) -> Progress:
    """Return the progress with what is known of its end."""
    operation = mapping(told.get("operationState"))
    synced = str(mapping(operation.get("syncResult")).get("revision", ""))
    is_concerned = is_seen or synced.startswith(revision)
    kinds = {it["type"] for it in told.get("conditions") or ()}
    if operation.get("phase") in _FAILED and is_concerned:
        why = str(operation.get("message", "")) or "no reason is told"
        return replace(waits, state=f"its sync failed for good: {why}", is_final=True)
    if kinds.intersection(status.NEEDS_PERSON) and is_concerned:
        return replace(waits, is_stuck=True, needs_person=True)
    if is_skipped(content):
        state = f"{waits.state}; {names.SKIP_ANNOTATION} is set"
        return replace(waits, state=state, is_stuck=True)
    is_refused = status.INVALID_SPEC in kinds or (status.EMPTY_RENDER in kinds and is_concerned)
    is_unusable = status.COMPARISON_ERROR in kinds and is_seen and not _has_chart(content)
    return replace(waits, is_stuck=is_refused or is_unusable)


def _has_chart(content: JsonObject) -> bool:
    """Tell whether something comes from a repository of charts, which may be away for a while."""
    spec = mapping(content.get("spec"))
    sources = spec.get("sources") or [spec.get("source")]
    return any(mapping(it).get("chart") for it in (sources if isinstance(sources, list) else ()))
