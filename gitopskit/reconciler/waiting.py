"""Waiting until Applications are synced and healthy, as people and CI do after a push."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from gitopskit.errors import ApiNotFound
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
) -> tuple[Progress, ...]:
    """Return how far Applications are when all are done or cannot be, or when the time is over.

    ``on_look`` is told at each look. Where none matches, that is waited for.

    Raises:
        ApiError: the API server refused or did not answer.
    """
    clock = api.clock
    deadline = clock.monotonic_seconds() + timeout_seconds
    stuck: dict[Progress, float] = {}
    while True:
        heads = await read_heads(api)  # before what they vouch for
        contents = await _contents(api, wanted)
        now = clock.monotonic_seconds()
        found = [
            progress(name, content, revision=wanted.revision, heads=heads)
            for name, content in contents.items()
        ]
        stuck = {it: stuck.get(it, now) for it in found if it.is_stuck}
        judged = tuple(
            replace(it, is_final=True) if now - stuck.get(it, now) >= _STUCK_SECONDS else it
            for it in found
        )
        on_look(judged)
        is_settled = bool(judged) and all(it.is_done or it.is_final for it in judged)
        if is_settled or now >= deadline:
            return judged
        await clock.sleep(min(_POLL_SECONDS, deadline - now))


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
    except ApiNotFound:
        return None
