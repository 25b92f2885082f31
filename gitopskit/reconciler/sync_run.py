"""Sync run: how far one sync of an Application is, and how its objects stand.

Pure; changed by the event loop's thread alone. A run waits without anybody waiting: each pass asks
``move`` what comes next. Its name follows from what is synced, so that after a restart the same
run is gone on with: its hooks carry the name.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final, Literal, Protocol

from gitopskit.reconciler import names, sync_plan
from gitopskit.reconciler.fields import mapping
from gitopskit.reconciler.status import DIGEST_INFO, ResourceResult

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from gitopskit.health.verdict import Status
    from gitopskit.manifests.identity import ObjectRef
    from gitopskit.manifests.json_types import JsonObject, JsonValue
    from gitopskit.reconciler.application import Application
    from gitopskit.reconciler.desired import Desired
    from gitopskit.reconciler.observation import Applied, Observation
    from gitopskit.reconciler.operation_request import OperationRequest
    from gitopskit.reconciler.status import HookPhase
    from gitopskit.reconciler.sync_plan import Move, Standing, Step

    Seen = Callable[[ObjectRef], Observation | None]

RunPhase = Literal["Running", "Failing", "Failed", "Succeeded"]
"""``Failing``: it has failed, and its SyncFail hooks are on their way."""

_DIGITS: Final = 10
_LONGEST_STEM: Final = 63 - 1 - _DIGITS
"""A Job's name is also a label of its Pods."""

_STANDINGS: Final[Mapping[Status, Standing]] = {
    "Healthy": "done",
    "Suspended": "done",
    "Progressing": "waiting",
    "Missing": "waiting",
    "Unknown": "waiting",
    "Degraded": "failed",
}
_HOOK_PHASES: Final[Mapping[Standing, HookPhase]] = {
    "due": "Running",
    "waiting": "Running",
    "done": "Succeeded",
    "failed": "Failed",
}


class Aim(Protocol):
    """What a run needs to know of a goal."""

    @property
    def application(self) -> Application:
        """Return whose goal it is."""

    @property
    def commit(self) -> str:
        """Return the commit."""

    @property
    def digest(self) -> str:
        """Return what names all objects and hooks together."""

    @property
    def objects(self) -> tuple[Desired, ...]:
        """Return the objects, without hooks."""

    @property
    def hooks(self) -> tuple[Desired, ...]:
        """Return the hooks."""


@dataclass(slots=True, kw_only=True)
class SyncRun:
    """One attempt to bring an Application to a goal.

    ``leaving`` are hooks of an earlier run that are not gone yet; ``created`` are those that this
    run made, ``ended`` those that succeeded before a restart; ``failures`` tell why it failed.
    ``request`` is who asked for it, ``earlier`` the run to the same goal that it came between.
    """

    id: str
    digest: str
    attempt: int = 0
    objects: tuple[Desired, ...] = ()
    hooks: tuple[Desired, ...] = ()
    is_stepwise: bool = False
    phase: RunPhase = "Running"
    is_begun: bool = False
    leaving: frozenset[ObjectRef] = frozenset()
    created: set[ObjectRef] = field(default_factory=set)
    ended: frozenset[ObjectRef] = frozenset()
    failures: dict[ObjectRef, str] = field(default_factory=dict)
    awaited: Move | None = None
    request: OperationRequest | None = None
    earlier: SyncRun | None = None
    results: dict[ObjectRef, ResourceResult] = field(default_factory=dict)
    plan: tuple[Step, ...] = ()

    @property
    def is_over(self) -> bool:
        """Tell whether nothing of it is left to be done."""
        return self.phase in ("Failed", "Succeeded")

    def enter(self, phase: RunPhase) -> None:
        """Go over to a phase, with the steps that belong to it."""
        self.phase = phase
        self.awaited = None
        hooks = {
            "Running": tuple(it for it in self.hooks if it.phase != "SyncFail"),
            "Failing": tuple(it for it in self.hooks if it.phase == "SyncFail"),
        }.get(phase, ())
        objects = () if phase == "Failing" else self.objects
        self.plan = sync_plan.steps((*objects, *hooks))

    def renew(self, goal: Aim) -> None:
        """Take the objects as a later look at the same goal has them: their appliers may differ."""
        if self.objects is not goal.objects:
            self.objects = goal.objects
            self.hooks = tuple(_named(hook, self.id, goal) for hook in goal.hooks)
            self.enter(self.phase)

    def fail(self, failures: dict[ObjectRef, str]) -> None:
        """Note why it failed; what is to run in that case runs next."""
        self.failures = failures
        has_hooks = any(it.phase == "SyncFail" for it in self.hooks)
        self.enter("Failing" if has_hooks else "Failed")


