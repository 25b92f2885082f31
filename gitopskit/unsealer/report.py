"""Telling people how it went: the SealedSecret's status, an Event, a line of the log, metrics."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

import structlog

from gitopskit.errors import ApiConflict, ApiError, ApiNotFound
from gitopskit.kube.resources import SEALED_SECRETS
from gitopskit.unsealer import status
from gitopskit.unsealer.ownership import FIELD_MANAGER
from gitopskit.unsealer.records import Seen, Wish

if TYPE_CHECKING:
    from gitopskit.kube.client import KubeClient
    from gitopskit.kube.events import EventRecorder
    from gitopskit.manifests.json_types import JsonObject
    from gitopskit.unsealer.memory import Memory
    from gitopskit.unsealer.metrics import PassOutcome, UnsealerMetrics
    from gitopskit.unsealer.records import Key, Mark
    from gitopskit.unsealer.status import Outcome

Action = Literal["create", "replace", "recreate", "none"]

_LOG: Final = structlog.get_logger("unsealer")

_MOST_CONFLICTS: Final = 4
"""So often a status is written anew over a change that has nothing to do with it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pass:
    """How a pass went: the outcome, what was done, and the Secret's mark after it."""

    kind: PassOutcome
    outcome: Outcome
    mark: Mark | None
    action: Action = "none"
    has_drifted: bool = False
    duration_seconds: float = 0.0

    @classmethod
    def failed(cls, kind: PassOutcome, outcome: Outcome, mark: Mark | None) -> Pass:
        """Return a pass that wrote nothing."""
        return cls(kind=kind, outcome=outcome, mark=mark)


class Reporter:
    """Tells how passes went, as far as that is new."""

    def __init__(
        self,
        api: KubeClient,
        *,
        events: EventRecorder,
        memory: Memory,
        metrics: UnsealerMetrics,
    ) -> None:
        """Keep whom to tell."""
        self._api = api
        self._events = events
        self._memory = memory
        self._metrics = metrics

    async def tell(
        self, key: Key, content: JsonObject, *, seen: Seen, done: Pass
    ) -> frozenset[str]:
        """Tell how a pass over a SealedSecret went; return its versions whose status says it.

        Raises:
            ApiConflict: another thing is wanted meanwhile.
            ApiError: the API server refused or did not answer.
        """
        versions = {seen.version}
        is_told = self._memory.is_told(key, seen, done.outcome)
        if done.has_drifted and not (is_told and done.action == "none"):
            self._metrics.drift_found(is_healed=done.action != "none")
        if not is_told:
            versions.add(await self._write_status(content, done.outcome))
        self._metrics.pass_ended(
            key.namespace, outcome=done.kind, duration_seconds=done.duration_seconds
        )
        if done.action != "none" or _is_news(seen, done.outcome, is_told=is_told):
            await self._record_event(content, done.outcome)
        if done.action != "none" or not is_told:
            log_pass(key, done)
        return frozenset(versions)

    async def _write_status(self, content: JsonObject, outcome: Outcome) -> str:
        """Make the status of a SealedSecret say how it went; return the object's new version.

        One that is gone meanwhile has nobody to tell.
        """
        namespace = content["metadata"]["namespace"]
        for _ in range(_MOST_CONFLICTS):
            try:
                version = await self._patch_status(content, outcome)
            except ApiConflict:
                self._metrics.status_write(namespace, result="conflict")
                content = await self._unless_changed(content)
                if status.is_told(content, outcome):
                    return str(content["metadata"]["resourceVersion"])
            except ApiNotFound:
                return str(content["metadata"]["resourceVersion"])
            except ApiError:
                self._metrics.status_write(namespace, result="failed")
                raise
            else:
                self._metrics.status_write(namespace, result="written")
                return version
        return await self._patch_status(content, outcome)

    async def _patch_status(self, content: JsonObject, outcome: Outcome) -> str:
        metadata = content["metadata"]
        answer = await self._api.patch(
            SEALED_SECRETS,
            metadata["name"],
            metadata["namespace"],
            patch=status.patch(content, outcome, now=self._api.clock.now_utc()),
            field_manager=FIELD_MANAGER,
            subresource="status",
        )
        return str(answer["metadata"]["resourceVersion"])

    async def _unless_changed(self, content: JsonObject) -> JsonObject:
        """Return a SealedSecret as it is now, if it still wants the same."""
        metadata = content["metadata"]
        fresh = await self._api.get(SEALED_SECRETS, metadata["name"], metadata["namespace"])
        if Wish.of(fresh) != Wish.of(content):
            raise ApiConflict(
                "the SealedSecret changed meanwhile", where=str(SEALED_SECRETS.ref_of(content))
            )
        return fresh

    async def _record_event(self, content: JsonObject, outcome: Outcome) -> None:
        await self._events.record(
            content,
            kind="Normal" if outcome.is_synced else "Warning",
            reason=outcome.reason,
            message=outcome.message,
        )


def _is_news(seen: Seen, outcome: Outcome, *, is_told: bool) -> bool:
    """Tell whether an outcome is worth an Event although nothing was written.

    That a Secret was right already is none, whoever said so before and in which words.
    """
    was_synced = seen.told is not None and seen.told.status == "True"
    return not is_told and not (outcome.is_synced and was_synced)


def log_pass(key: Key, done: Pass) -> None:
    """Write the one line of a pass that had something to tell."""
    write_line = _LOG.info if done.outcome.is_synced else _LOG.warning
    write_line(
        "unseal",
        object=str(key),
        action=done.action,
        outcome=done.outcome.reason,
        message=done.outcome.message,
        duration_seconds=round(done.duration_seconds, 3),
    )
