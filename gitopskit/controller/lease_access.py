"""LeaseAccess: the requests of one candidate about its Lease.

Every write names the version that was read, so of several writers only one succeeds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gitopskit.controller.lease_record import Record, claim, release
from gitopskit.errors import ApiConflict, ApiNotFound
from gitopskit.kube.resources import LEASES
from gitopskit.kube.watch import watch

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from gitopskit.controller.lease_record import Candidate
    from gitopskit.kube.client import KubeClient
    from gitopskit.kube.watch import Change, Listed
    from gitopskit.manifests.json_types import JsonObject


class LeaseAccess:
    """Reads, writes and watches one Lease, in the name of one candidate."""

    def __init__(self, api: KubeClient, candidate: Candidate) -> None:
        """Keep the parts."""
        self._api = api
        self._candidate = candidate

    async def live(self) -> JsonObject | None:
        """Return the Lease, None where there is none.

        Raises:
            ApiError: the API server refused or did not answer.
        """
        try:
            return await self._api.get(LEASES, self._candidate.name, self._candidate.namespace)
        except ApiNotFound:
            return None

    async def take(
        self, lease: JsonObject | None, *, last: Record | None, duration_seconds: int
    ) -> JsonObject:
        """Make the Lease name the candidate, as ``claim`` says; return it as it stands then.

        Raises:
            ApiConflict: somebody else wrote since it was read.
            ApiError: the API server refused or did not answer; the write may have been done.
        """
        body = claim(
            lease,
            self._candidate,
            last=last,
            now=self._api.clock.now_utc(),
            duration_seconds=duration_seconds,
        )
        write = self._api.create if lease is None else self._api.replace
        return await write(LEASES, body, field_manager=self._candidate.name)

    async def leave(self, lease: JsonObject | None) -> bool:
        """Make the Lease name nobody; return False where it does not name the candidate any more.

        Raises:
            ApiError: the API server refused or did not answer.
        """
        while lease is not None and Record.of(lease).holder == self._candidate.identity:
            body = release(lease, self._candidate, now=self._api.clock.now_utc())
            try:
                await self._api.replace(LEASES, body, field_manager=self._candidate.name)
            except ApiConflict:
                lease = await self.live()
            else:
                return True
        return False

    def changes(self) -> AsyncGenerator[Listed | Change]:
        """Yield the Lease as it is, then as it changes; see ``watch``."""
        return watch(
            self._api,
            LEASES,
            namespace=self._candidate.namespace,
            field_selector=f"metadata.name={self._candidate.name}",
        )