def following(run: SyncRun | None, goal: Aim, *, status: JsonObject) -> SyncRun:
    """Return the run that comes after another; what a status tells counts for the first alone."""
    if run is None:
        return begin(goal, status=status)
    return begin(goal, attempt=run.attempt + 1 if run.digest == goal.digest else 0)


def answered(run: SyncRun) -> SyncRun | None:
    """Return the run that goes on when what was asked for is told.

    A part never stands for the whole: the run that it came between goes on, or a new one begins.
    """
    is_part = run.request is not None and bool(run.request.resources)
    run.request = None
    return run.earlier if is_part else run


def begin(goal: Aim, *, attempt: int = 0, status: JsonObject | None = None) -> SyncRun:
    """Return a run to a goal; ``status`` may tell that it is over, before anybody began."""
    run_id = hashlib.sha256(f"{goal.digest} {attempt}".encode()).hexdigest()[:_DIGITS]
    run = SyncRun(
        id=run_id,
        digest=goal.digest,
        attempt=attempt,
        objects=goal.objects,
        hooks=tuple(_named(hook, run_id, goal) for hook in goal.hooks),
        is_stepwise=sync_plan.is_stepwise((*goal.objects, *goal.hooks)),
    )
    run.ended = _known_ends(run, status or {})
    run.enter(_known_phase(goal, status or {}))
    return run


def move(
    run: SyncRun,
    *,
    applied: Mapping[ObjectRef, Applied],
    seen: Seen,
    attempted: Collection[ObjectRef] = (),
) -> Move:
    """Return what comes next; what was ``attempted`` in this pass is not tried twice."""

    def stands(desired: Desired) -> Standing:
        live = seen(desired.ref)
        standing = (
            _standing_of_hook(run, desired, live)
            if desired.is_hook
            else _standing(run, desired, live, applied.get(desired.ref))
        )
        return "failed" if standing == "due" and desired.ref in attempted else standing

    return sync_plan.next_move(run.plan, stands)


def to_delete(run: SyncRun, seen: Seen) -> tuple[Desired, ...]:
    """Return the hooks that their policy takes away when a run is over."""
    found = []
    for hook in run.hooks:
        live = seen(hook.ref)
        if live is None or live.run != run.id:
            continue
        policy = {"done": "HookSucceeded", "failed": "HookFailed"}.get(
            _standing_of_hook(run, hook, live), ""
        )
        if policy in hook.hook_delete_policies:
            found.append(hook)
    return tuple(found)


def hook_results(run: SyncRun, seen: Seen) -> dict[ObjectRef, ResourceResult]:
    """Return what is told of the hooks that were made, as they stand."""
    found = {}
    for hook in run.hooks:
        live = seen(hook.ref)
        if hook.ref in run.created or (live is not None and live.run == run.id):
            known = run.results.get(hook.ref)
            phase = _HOOK_PHASES[_standing_of_hook(run, hook, live)]
            if known is not None and known.hook_phase in ("Succeeded", "Failed"):
                phase = known.hook_phase
            found[hook.ref] = ResourceResult(
                ref=hook.ref,
                version=hook.version,
                outcome="Synced",
                message=live.health.message if live is not None else "",
                phase=hook.phase,
                hook_phase=phase,
            )
    return found


