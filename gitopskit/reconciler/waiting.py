"""Waiting until Applications are synced and healthy, as people and CI do after a push."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from gitopskit.errors import ApiNotFound
from gitopskit.kube.resources import APPLICATIONS
from gitopskit.reconciler import names
from gitopskit.reconciler.head_records import read_heads
from gitopskit.reconciler.heads import has_passed

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from gitopskit.kube.client import KubeClient
    from gitopskit.manifests.json_types import JsonObject

_POLL_SECONDS: Final = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far one Application is; ``state`` is empty when there is nothing to wait for."""

    name: str
    state: str = ""

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

    A commit that ``heads`` says was seen, and did not concern the Application, counts as well.
    """
    if content is None:
        return Progress(name=name, state="there is no such Application")
    status = content.get("status") or {}
    sync, health = status.get("sync") or {}, status.get("health") or {}
    if sync.get("status") != "Synced" or health.get("status") != "Healthy":
        conditions = [str(item.get("message")) for item in status.get("conditions") or ()]
        state = f"{sync.get('status', 'not seen yet')}, {health.get('status', 'Unknown')}"
        return Progress(name=name, state="; ".join([state, *conditions]))
    is_there = not revision or str(sync.get("revision", "")).startswith(revision)
    if not is_there and not has_passed(content, heads or {}, revision):
        return Progress(name=name, state=f"still at {str(sync.get('revision'))[:12]}")
    return Progress(name=name)


async def wait(
    api: KubeClient, applications: Sequence[str], *, timeout_seconds: float, revision: str = ""
) -> tuple[Progress, ...]:
    """Return how far Applications are when all are done, or when the time is over.

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
        if is_over or all(item.is_done for item in found):
            return tuple(found)
        await api.clock.sleep(_POLL_SECONDS)


async def _read(api: KubeClient, name: str) -> JsonObject | None:
    try:
        return await api.get(APPLICATIONS, name, names.APPLICATIONS_NAMESPACE)
    except ApiNotFound:
        return None
