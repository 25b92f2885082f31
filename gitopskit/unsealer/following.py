"""Following a watch for ever: odd objects and refusals end nothing."""

from __future__ import annotations

import inspect
from contextlib import aclosing
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Final, NoReturn

import structlog

from gitopskit.backoff import Backoff
from gitopskit.errors import ApiError, GitopskitError
from gitopskit.kube.requests import Selection
from gitopskit.kube.watch import Listed, watch_selection

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from typing import TypeAlias

    from gitopskit.kube.client import Keep, KubeClient
    from gitopskit.kube.resources import ResourceType
    from gitopskit.kube.watch import Change
    from gitopskit.unsealer.metrics import UnsealerMetrics

    See: TypeAlias = Callable[[Listed | Change], Awaitable[None] | None]

_LOG: Final = structlog.get_logger("unsealer")

_REFUSALS: Final = Backoff(initial_seconds=1.0, maximum_seconds=15.0)
"""A right that was missing, or a namespace, is found this long after it came."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Followed:
    """What is watched, under which name it is told of, and what is kept of each object."""

    name: str
    kind: ResourceType
    selection: Selection = field(default_factory=Selection)
    keep: Keep | None = None


async def follow(
    api: KubeClient,
    followed: Followed,
    see: See,
    *,
    metrics: UnsealerMetrics,
    refused: Callable[[], None] = lambda: None,
) -> NoReturn:
    """Hand what a watch shows to ``see``; where it is refused, tell, wait and ask again.

    ``refused`` is called where we may not watch, and not where only our token is not accepted.
    """
    refusals = 0
    while True:
        events = watch_selection(
            api,
            followed.kind,
            followed.selection,
            keep=followed.keep,
            heard=partial(metrics.watch_event, followed.name),
        )
        try:
            async with aclosing(events):
                async for event in events:
                    if isinstance(event, Listed):
                        metrics.watch_listed(followed.name)
                    await _take_in(see, event, followed)
                    refusals = 0
        except GitopskitError as error:
            metrics.watch_refused(followed.name)
            if not _passes(error):
                refused()
            _tell(error, followed, is_first=not refusals)
            await api.clock.sleep(_REFUSALS.pause_seconds(refusals))
            refusals += 1


async def _take_in(see: See, event: Listed | Change, followed: Followed) -> None:
    try:
        taken = see(event)
        if inspect.isawaitable(taken):
            await taken
    except Exception:  # noqa: BLE001 -- one odd object must not end the watch of the others
        _LOG.exception("event_not_understood", watch=followed.name)


def _passes(error: GitopskitError) -> bool:
    """Tell whether a refusal is of our credentials, which are renewed, and not of what we ask."""
    return isinstance(error, ApiError) and error.is_about_credentials


def _tell(error: GitopskitError, followed: Followed, *, is_first: bool) -> None:
    write_line = _LOG.error if is_first else _LOG.debug
    write_line(
        "watch_refused",
        watch=followed.name,
        namespace=followed.selection.namespace,
        problem=str(error),
        hint=error.hint,
    )