def why(unhealthy: Collection[Desired], seen: Seen) -> dict[ObjectRef, str]:
    """Return in words why objects of a run failed."""
    told = {}
    for desired in unhealthy:
        live = seen(desired.ref)
        text = live.health.message if live is not None else "it is gone"
        told[desired.ref] = f"the {desired.phase} hook failed: {text}" if desired.is_hook else text
    return told


def _standing(
    run: SyncRun, desired: Desired, live: Observation | None, applied: Applied | None
) -> Standing:
    if applied is None or applied.desired_digest != desired.digest:
        return "due"
    if run.is_over or not run.is_stepwise:
        return "done"
    return "waiting" if live is None else _STANDINGS[live.health.status]


def _standing_of_hook(run: SyncRun, hook: Desired, live: Observation | None) -> Standing:
    if hook.ref in run.leaving:
        return "waiting"
    if live is None or live.run != run.id:
        if hook.ref in run.ended:
            return "done"
        if hook.ref not in run.created:
            return "due"
        return "done" if _takes_itself_away(hook) else "failed"
    is_suspended = live.health.status == "Suspended"  # it has not run yet
    return "waiting" if is_suspended else _STANDINGS[live.health.status]


def _takes_itself_away(hook: Desired) -> bool:
    """Tell whether a Job vanishes by itself when it is done."""
    return (hook.content.get("spec") or {}).get("ttlSecondsAfterFinished") is not None


def _named(hook: Desired, run_id: str, goal: Aim) -> Desired:
    """Return a hook with the mark of its run, and with a name where it has only a beginning."""
    metadata, ref = hook.content["metadata"], hook.ref
    if not metadata.get("name"):
        stem = f"{ref.name}{hook.phase.lower()}"
        ref = replace(ref, name=f"{stem[:_LONGEST_STEM]}-{run_id}")
    tracking_id = names.tracking_id(
        goal.application.name, ref, default_namespace=goal.application.namespace
    )
    annotations = {
        **(metadata.get("annotations") or {}),
        names.RUN_ANNOTATION: run_id,
        names.TRACKING_ANNOTATION: tracking_id,
    }
    content = {
        **hook.content,
        "metadata": {**metadata, "name": ref.name, "annotations": annotations},
    }
    return replace(hook, ref=ref, content=content)


def _known_ends(run: SyncRun, status: JsonObject) -> frozenset[ObjectRef]:
    """Return the hooks of which a status tells that they succeeded in this very sync."""
    state = status.get("operationState") or {}
    if run.digest not in digests(state):
        return frozenset()
    told = mapping(state.get("syncResult")).get("resources")
    ended = {
        tuple(item.get(name) or "" for name in ("group", "kind", "namespace", "name"))
        for item in map(mapping, told if isinstance(told, list) else ())
        if item.get("hookPhase") == "Succeeded"
    }
    refs = (hook.ref for hook in run.hooks)
    return frozenset(it for it in refs if (it.group, it.kind, it.namespace, it.name) in ended)


def digests(state: JsonObject) -> list[JsonValue]:
    """Return what an operation tells of what exactly it syncs."""
    infos = mapping(state.get("operation")).get("info")
    items = map(mapping, infos if isinstance(infos, list) else ())
    return [item.get("value") for item in items if item.get("name") == DIGEST_INFO]


def _known_phase(goal: Aim, status: JsonObject) -> RunPhase:
    """Return whether a status says that this very sync is over; its hooks must not run again.

    Where the last operation synced selected objects only, nobody can say that of the whole.
    """
    state = status.get("operationState") or {}
    told = digests(state)
    revision = mapping(state.get("syncResult")).get("revision")
    is_part = bool(mapping(mapping(state.get("operation")).get("sync")).get("resources"))
    is_this = goal.digest in told if told else revision == goal.commit and not is_part
    return "Succeeded" if is_this and state.get("phase") == "Succeeded" else "Running"
