"""Telling people how it went: the SealedSecret's status, an Event, and a line of the log."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import structlog

from gitopskit.kube.resources import SEALED_SECRETS
from gitopskit.unsealer import status
from gitopskit.unsealer.ownership import FIELD_MANAGER

if TYPE_CHECKING:
    from gitopskit.kube.client import KubeClient
    from gitopskit.kube.events import EventRecorder
    from gitopskit.manifests.json_types import JsonObject
    from gitopskit.unsealer.memory import Key
    from gitopskit.unsealer.status import Outcome

_LOG: Final = structlog.get_logger("unsealer")


async def write_status(api: KubeClient, content: JsonObject, outcome: Outcome) -> str:
    """Make the status of a SealedSecret say how it went; return the object's new version.

    Raises:
        ApiConflict: the SealedSecret changed since it was read.
        ApiError: the API server refused or did not answer.
    """
    metadata = content["metadata"]
    answer = await api.patch(
        SEALED_SECRETS,
        metadata["name"],
        metadata["namespace"],
        patch=status.patch(content, outcome, now=api.clock.now_utc()),
        field_manager=FIELD_MANAGER,
        subresource="status",
    )
    return str(answer["metadata"]["resourceVersion"])


async def record_event(events: EventRecorder, content: JsonObject, outcome: Outcome) -> None:
    """Record how it went as an Event of the SealedSecret."""
    await events.record(
        content,
        kind="Normal" if outcome.is_synced else "Warning",
        reason=outcome.reason,
        message=outcome.message,
    )


def log_pass(key: Key, outcome: Outcome, *, action: str, duration_seconds: float) -> None:
    """Write the one line of a pass that had something to tell."""
    write_line = _LOG.info if outcome.is_synced else _LOG.warning
    write_line(
        "unseal",
        object=str(key),
        action=action,
        outcome=outcome.reason,
        message=outcome.message,
        duration_seconds=round(duration_seconds, 3),
    )
