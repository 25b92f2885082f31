"""One object by its name, as it is now and after each change."""

from __future__ import annotations

from contextlib import aclosing
from typing import TYPE_CHECKING, Final

import structlog

from gitopskit.backoff import Backoff
from gitopskit.errors import ApiError
from gitopskit.kube.watch import Listed, watch

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from gitopskit.kube.client import KubeClient
    from gitopskit.kube.resources import ResourceType
    from gitopskit.kube.watch import Change
    from gitopskit.manifests.json_types import JsonObject

_LOG: Final = structlog.get_logger("reconciler")
_PAUSES: Final = Backoff(initial_seconds=1.0, maximum_seconds=60.0)


async def states(
    api: KubeClient, kind: ResourceType, name: str, *, namespace: str
) -> AsyncGenerator[JsonObject | None]:
    """Yield the object, or None where there is none, now and after each change, for ever.

    Where that is refused, it is logged, and asked for again. Use it in ``contextlib.aclosing``.
    """
    refusals = 0
    while True:
        events = watch(api, kind, namespace=namespace, field_selector=f"metadata.name={name}")
        try:
            async with aclosing(events):
                async for event in events:
                    refusals = 0
                    yield _content(event)
        except ApiError as error:
            _LOG.error("watch_refused", watch=name, problem=str(error), hint=error.hint)
            await api.clock.sleep(_PAUSES.pause_seconds(refusals))
            refusals += 1


def _content(event: Listed | Change) -> JsonObject | None:
    if isinstance(event, Listed):
        return next(iter(event.items), None)
    return None if event.kind == "DELETED" else event.object
