"""One replica of the reconciler: it stands for election, and reconciles while it leads.

A replica that does not lead knows nothing but the lease, and the secret of the webhooks, which it
passes on (following.py). Each time it wins it begins with what the API server and Git say then,
never with what it remembers: another one worked meanwhile.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from gitopskit import __version__
from gitopskit.reconciler.following import Following
from gitopskit.reconciler.loop import Controller
from gitopskit.reconciler.metrics import ReconcilerMetrics
from gitopskit.reconciler.webhook_api import PATH, endpoint

if TYPE_CHECKING:
    from gitopskit.controller.election import Election
    from gitopskit.controller.http import Endpoint, Request, Response
    from gitopskit.kube.client import KubeClient
    from gitopskit.reconciler.loop import ReconcilerOptions

LEASE_NAME: Final = "gitopskit-reconciler"


class Replica:
    """The program; ``run`` it once, ``stop`` it from the same event loop."""

    def __init__(
        self, api: KubeClient, options: ReconcilerOptions, *, election: Election | None = None
    ) -> None:
        """Keep the parts; nothing is started. Without an election this replica leads."""
        self._api = api
        self._options = options
        self._election = election
        self._controller: Controller | None = None
        self._following = Following(api)
        self._follows: asyncio.Task[None] | None = None
        self.metrics = ReconcilerMetrics(revision=__version__)
        self._is_stopping = False

    @property
    def is_ready(self) -> bool:
        """Tell whether it can do its part: take over, or, as the leader, see all registrations."""
        if self._controller is None:
            return self._election is not None
        return self._controller.is_ready

    def stop(self) -> None:
        """Take no more work, and let another one lead when the passes at hand are done."""
        self._is_stopping = True
        if self._controller is not None:
            self._controller.stop()
        if self._election is not None:
            self._election.stop()

    async def run(self) -> None:
        """Reconcile whenever this replica leads, until ``stop``.

        Raises:
            ApiError: the inventories cannot be read at the start.
        """
        if self._election is None:
            await self._lead()
            return
        self._begin_to_follow()
        try:
            await self._election.run(self._lead)
        finally:
            await self._cease_to_follow()

    def endpoints(self) -> dict[str, Endpoint]:
        """Return what forges send to; who leads looks at repositories, others pass it on."""
        return {PATH: endpoint(self._answer, admit=self._admit)}

    def see(self) -> None:
        """Let the metrics tell of all Applications as they are now; a follower knows none."""
        found = self._controller.registry.applications if self._controller is not None else {}
        self.metrics.see(tracked.content for tracked in found.values())

    def _admit(self, peer: str) -> Response | None:
        webhooks = self._following if self._controller is None else self._controller.webhooks
        return webhooks.admit(peer)

    async def _answer(self, request: Request) -> Response:
        webhooks = self._following if self._controller is None else self._controller.webhooks
        return await webhooks.answer(request)

    def _begin_to_follow(self) -> None:
        self._following = Following(self._api)
        self._follows = asyncio.create_task(self._following.run())

    async def _cease_to_follow(self) -> None:
        """Stop following; what is not passed on yet is seen by whoever begins to lead."""
        task, self._follows = self._follows, None
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def _lead(self) -> None:
        if self._is_stopping:
            return
        controller = Controller(self._api, self._options, metrics=self.metrics)
        self._controller = controller
        self.metrics.leads(is_leader=True)
        try:
            await self._cease_to_follow()
            await controller.run()
        finally:
            self._controller = None
            self.metrics.leads(is_leader=False)
            if self._election is not None and not self._is_stopping:
                self._begin_to_follow()
