"""Standing back: while Argo CD's own controller runs beside the Applications, nothing is done.

Two controllers would undo each other's work, and write over each other's status. Argo CD came with
a person's decision, so ours gives way, and goes on when the other one is gone or scaled to nothing.
Who stands back writes nothing, no condition either: the status is the other one's.
"""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from typing import TYPE_CHECKING, Final

import structlog

from gitopskit.backoff import Backoff
from gitopskit.errors import ApiError
from gitopskit.kube.resources import DEPLOYMENTS, STATEFUL_SETS
from gitopskit.kube.watch import Listed, watch
from gitopskit.reconciler import names
from gitopskit.reconciler.rivals import runs

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from gitopskit.kube.client import KubeClient
    from gitopskit.kube.resources import ResourceType
    from gitopskit.kube.watch import Change

_LOG: Final = structlog.get_logger("reconciler")

_SELECTOR: Final = "app.kubernetes.io/component=application-controller"
"""Source: argo-cd, manifests/base/application-controller and -deployment; argo-helm, argo-cd."""

_KINDS: Final = (STATEFUL_SETS, DEPLOYMENTS)
_PAUSES: Final = Backoff(initial_seconds=1.0, maximum_seconds=60.0)


class StandingBack:
    """Follows whether Argo CD's controller runs; ``started`` is set when that is known."""

    def __init__(self, api: KubeClient, *, on_change: Callable[[bool], None]) -> None:
        """Keep whom to ask, and whom to tell when we begin or cease to stand back."""
        self._api = api
        self._on_change = on_change
        self._found: dict[ResourceType, set[str]] = {kind: set() for kind in _KINDS}
        self._unlisted = set(_KINDS)
        self.is_back = False
        self.started = asyncio.Event()

    def watches(self) -> list[Coroutine[None, None, None]]:
        """Return what follows for ever whether it runs."""
        return [self._follow(kind) for kind in _KINDS]

    async def look(self) -> str:
        """Return the names of what runs now, empty where nothing does.

        Raises:
            ApiError: the API server refused or did not answer.
        """
        for kind in _KINDS:
            found = await self._api.list(
                kind, names.APPLICATIONS_NAMESPACE, label_selector=_SELECTOR
            )
            self._found[kind] = {it["metadata"]["name"] for it in found.items if runs(it)}
        return self._told()

    async def _follow(self, kind: ResourceType) -> None:
        """Follow one kind; where we may not, it counts as not there, and is asked for again."""
        refusals = 0
        while True:
            try:
                async with aclosing(
                    watch(
                        self._api,
                        kind,
                        namespace=names.APPLICATIONS_NAMESPACE,
                        label_selector=_SELECTOR,
                    )
                ) as events:
                    async for event in events:
                        refusals = 0
                        self._see(kind, event)
            except ApiError as error:
                _LOG.error("watch_refused", watch=kind.plural, problem=str(error), hint=error.hint)
                self._settle(kind)
                await self._api.clock.sleep(_PAUSES.pause_seconds(refusals))
                refusals += 1

    def _see(self, kind: ResourceType, event: Listed | Change) -> None:
        if isinstance(event, Listed):
            self._found[kind] = {it["metadata"]["name"] for it in event.items if runs(it)}
        elif event.kind != "DELETED" and runs(event.object):
            self._found[kind].add(event.object["metadata"]["name"])
        else:
            self._found[kind].discard(event.object["metadata"]["name"])
        self._settle(kind)

    def _settle(self, kind: ResourceType) -> None:
        """Take in what is known now, and tell of a change."""
        self._unlisted.discard(kind)
        before, self.is_back = self.is_back, any(self._found.values())
        if before != self.is_back:
            told = {"namespace": names.APPLICATIONS_NAMESPACE, "controller": self._told()}
            if self.is_back:
                _LOG.warning("stands_back", reason="Argo CD's own controller runs", **told)
            else:
                _LOG.info("goes_on", reason="Argo CD's own controller runs no more")
            self._on_change(self.is_back)
        if not self._unlisted:
            self.started.set()

    def _told(self) -> str:
        return ", ".join(
            f"{kind.kind}/{name}" for kind, found in self._found.items() for name in sorted(found)
        )
