"""Territory: one set of watches, over the SealedSecrets and Secrets of one namespace or of all.

Where Secrets may not be listed or watched, those of SealedSecrets are looked at by name instead,
one after the other, until the watch is allowed.
"""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Final

import structlog

from gitopskit.errors import ApiError, ApiNotFound
from gitopskit.kube.requests import Selection
from gitopskit.kube.resources import SEALED_SECRETS, SECRETS
from gitopskit.unsealer.contents import keep_secret
from gitopskit.unsealer.following import Followed, follow

if TYPE_CHECKING:
    from collections.abc import Callable

    from gitopskit.kube.client import KubeClient
    from gitopskit.kube.watch import Change, Listed
    from gitopskit.unsealer.intake import Intake
    from gitopskit.unsealer.metrics import UnsealerMetrics
    from gitopskit.unsealer.options import Field
    from gitopskit.unsealer.records import Key

_LOG: Final = structlog.get_logger("unsealer")


class Territory:
    """The watches of one namespace (empty: of all); ``run`` it until cancelled."""

    def __init__(
        self,
        api: KubeClient,
        namespace: str,
        field: Field,
        *,
        intake: Intake,
        metrics: UnsealerMetrics,
    ) -> None:
        """Keep what to watch; nothing is started."""
        self.namespace = namespace
        self.is_known = asyncio.Event()
        self._api = api
        self._field = field
        self._intake = intake
        self._metrics = metrics
        self._has_sealed = False
        self._has_secrets = False
        self._watches = False
        self._is_left = False
        self._polling = asyncio.Event()

    @property
    def watches_secrets(self) -> bool:
        """Tell whether the watch of Secrets shows what there is."""
        return self._watches

    async def run(self) -> None:
        """Watch until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._follow_sealed())
            group.create_task(self._follow_secrets())
            group.create_task(self._poll())

    def leave(self) -> None:
        """Forget what was seen, and take in nothing more; ``run`` is to be cancelled after it.

        Nobody waits any longer for it to become known.
        """
        self._is_left = True
        self._intake.close(self.namespace)
        self.is_known.set()

    async def _follow_sealed(self) -> None:
        followed = Followed(
            name="sealed_secrets",
            kind=SEALED_SECRETS,
            selection=Selection(
                namespace=self.namespace, label_selector=self._field.label_selector
            ),
            keep=self._intake.contents.keep,
        )
        await self._follow(followed, self._see_sealed, self.is_known.set)

    async def _follow_secrets(self) -> None:
        if not self._field.watches_secrets:
            self._begin_to_poll()
            return
        followed = Followed(
            name="secrets",
            kind=SECRETS,
            selection=Selection(namespace=self.namespace, metadata_only=True),
            keep=keep_secret,
        )
        await self._follow(followed, self._see_secrets, self._begin_to_poll)

    async def _follow(
        self,
        followed: Followed,
        see: Callable[[Listed | Change], None],
        refused: Callable[[], None],
    ) -> None:
        await follow(self._api, followed, see, metrics=self._metrics, refused=refused)

    def _see_sealed(self, event: Listed | Change) -> None:
        if self._is_left:
            return
        self._intake.see_sealed(event, self.namespace)
        self._has_sealed = True
        self._note_known()

    def _see_secrets(self, event: Listed | Change) -> None:
        if self._is_left:
            return
        if self._polling.is_set():
            self._polling.clear()
            _LOG.info("secrets_watched_again", namespace=self.namespace)
        self._watches = True
        self._intake.see_secrets(event, self.namespace)
        self._has_secrets = True
        self._note_known()

    def _note_known(self) -> None:
        if self._has_sealed and self._has_secrets:
            self._intake.open(self.namespace)
            self.is_known.set()

    def _begin_to_poll(self) -> None:
        """Look at Secrets by name from now on."""
        if not self._polling.is_set():
            self._polling.set()
            _LOG.warning(
                "secrets_not_watched",
                namespace=self.namespace,
                poll_seconds=self._field.poll_seconds,
                effect="a Secret that is changed is healed when it is looked at next",
            )
        self._watches = False
        self._has_secrets = True
        self._note_known()

    async def _poll(self) -> None:
        """Look at one Secret after the other, so that each is seen once in the time for all."""
        while True:
            await self._polling.wait()
            keys = self._intake.memory.keys(self.namespace) if self._intake.is_leading else []
            if not keys:
                await self._api.clock.sleep(self._field.poll_seconds)
            for key in keys:
                await self._api.clock.sleep(self._field.poll_seconds / len(keys))
                if self._polling.is_set():
                    await self._look(key)

    async def _look(self, key: Key) -> None:
        """Look at the metadata of one Secret; what cannot be read now is read the next time."""
        with contextlib.suppress(ApiError):
            try:
                found = await self._api.get(SECRETS, key.name, key.namespace, metadata_only=True)
            except ApiNotFound:
                found = None
            self._intake.see_polled(key, found)
