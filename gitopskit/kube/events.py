"""EventRecorder: tells the people who look at an object what a controller did about it.

Repetitions become one Event with a growing count. A failure to record is logged and nothing
more: what is told is never worth failing what is done.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, Literal

import structlog

from gitopskit.errors import ApiError, ApiNotFound
from gitopskit.kube.resources import EVENTS
from gitopskit.redaction import scrub

if TYPE_CHECKING:
    from datetime import datetime

    from gitopskit.kube.client import KubeClient
    from gitopskit.manifests.json_types import JsonObject

_LOG: Final = structlog.get_logger("events")

_LONGEST_NOTE_BYTES: Final = 1024
"""Bytes, although the refusal speaks of characters: Go's ``len`` of a string.

Source: k8s.io/kubernetes, pkg/apis/core/validation/events.go (NoteLengthLimit).
"""

_LONGEST_NAME_PREFIX: Final = 200
_MOST_REMEMBERED: Final = 1024
_SERIES_SECONDS: Final = 360.0
"""A repetition after a longer silence is a new Event.

Source: client-go, tools/events/event_recorder.go and event_broadcaster.go (6 minutes).
"""

_QUIET_SECONDS: Final = 5.0
"""A count is written at most this often."""

_Key = tuple[str, str, str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Series:
    name: str
    count: int
    seen_at_seconds: float
    written_at_seconds: float


class EventRecorder:
    """Records Events of one component; ``instance`` is which copy of it (a pod's name)."""

    def __init__(self, api: KubeClient, *, component: str, instance: str) -> None:
        """Keep where to record and as whom."""
        self._api = api
        self._component = component
        self._instance = instance
        self._series: OrderedDict[_Key, _Series] = OrderedDict()

    async def record(
        self,
        regarding: JsonObject,
        *,
        kind: Literal["Normal", "Warning"],
        reason: str,
        message: str,
    ) -> None:
        """Tell something about an object; ``reason`` is a constant in CamelCase.

        The message is shown to everybody who may read the namespace's Events.
        """
        metadata = regarding.get("metadata") or {}
        key = (str(metadata.get("uid") or metadata.get("name")), kind, reason, message)
        try:
            if not await self._repeated(key, metadata.get("namespace") or "default"):
                await self._created(key, regarding)
        except ApiError as error:
            _LOG.warning("event_not_recorded", reason=reason, problem=str(error))

    async def _repeated(self, key: _Key, namespace: str) -> bool:
        """Count a repetition; tell whether there was an Event to count it on."""
        now = self._api.clock.monotonic_seconds()
        held = self._series.get(key)
        if held is None or now - held.seen_at_seconds > _SERIES_SECONDS:
            return False
        held = replace(held, count=held.count + 1, seen_at_seconds=now)
        if now - held.written_at_seconds >= _QUIET_SECONDS:
            held = replace(held, written_at_seconds=now)
            self._remember(key, held)
            last_seen = _micro_time(self._api.clock.now_utc())
            series = {"count": held.count, "lastObservedTime": last_seen}
            try:
                await self._api.patch(
                    EVENTS,
                    held.name,
                    namespace,
                    patch={"series": series},
                    field_manager=self._component,
                )
            except ApiNotFound:
                return False
        self._remember(key, held)
        return True

    async def _created(self, key: _Key, regarding: JsonObject) -> None:
        now = self._api.clock.now_utc()
        body = self._event(key, regarding, now)
        seconds = self._api.clock.monotonic_seconds()
        self._remember(
            key,
            _Series(
                name=body["metadata"]["name"],
                count=1,
                seen_at_seconds=seconds,
                written_at_seconds=seconds,
            ),
        )
        await self._api.create(EVENTS, body, field_manager=self._component)

    def _event(self, key: _Key, regarding: JsonObject, now: datetime) -> JsonObject:
        _, kind, reason, message = key
        metadata = regarding.get("metadata") or {}
        moment = _micro_time(now)
        unique = hashlib.sha256("\0".join((*key, self._instance, moment)).encode()).hexdigest()
        prefix = str(metadata.get("name") or "unknown")[:_LONGEST_NAME_PREFIX].rstrip(".-")
        return {
            "apiVersion": EVENTS.api_version,
            "kind": EVENTS.kind,
            "metadata": {
                "name": f"{prefix}.{unique[:16]}",
                "namespace": metadata.get("namespace") or "default",
            },
            "eventTime": moment,
            "type": kind,
            "reason": reason,
            "action": reason,
            "note": _note(message),
            "reportingController": self._component,
            "reportingInstance": self._instance,
            "regarding": {
                "apiVersion": regarding.get("apiVersion"),
                "kind": regarding.get("kind"),
                **{
                    name: metadata[name]
                    for name in ("namespace", "name", "uid", "resourceVersion")
                    if name in metadata
                },
            },
        }

    def _remember(self, key: _Key, series: _Series) -> None:
        self._series[key] = series
        self._series.move_to_end(key)
        while len(self._series) > _MOST_REMEMBERED:
            self._series.popitem(last=False)


def _note(message: str) -> str:
    """Return a message as an Event can hold it."""
    text = scrub(message, limit=_LONGEST_NOTE_BYTES).encode()
    if len(text) <= _LONGEST_NOTE_BYTES:
        return text.decode()
    mark = "…"
    room = _LONGEST_NOTE_BYTES - len(mark.encode())
    return text[:room].decode(errors="ignore") + mark


def _micro_time(moment: datetime) -> str:
    """Return a moment as Kubernetes writes MicroTime; ``moment`` is in UTC."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
