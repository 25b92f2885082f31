"""An endless watch of one kind: what is there, then every change, through every interruption.

Owns resuming, listing anew and backing off; the caller only keeps what it is told.
"""

from __future__ import annotations

import contextlib
import random
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, get_args

import orjson
import structlog

from gitopskit.backoff import Backoff
from gitopskit.errors import ApiError, ApiForbidden, ApiGone, ApiInvalid, ApiNotFound
from gitopskit.kube import requests
from gitopskit.kube.failures import Refusal, error_of
from gitopskit.kube.requests import Selection

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable

    from gitopskit.kube.client import Keep, KubeClient, Listing
    from gitopskit.kube.resources import ResourceType
    from gitopskit.manifests.json_types import JsonObject

_LOG: Final = structlog.get_logger("watch")

_SHORTEST_WATCH_SECONDS: Final = 240
_LONGEST_WATCH_SECONDS: Final = 300
_PAUSES: Final = Backoff(initial_seconds=0.2, maximum_seconds=10.0)
_HEALTHY_SECONDS: Final = 1.0
"""A stream that lived this long counts as a success: the next one starts without a pause."""

_Event = Literal["ADDED", "MODIFIED", "DELETED", "BOOKMARK"]
_EVENTS: Final = frozenset(get_args(_Event))

_FOR_THE_CALLER: Final = (ApiForbidden, ApiNotFound, ApiInvalid)


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A fresh list: what is in it exists, and whatever is not is gone."""

    items: tuple[JsonObject, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One change of one object; for a deletion, the object as it last stood."""

    kind: Literal["ADDED", "MODIFIED", "DELETED"]
    object: JsonObject


def watch(
    api: KubeClient,
    kind: ResourceType,
    *,
    namespace: str = "",
    label_selector: str = "",
    field_selector: str = "",
    metadata_only: bool = False,
) -> AsyncGenerator[Listed | Change]:
    """Yield a list of the objects, then their changes, for ever; every object has its kind.

    A closed stream is resumed where it ended. Where the server no longer knows that point, a new
    ``Listed`` comes. Faults that pass are waited out with growing pauses and logged. Use it in
    ``contextlib.aclosing``, so that the connection is closed with the loop.

    Raises:
        ApiForbidden: we may not list or watch.
        ApiNotFound: the server does not have the kind.
        ApiInvalid: a selector is malformed.
    """
    selection = Selection(
        namespace=namespace,
        label_selector=label_selector,
        field_selector=field_selector,
        metadata_only=metadata_only,
    )
    return watch_selection(api, kind, selection)


async def watch_selection(
    api: KubeClient,
    kind: ResourceType,
    selection: Selection,
    *,
    keep: Keep | None = None,
    heard: Callable[[], None] = lambda: None,
) -> AsyncGenerator[Listed | Change]:
    """Watch the objects of a selection; see ``watch``, which raises the same.

    ``keep`` returns what is kept of each object as it arrives, so that a long list is never held
    whole. ``heard`` is called at each sign of life: lists, changes, and the bookmarks that come
    about every minute where nothing happens.
    """
    follower = _Follower(api, kind, selection, keep=keep, heard=heard)
    while True:
        listing = await follower.listing()
        yield Listed(items=listing.items)
        async with contextlib.aclosing(follower.changes(listing.resource_version)) as changes:
            async for change in changes:
                yield change


class _Follower:
    """Follows one selection and remembers how often in a row that failed."""

    def __init__(
        self,
        api: KubeClient,
        kind: ResourceType,
        selection: Selection,
        *,
        keep: Keep | None,
        heard: Callable[[], None],
    ) -> None:
        self._api = api
        self._kind = kind
        self._selection = selection
        self._keep = keep
        self._heard = heard
        self._failures = 0

    async def listing(self) -> Listing:
        """Return a fresh list, however often it takes."""
        while True:
            try:
                found = await self._api.list_selection(self._kind, self._selection, keep=self._keep)
            except _FOR_THE_CALLER:
                raise
            except ApiError as error:
                await self._pause(error)
            else:
                self._heard()
                return found

    async def changes(self, version: str) -> AsyncGenerator[Change]:
        """Yield changes after a version; ends when only a new list can help."""
        while True:
            started = self._api.clock.monotonic_seconds()
            problem: ApiError | None = None
            try:
                async with contextlib.aclosing(self._events(version)) as events:
                    async for event, content in events:
                        version = content["metadata"]["resourceVersion"]
                        self._heard()
                        if event != "BOOKMARK":
                            kept = self._keep(content) if self._keep else content
                            yield Change(kind=event, object=kept)
            except _FOR_THE_CALLER:
                raise
            except ApiError as error:
                problem = error
            await self._recover(self._api.clock.monotonic_seconds() - started, problem)
            if isinstance(problem, ApiGone):
                return

    async def _events(self, version: str) -> AsyncGenerator[tuple[_Event, JsonObject]]:
        """Yield the events of one stream, from its opening to its end."""
        lines = self._api.watch_lines(
            self._kind,
            self._selection,
            version=version,
            timeout_seconds=random.randint(_SHORTEST_WATCH_SECONDS, _LONGEST_WATCH_SECONDS),  # noqa: S311 -- spreads load, guards nothing
        )
        async with contextlib.aclosing(lines):
            async for line in lines:
                yield _decoded_event(line, self._kind)

    async def _recover(self, lived_seconds: float, problem: ApiError | None) -> None:
        """Wait before the next stream, unless the last one did what streams do."""
        is_ordinary = problem is None or isinstance(problem, ApiGone)
        if lived_seconds >= _HEALTHY_SECONDS:
            self._failures = 0
            if problem is None:
                return
        if is_ordinary and not self._failures:
            self._failures = 1
            return
        await self._pause(problem)

    async def _pause(self, problem: ApiError | None) -> None:
        wanted = problem.retry_after_seconds if problem else 0.0
        seconds = max(wanted, _PAUSES.pause_seconds(self._failures))
        self._failures += 1
        _LOG.warning(
            "watch_interrupted",
            kind=self._kind.kind,
            problem=str(problem or "the stream ends at once"),
            pause_seconds=round(seconds, 2),
        )
        await self._api.clock.sleep(seconds)


def _decoded_event(line: bytes, kind: ResourceType) -> tuple[_Event, JsonObject]:
    """Return the type and the object of one event.

    Raises:
        ApiError: it is an ERROR event, as the class that its code means, or no event at all.
    """
    try:
        event = orjson.loads(line)
        content = event["object"]
        if event["type"] == "ERROR":
            raise _error_of_event(content, kind)
        if event["type"] in _EVENTS and content["metadata"]["resourceVersion"]:
            return event["type"], requests.typed(content, kind)
    except (ValueError, TypeError, KeyError):
        pass
    raise ApiError("the watch sent what is no event", where=kind.kind)


def _error_of_event(status: JsonObject, kind: ResourceType) -> ApiError:
    code = status.get("code")
    return error_of(
        Refusal(
            status=code if isinstance(code, int) else 0,
            body=orjson.dumps(status),
            path=kind.collection_path(),
            where=kind.kind,
            is_read=True,
        )
    )
