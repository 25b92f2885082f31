"""Following the sealing keys: what comes is used at once, what goes away opens nothing more."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING, Final, get_args

import structlog

from gitopskit.kube.requests import Selection
from gitopskit.kube.resources import SECRETS
from gitopskit.sealing.certificates import KeyKind
from gitopskit.unsealer.following import Followed, follow
from gitopskit.unsealer.key_census import census_of

if TYPE_CHECKING:
    from gitopskit.kube.client import KubeClient
    from gitopskit.kube.watch import Change, Listed
    from gitopskit.unsealer.intake import Intake
    from gitopskit.unsealer.metrics import UnsealerMetrics
    from gitopskit.unsealer.sealing_keys import KeySelection, SealingKeys

_LOG: Final = structlog.get_logger("unsealer")


class KeyWatch:
    """Feeds the sealing keys of a namespace; ``run`` it until cancelled."""

    def __init__(
        self,
        api: KubeClient,
        keys: SealingKeys,
        *,
        namespace: str,
        intake: Intake,
        metrics: UnsealerMetrics,
    ) -> None:
        """Keep what to feed and whom to tell."""
        self._api = api
        self._keys = keys
        self._namespace = namespace
        self._intake = intake
        self._metrics = metrics

    async def run(self) -> None:
        """Watch until cancelled."""
        async with asyncio.TaskGroup() as group:
            for selection in self._keys.selections:
                group.create_task(self._follow(selection))

    async def known(self) -> None:
        """Wait until all keys are known."""
        while not self._keys.are_listed:
            await self._keys.changed(self._keys.version)

    async def _follow(self, selection: KeySelection) -> None:
        followed = Followed(
            name=selection.source,
            kind=SECRETS,
            selection=Selection(
                namespace=self._namespace,
                label_selector=selection.label_selector,
                field_selector=selection.field_selector,
            ),
        )
        see = partial(self._see, selection)
        await follow(self._api, followed, see, metrics=self._metrics)

    async def _see(self, selection: KeySelection, event: Listed | Change) -> None:
        before = self._keys.fingerprints
        for problem in await self._keys.take(event, selection.source):
            _LOG.error("key_unusable", problem=str(problem), hint=problem.hint)
        after = self._keys.fingerprints
        if before != after:
            _LOG.info("keys_changed", fingerprints=sorted(after))
        self._intake.use_keys(after)
        for kind in get_args(KeyKind):
            unusable = self._keys.unusable(kind)
            self._metrics.keys(census_of(self._keys.keys, kind, unusable=unusable), kind=kind)
