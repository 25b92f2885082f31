"""Following: what a replica does while another one leads. It takes webhooks and passes them on.

It proves their senders itself, and writes for the leader which places they are about: at once, and
then at most once a second, whatever comes.
"""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from typing import TYPE_CHECKING, Final

import structlog

from gitopskit.backoff import Backoff
from gitopskit.controller import http
from gitopskit.errors import ApiError
from gitopskit.kube.resources import SECRETS
from gitopskit.reconciler import names
from gitopskit.reconciler.one_object import states
from gitopskit.reconciler.pushes import MOST_PLACES, noted
from gitopskit.reconciler.system_record import SystemRecord
from gitopskit.reconciler.webhook_api import WebhookApi

if TYPE_CHECKING:
    from collections.abc import Collection

    from gitopskit.controller.http import Request, Response
    from gitopskit.kube.client import KubeClient
    from gitopskit.reconciler.webhooks import Place

_LOG: Final = structlog.get_logger("reconciler")
_PAUSE_SECONDS: Final = 1.0
_FAULTS: Final = Backoff(initial_seconds=0.1, maximum_seconds=10.0)
_NOT_YET: Final = "not yet"


class Following:
    """A replica that follows; ``run`` it as long as it does."""

    def __init__(self, api: KubeClient) -> None:
        """Keep whom to ask; nothing is started."""
        self._api = api
        self._record = SystemRecord(api, names.PUSHES)
        self._webhooks = WebhookApi(clock=api.clock, heed=self._heed)
        self._is_secret_known = False
        self._waiting: dict[Place, None] = {}
        self._changed = asyncio.Event()

    def admit(self, peer: str) -> Response | None:
        """Return the refusal of one who sends too much, or of all before the secret is known."""
        if not self._is_secret_known:
            return http.said(http.NOT_READY, _NOT_YET)
        return self._webhooks.admit(peer)

    async def answer(self, request: Request) -> Response:
        """Pass a delivery on, if its sender is proven."""
        if not self._is_secret_known:
            return http.said(http.NOT_READY, _NOT_YET)
        return await self._webhooks.answer(request)

    async def run(self) -> None:
        """Follow the secret and pass deliveries on, until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._follow_secret())
            group.create_task(self._pass_on())

    async def _follow_secret(self) -> None:
        namespace = names.APPLICATIONS_NAMESPACE
        found = states(self._api, SECRETS, names.WEBHOOK_SECRET, namespace=namespace)
        async with aclosing(found):
            async for content in found:
                self._webhooks.set_secret(content)
                self._is_secret_known = True

    def _heed(self, places: Collection[Place]) -> int:
        self._wait_with(dict.fromkeys(sorted(places)))
        return len(places)

    def _wait_with(self, places: dict[Place, None]) -> None:
        """Have places written soon, the newest ones where there are too many."""
        waiting = {**self._waiting, **places}
        self._waiting = dict.fromkeys(list(waiting)[-MOST_PLACES:])
        if self._waiting:
            self._changed.set()

    async def _pass_on(self) -> None:
        """Write whenever something waits, for ever."""
        failures = 0
        while True:
            await self._changed.wait()
            self._changed.clear()
            places, self._waiting = self._waiting, {}
            try:
                await self._write(places)
            except ApiError as error:
                _LOG.warning("pushes_not_passed_on", problem=str(error))
                self._wait_with(places)
                await self._api.clock.sleep(_FAULTS.pause_seconds(failures))
                failures += 1
            else:
                failures = 0
                _LOG.info("pushes_passed_on", places=len(places))
                await self._api.clock.sleep(_PAUSE_SECONDS)

    async def _write(self, places: Collection[Place]) -> None:
        self._record.forget()  # other replicas write it, too
        before = await self._record.read() or {}
        await self._record.write(noted(before, places))
