"""Status of an Application in Argo CD's form, built from values.

Pure. What did not change keeps its time of transition, so that an equal report gives an equal
status and nothing is written. Source: Argo CD's ApplicationStatus.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal

from gitopskit.timestamps import rfc3339

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from gitopskit.health.assess import Health
    from gitopskit.manifests.identity import ObjectRef
    from gitopskit.manifests.json_types import JsonObject, JsonValue

SyncStatus = Literal["Synced", "OutOfSync", "Unknown"]
Phase = Literal["Running", "Succeeded", "Failed"]
Outcome = Literal["Synced", "SyncFailed", "Pruned", "PruneSkipped"]
HookPhase = Literal["Running", "Succeeded", "Failed"]

DIGEST_INFO: Final = "gitopskit.io/digest"
"""Where an operation tells what exactly was synced, so that its hooks run once for it."""

INVALID_SPEC: Final = "InvalidSpecError"
COMPARISON_ERROR: Final = "ComparisonError"
SYNC_ERROR: Final = "SyncError"
DELETION_ERROR: Final = "DeletionError"
OWNERSHIP_CONFLICT: Final = "OwnershipConflict"
CONFIRMATION_REQUIRED: Final = "DeletionConfirmationRequired"
EMPTY_RENDER: Final = "EmptyRenderRefused"
NOTHING_RENDERED: Final = "NothingRendered"
NOT_WATCHED: Final = "ResourcesNotWatched"
DRIFT_FIGHT: Final = "DriftFight"
SYNC_WINDOW: Final = "WaitingForSyncWindow"
FIRST_LOOK: Final = "WaitingForFirstLook"

NEEDS_PERSON: Final = (CONFIRMATION_REQUIRED, OWNERSHIP_CONFLICT)
"""What goes on only when a person has decided."""

_MOST_HISTORY: Final = 100
_USUAL_HISTORY: Final = 10
_SOURCES: Final = ("source", "sources")
_COMPARED: Final = (*_SOURCES, "destination", "ignoreDifferences")
_RENDERED: Final = ("sourceType", "sourceTypes", "summary")
_CLAIMS: Final = ("sync", "health", "conditions", "operationState")
_LONGEST_MESSAGE: Final = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourceStatus:
    """One object of an Application."""

    ref: ObjectRef
    version: str
    status: SyncStatus
    health: Health | None = None
    requires_pruning: bool = False
    requires_confirmation: bool = False
    wave: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourceResult:
    """What a sync did to one object."""

    ref: ObjectRef
    version: str
    outcome: Outcome
    message: str = ""
    phase: str = "Sync"
    hook_phase: HookPhase | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One sync: what it was about, how it went, what it changed."""

    phase: Phase
    message: str
    revision: str
    started_at: datetime
    finished_at: datetime | None
    retry_count: int = 0
    prunes: bool = False
    digest: str = ""
    asked: JsonObject | None = None
    is_rehearsal: bool = False
    results: tuple[ResourceResult, ...] = ()
    revisions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What is known of an Application; ``conditions`` are pairs of type and message.

    ``revisions`` has one for each source where there are several, ``revision`` is the first;
    ``source_types`` has one for each in any case, and none where nothing was rendered.
    """

    sync: SyncStatus
    health: Health
    revision: str = ""
    source_types: tuple[str, ...] = ()
    images: tuple[str, ...] = ()
    resources: tuple[ResourceStatus, ...] = ()
    conditions: tuple[tuple[str, str], ...] = ()
    operation: Operation | None = None
    revisions: tuple[str, ...] = ()
    spec: JsonObject = field(default_factory=dict)


def build(report: Report, *, previous: JsonObject, now: datetime) -> JsonObject:
    """Return the new status, or ``previous`` itself where nothing changed but the time."""
    moment = rfc3339(now)
    compared: JsonObject = {key: report.spec[key] for key in _COMPARED if report.spec.get(key)}
    status: JsonObject = {
        **previous,
        "sync": {"status": report.sync, "comparedTo": compared},
        "health": _health(report.health, previous.get("health") or {}, moment),
        "conditions": conditions(report.conditions, previous.get("conditions") or [], moment),
        "resources": [_resource(resource) for resource in report.resources],
    }
    if report.revision:
        status["sync"]["revision"] = report.revision
    if report.revisions:
        status["sync"]["revisions"] = list(report.revisions)
    if report.source_types:
        status = {**_without(status, _RENDERED), **_rendered(report)}
    if report.operation is not None:
        status["operationState"] = _operation_state(report.operation, compared)
        history = _history(report.operation, compared, previous.get("history") or [])
        status["history"] = history[max(0, len(history) - _history_limit(report.spec)) :]
    if status == previous:
        return previous
    return {**status, "reconciledAt": moment}


def _rendered(report: Report) -> JsonObject:
    """Return what is told of a render: how it was made, and which images it names."""
    several: JsonObject = {"sourceTypes": list(report.source_types)}
    ways = several if report.source_types[1:] else {"sourceType": report.source_types[0]}
    summary = {"summary": {"images": list(report.images)}} if report.images else {}
    return {**ways, **summary}


def _without(status: JsonObject, names: Collection[str]) -> JsonObject:
    return {name: part for name, part in status.items() if name not in names}


def conditions(
    wanted: tuple[tuple[str, str], ...], previous: list[JsonObject], moment: str
) -> list[JsonObject]:
    """Return conditions; one that says the same as before keeps its time."""
    known = {(item.get("type"), item.get("message")): item for item in previous}
    result = []
    for kind, text in wanted:
        message = text if len(text) <= _LONGEST_MESSAGE else text[: _LONGEST_MESSAGE - 1] + "…"
        item = {"type": kind, "message": message, "lastTransitionTime": moment}
        result.append(known.get((kind, message), item))
    return result


def status_of(content: JsonObject) -> JsonObject:
    """Return the status of an Application, without parts in another form than they are written.

    Whoever may patch Applications may write anything into it, and must not end our reports.
    """
    status = content.get("status")
    parts = status if isinstance(status, dict) else {}
    return {name: part for name, part in parts.items() if _is_well_formed(name, part)}


def claims(status: JsonObject) -> tuple[JsonValue, ...]:
    """Return what people and programs go by in a status: two that claim the same are as good."""
    return tuple(status.get(name) for name in _CLAIMS)


def _is_well_formed(name: str, part: JsonValue) -> bool:
    if name in ("sync", "health", "operationState"):
        return isinstance(part, dict)
    texts = {"conditions": ("type", "message"), "history": ("revision",)}.get(name)
    if texts is None:
        return True
    items = part if isinstance(part, list) else [None]
    return all(
        isinstance(item, dict)
        and all(isinstance(item.get(text), str) for text in texts)
        and isinstance(item.get("id", 0), int)
        for item in items
    )


def condition_time(status: JsonObject, kind: str) -> str:
    """Return since when a status has a condition, or nothing."""
    for item in status.get("conditions") or ():
        if item.get("type") == kind:
            return str(item.get("lastTransitionTime", ""))
    return ""


def condition_message(status: JsonObject, kind: str) -> str:
    """Return what a condition of a status says, or nothing."""
    said = [it["message"] for it in status.get("conditions") or () if it["type"] == kind]
    return str(said[0]) if said else ""


def _health(health: Health, previous: JsonObject, moment: str) -> JsonObject:
    is_same = previous.get("status") == health.status
    since = previous.get("lastTransitionTime", moment) if is_same else moment
    message = {"message": health.message} if health.message else {}
    return {"status": health.status, **message, "lastTransitionTime": since}


def _resource(resource: ResourceStatus) -> JsonObject:
    entry = {**_identity(resource.ref), "version": resource.version, "status": resource.status}
    if resource.health is not None:
        message = {"message": resource.health.message} if resource.health.message else {}
        entry["health"] = {"status": resource.health.status, **message}
    if resource.wave:
        entry["syncWave"] = resource.wave
    if resource.requires_pruning:
        entry["requiresPruning"] = True
    if resource.requires_confirmation:
        entry["requiresDeletionConfirmation"] = True
    return entry


def _identity(ref: ObjectRef) -> JsonObject:
    named = {"kind": ref.kind, "name": ref.name}
    group = {"group": ref.group} if ref.group else {}
    return {**group, **named, **({"namespace": ref.namespace} if ref.namespace else {})}


def _operation_state(operation: Operation, compared: JsonObject) -> JsonObject:
    state: JsonObject = {
        "phase": operation.phase,
        "message": operation.message,
        "startedAt": rfc3339(operation.started_at),
        "operation": _asked(operation),
        "syncResult": {
            "revision": operation.revision,
            **_sources(operation, compared),
            "resources": [_result(result) for result in operation.results],
        },
    }
    if operation.finished_at is not None:
        state["finishedAt"] = rfc3339(operation.finished_at)
    if operation.retry_count:
        state["retryCount"] = operation.retry_count
    return state


def _result(result: ResourceResult) -> JsonObject:
    return {
        "group": result.ref.group,
        "version": result.version,
        "kind": result.ref.kind,
        "namespace": result.ref.namespace,
        "name": result.ref.name,
        "status": result.outcome,
        "syncPhase": result.phase,
        **_hook(result),
        **({"message": result.message} if result.message else {}),
    }


def _asked(operation: Operation) -> JsonObject:
    """Return what was asked for, by a person or by the policy."""
    asked = operation.asked or {
        "initiatedBy": {"automated": True},
        "sync": {"prune": operation.prunes},
    }
    given = asked.get("info")
    infos = list(given) if isinstance(given, list) else []
    if operation.digest:
        infos.append({"name": DIGEST_INFO, "value": operation.digest})
    sync = {**(asked.get("sync") or {}), "revision": operation.revision}
    return {**asked, "sync": sync, **({"info": infos} if infos else {})}


def _hook(result: ResourceResult) -> JsonObject:
    if result.hook_phase is None:
        return {}
    return {"hookType": result.phase, "hookPhase": result.hook_phase}


def _sources(operation: Operation, compared: JsonObject) -> JsonObject:
    """Return where a revision came from, with the revisions of all sources if there are several."""
    revisions = {"revisions": list(operation.revisions)} if operation.revisions else {}
    return {**revisions, **{key: compared[key] for key in _SOURCES if key in compared}}


def _history(
    operation: Operation, compared: JsonObject, previous: list[JsonObject]
) -> list[JsonObject]:
    """Return the deployed revisions, oldest first, with this one if it succeeded and is new."""
    last = previous[-1] if previous else {}
    told = {"revision": operation.revision, **_sources(operation, compared)}
    is_known = told == {
        key: last[key] for key in ("revision", "revisions", *_SOURCES) if key in last
    }
    is_deployed = operation.phase == "Succeeded" and not operation.is_rehearsal
    if not is_deployed or operation.finished_at is None or is_known:
        return previous
    entry = {
        "id": int(last.get("id", -1)) + 1,
        "revision": operation.revision,
        "deployStartedAt": rfc3339(operation.started_at),
        "deployedAt": rfc3339(operation.finished_at),
        "initiatedBy": (operation.asked or {}).get("initiatedBy") or {"automated": True},
        **_sources(operation, compared),
    }
    return [*previous, entry]


def _history_limit(spec: JsonObject) -> int:
    """Return how many revisions are kept; a status must fit into one object."""
    limit = spec.get("revisionHistoryLimit")
    return min(max(0, limit), _MOST_HISTORY) if isinstance(limit, int) else _USUAL_HISTORY
