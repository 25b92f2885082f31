"""Publishing: the status of an Application, written only when it says something new.

The status is part of the main resource, as with Argo CD, and is written by a field manager of its
own, so that whoever applies the Application never removes it.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Final

import structlog

from gitopskit.errors import ApiConflict, ApiInvalid, ApiNotFound
from gitopskit.kube.resources import APPLICATIONS
from gitopskit.reconciler import names, outcomes, rollback, status

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from gitopskit.clock import Clock
    from gitopskit.kube.client import KubeClient
    from gitopskit.kube.events import EventRecorder
    from gitopskit.manifests.json_types import JsonObject
    from gitopskit.reconciler.audit import Audit
    from gitopskit.reconciler.metrics import ReconcilerMetrics
    from gitopskit.reconciler.state import Tracked
    from gitopskit.reconciler.status import Operation, Report

_LOG: Final = structlog.get_logger("reconciler")


class Publisher:
    """Writes what is told of Applications: status, finalizers, Events, log lines."""

    def __init__(
        self,
        api: KubeClient,
        *,
        recorder: EventRecorder,
        metrics: ReconcilerMetrics,
        audit: Audit,
        on_told: Callable[[str], None],
    ) -> None:
        """Keep whom to tell; ``on_told`` gets the name of each Application that is written."""
        self._api = api
        self._recorder = recorder
        self._metrics = metrics
        self._audit = audit
        self._on_told = on_told

    @property
    def clock(self) -> Clock:
        """Return the clock that times are told by."""
        return self._api.clock

    async def publish(
        self, tracked: Tracked, report: Report, *, answered: JsonObject | None = None
    ) -> None:
        """Write the status if it differs from the one that is there, or another one wrote that.

        ``answered`` is the operation that the report tells the end of: the same write takes it out
        of the Application. Where another one stands there by now, nothing is written: that is next.

        Raises:
            ApiError: the API server refused or did not answer.
        """
        before = tracked.status
        after = status.build(report, previous=before, now=self.clock.now_utc())
        is_news = after is not before or answered is not None
        if not (is_news or tracked.is_disputed):
            _note(tracked)
            return
        if tracked.is_disputed:
            _LOG.warning("status_disputed", application=tracked.name, outcome="written anew")
        is_written = await self._write(tracked, after, answered)
        if not is_written:
            return
        self._on_told(tracked.name)
        if not is_news:
            return
        self._log(tracked, report, before)
        await self._tell_rollback(tracked, rollback.news(report, before))
        if report.operation is not None:
            self._count(tracked, report.operation)
            await self._audit.applied(tracked, report.operation)
            await self._record(tracked, report.operation, before)

    async def be_sure(self, tracked: Tracked) -> None:
        """Look at an Application of which no answer told whether its status was written.

        Raises:
            ApiError: the API server refused or did not answer.
        """
        if tracked.writing is None:
            return
        metadata = tracked.content["metadata"]
        with suppress(ApiNotFound):
            name, namespace = metadata["name"], metadata["namespace"]
            content = await self._api.get(APPLICATIONS, name, namespace)
            if content["metadata"]["uid"] == metadata["uid"]:
                tracked.take(content)
        tracked.writing = None

    async def _write(
        self, tracked: Tracked, after: JsonObject, answered: JsonObject | None
    ) -> bool:
        """Write a status; False where the Application or the operation is another by now."""
        patch: list[JsonObject] = [{"op": "add", "path": "/status", "value": after}]
        if answered is not None:
            asked = {"path": "/operation", "value": answered}
            patch += [{"op": "test", **asked}, {"op": "remove", "path": "/operation"}]
        tracked.writing = after  # after other errors too: nobody knows whether it was written
        try:
            content = await self._patch(tracked, patch)
        except ApiInvalid as error:  # a watch tells of it
            _LOG.warning("status_not_written", application=tracked.name, problem=str(error))
            content = None
        tracked.writing = None
        if content is None:
            return False
        _note(tracked)
        tracked.take(content, is_ours=True)
        return True

    def _count(self, tracked: Tracked, operation: Operation) -> None:
        if operation.finished_at is not None:
            project = str((tracked.content.get("spec") or {}).get("project", ""))
            self._metrics.synced(tracked.name, project=project, phase=operation.phase)

    async def unmark(self, tracked: Tracked, annotation: str, *, value: str) -> None:
        """Take an annotation off an Application, if it still has that value.

        Raises:
            ApiError: the API server refused or did not answer.
        """
        path = f"/metadata/annotations/{annotation.replace('/', '~1')}"
        with suppress(ApiInvalid):  # somebody changed it meanwhile: a watch tells of it
            await self._patch(
                tracked,
                [{"op": "test", "path": path, "value": value}, {"op": "remove", "path": path}],
            )

    async def set_finalizers(self, tracked: Tracked, wanted: Sequence[str]) -> None:
        """Give an Application other finalizers; without any, one that is being deleted goes.

        Raises:
            ApiConflict: its finalizers are others than those that were seen.
            ApiError: the API server refused or did not answer.
        """
        path = "/metadata/finalizers"
        before = tracked.content["metadata"].get("finalizers")
        known: JsonObject = {"op": "test", "path": path, "value": before}
        change: JsonObject = {"op": "add", "path": path, "value": [*wanted]}
        try:
            content = await self._patch(tracked, [known, change])
        except ApiInvalid as error:
            raise ApiConflict("its finalizers changed", where=error.where) from error
        if content is not None:
            tracked.take(content)

    async def _patch(self, tracked: Tracked, patch: list[JsonObject]) -> JsonObject | None:
        """Patch the very Application that was seen; None where it is gone."""
        metadata = tracked.content["metadata"]
        same = {"op": "test", "path": "/metadata/uid", "value": metadata["uid"]}
        try:
            return await self._api.patch(
                APPLICATIONS,
                metadata["name"],
                metadata["namespace"],
                patch=[same, *patch],
                field_manager=names.STATUS_MANAGER,
            )
        except ApiNotFound:
            return None

    def _log(self, tracked: Tracked, report: Report, before: JsonObject) -> None:
        operation = report.operation
        conditions = [kind for kind, _ in report.conditions]
        is_news = operation is not None or conditions != [
            item.get("type") for item in before.get("conditions") or ()
        ]
        if not is_news:
            return
        (_LOG.warning if conditions else _LOG.info)(
            "reconciled",
            application=tracked.name,
            revision=report.revision,
            sync=report.sync,
            health=report.health.status,
            action=operation.message if operation else "",
            conditions=conditions,
            duration_seconds=_seconds(operation),
            outcome=operation.phase if operation else "",
        )

    async def _tell_rollback(self, tracked: Tracked, message: str) -> None:
        if message:
            await self._recorder.record(
                tracked.content, kind="Warning", reason=rollback.ROLLED_BACK, message=message
            )

    async def _record(self, tracked: Tracked, operation: Operation, before: JsonObject) -> None:
        is_failure = operation.phase == "Failed"
        was = (before.get("operationState") or {}).get("phase")
        if operation.phase == "Running" or (is_failure and was == "Failed"):
            return
        await self._recorder.record(
            tracked.content,
            kind="Warning" if is_failure else "Normal",
            reason="SyncFailed" if is_failure else "SyncSucceeded",
            message=f"{operation.revision[:12]}: {operation.message}",
        )


def _note(tracked: Tracked) -> None:
    """Note that a status says what we say, and so asks a person what we ask."""
    tracked.is_told, tracked.asked_about = True, outcomes.asked_about(tracked)


def _seconds(operation: Operation | None) -> float:
    if operation is None or operation.finished_at is None:
        return 0.0
    return round((operation.finished_at - operation.started_at).total_seconds(), 3)
