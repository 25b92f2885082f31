"""Waiting until Applications are synced and healthy, as people and CI do after a push."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from gitopskit.errors import ApiError, ApiNotFound
from gitopskit.kube.resources import APPLICATIONS
from gitopskit.reconciler import names
from gitopskit.reconciler.head_records import read_heads
from gitopskit.reconciler.progress import Progress, progress

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from gitopskit.kube.client import KubeClient
    from gitopskit.manifests.json_types import JsonObject

_POLL_SECONDS: Final = 0.5
_STUCK_SECONDS: Final = 10.0
"""What stood for so long is not being mended just now: a project or an owner may come later."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which Applications are waited for: those of these names, or all that a selector matches.

    Without names and selector: all there are. ``revision`` is the commit they are to be at.
    """

    names: tuple[str, ...] = ()
    selector: str = ""
    revision: str = ""


async def wait(
    api: KubeClient,
    wanted: Wanted,
    *,
    timeout_seconds: float,
    on_look: Callable[[tuple[Progress, ...]], None] = lambda _found: None,
    on_silence: Callable[[ApiError], None] = lambda _error: None,
) -> tuple[Progress, ...]:
    """Return how far Applications are when all are done or cannot be, or when the time is over.

    ``on_look`` is told at each look, ``on_silence`` where the server gave no answer that counts:
    it is asked again. Where no Application matches, that is waited for.

    Raises:
        ApiError: the API server refused, or still does not answer when the time is over.
    """
    clock = api.clock
    deadline = clock.monotonic_seconds() + timeout_seconds
    stuck: dict[Progress, float] = {}
    while True:
        pause = _POLL_SECONDS
        try:
            found = await _look(api, wanted)
        except ApiError as error:
            if not error.is_passing or clock.monotonic_seconds() >= deadline:
                raise
            on_silence(error)
            pause = max(pause, error.retry_after_seconds)
            stuck = {}
        else:
            now = clock.monotonic_seconds()
            stuck = {it: stuck.get(it, now) for it in found if it.is_stuck}
            judged = tuple(_judged(it, now - stuck.get(it, now)) for it in found)
            on_look(judged)
            is_settled = bool(judged) and all(it.is_done or it.is_final for it in judged)
            if is_settled or now >= deadline:
                return judged
        await clock.sleep(max(0.0, min(pause, deadline - clock.monotonic_seconds())))


async def _look(api: KubeClient, wanted: Wanted) -> list[Progress]:
    heads = await read_heads(api)  # before what they vouch for
    contents = await _contents(api, wanted)
    return [
        progress(name, content, revision=wanted.revision, heads=heads)
        for name, content in contents.items()
    ]


def _judged(found: Progress, stuck_seconds: float) -> Progress:
    return replace(found, is_final=True) if stuck_seconds >= _STUCK_SECONDS else found


async def _contents(api: KubeClient, wanted: Wanted) -> Mapping[str, JsonObject | None]:
    if wanted.names:
        return {name: await _read(api, name) for name in dict.fromkeys(wanted.names)}
    listing = await api.list(
        APPLICATIONS, names.APPLICATIONS_NAMESPACE, label_selector=wanted.selector
    )
    return {it["metadata"]["name"]: it for it in listing.items}


async def _read(api: KubeClient, name: str) -> JsonObject | None:
    try:
        return await api.get(APPLICATIONS, name, names.APPLICATIONS_NAMESPACE)
    except ApiNotFound as error:
        if error.is_about_kind:
            raise
        return None
