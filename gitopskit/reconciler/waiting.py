"""Waiting until Applications are synced and healthy, as people and CI do after a push."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from gitopskit.errors import ApiNotFound
from gitopskit.kube.resources import APPLICATIONS
from gitopskit.reconciler import names, rollback
from gitopskit.reconciler.head_records import read_heads
from gitopskit.reconciler.heads import has_passed

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from gitopskit.kube.client import KubeClient
    from gitopskit.manifests.json_types import JsonObject

_POLL_SECONDS: Final = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far one Application is; ``state`` is empty when there is nothing to wait for.

    ``is_final`` where it will not come to what is waited for.
    """

    name: str
    state: str = ""
    is_final: bool = False

    @property
    def is_done(self) -> bool:
        """Tell whether the Application is as it is to be."""
        return not self.state


def progress(
    name: str,
    content: JsonObject | None,
    *,
    revision: str = "",
    heads: Mapping[str, str] | None = None,
) -> Progress:
    """Return how far an Application is; ``revision`` may be the beginning of a commit. Pure.

    A commit that ``heads`` says was seen, and did not concern the Application, counts as well. One
    that was rolled back never does, although all is synced and healthy without it.
    """
    if content is None:
        return Progress(name=name, state="there is no such Application")
    status = content.get("status") or {}
    sync, health = status.get("sync") or {}, status.get("health") or {}
    conditions = {str(it.get("type")): str(it.get("message")) for it in _conditions(status)}
    rolled_back = conditions.get(rollback.ROLLED_BACK, "")
    if rolled_back:
        is_final = bool(revision) and f"instead of {revision}" in rolled_back
        return Progress(name=name, state=f"rolled back: {rolled_back}", is_final=is_final)
    if sync.get("status") != "Synced" or health.get("status") != "Healthy":
        state = f"{sync.get('status', 'not seen yet')}, {health.get('status', 'Unknown')}"
        conditions.pop(rollback.HEALTHY_REVISION, None)
        return Progress(name=name, state="; ".join([state, *conditions.values()]))
    is_there = not revision or str(sync.get("revision", "")).startswith(revision)
    if not is_there and not has_passed(content, heads or {}, revision):
        return Progress(name=name, state=f"still at {str(sync.get('revision'))[:12]}")
    return Progress(name=name)


async def wait(
    api: KubeClient, applications: Sequence[str], *, timeout_seconds: float, revision: str = ""
) -> tuple[Progress, ...]:
    """Return how far Applications are when all are done or cannot be, or when the time is over.

    Raises:
        ApiError: the API server refused or did not answer.
    """
    deadline = api.clock.monotonic_seconds() + timeout_seconds
    while True:
        heads = await read_heads(api) if revision else {}  # before what they vouch for
        found = [
            progress(name, await _read(api, name), revision=revision, heads=heads)
            for name in applications
        ]
        is_over = api.clock.monotonic_seconds() >= deadline
        if is_over or all(item.is_done or item.is_final for item in found):
            return tuple(found)
        await api.clock.sleep(_POLL_SECONDS)


def _conditions(status: JsonObject) -> Sequence[JsonObject]:
    return status.get("conditions") or ()


async def _read(api: KubeClient, name: str) -> JsonObject | None:
    try:
        return await api.get(APPLICATIONS, name, names.APPLICATIONS_NAMESPACE)
    except ApiNotFound:
        return None
