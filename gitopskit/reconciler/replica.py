"""One replica of the reconciler: it stands for election, and reconciles while it leads.

A replica that does not lead knows nothing but the lease. Each time it wins it begins with what the
API server and Git say then, never with what it remembers: another one worked meanwhile.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gitopskit import __version__
from gitopskit.controller import http
from gitopskit.reconciler.loop import Controller
from gitopskit.reconciler.metrics import ReconcilerMetrics
from gitopskit.reconciler.webhook_api import PATH, endpoint

if TYPE_CHECKING:
    from gitopskit.controller.election import Election
    from gitopskit.controller.http import Endpoint, Request, Response
    from gitopskit.kube.client import KubeClient
    from gitopskit.reconciler.loop import ReconcilerOptions

LEASE_NAME: Final = "gitopskit-reconciler"

_FOLLOWS: Final = "another replica leads; it asks by itself soon"


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
        await (self._lead() if self._election is None else self._election.run(self._lead))

    def endpoints(self) -> dict[str, Endpoint]:
        """Return what forges send to; only who leads looks at repositories."""
        return {PATH: endpoint(self._answer, admit=self._admit)}

    def see(self) -> None:
        """Let the metrics tell of all Applications as they are now; a follower knows none."""
        found = self._controller.registry.applications if self._controller is not None else {}
        self.metrics.see(tracked.content for tracked in found.values())

    def _admit(self, peer: str) -> Response | None:
        if self._controller is None:
            return http.said(http.NOT_READY, _FOLLOWS)
        return self._controller.webhooks.admit(peer)

    async def _answer(self, request: Request) -> Response:
        if self._controller is None:
            return http.said(http.NOT_READY, _FOLLOWS)
        return await self._controller.webhooks.answer(request)

    async def _lead(self) -> None:
        if self._is_stopping:
            return
        controller = Controller(self._api, self._options, metrics=self.metrics)
        self._controller = controller
        self.metrics.leads(is_leader=True)
        try:
            await controller.run()
        finally:
            self._controller = None
            self.metrics.leads(is_leader=False)
