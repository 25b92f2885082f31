"""LeaseAccess: the requests of one candidate about its Lease.

Every write succeeds only if the Lease still is what the candidate takes it for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gitopskit.controller.lease_record import claim, release, renewal
from gitopskit.errors import ApiConflict, ApiInvalid, ApiNotFound
from gitopskit.kube.resources import LEASES
from gitopskit.kube.watch import watch

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from gitopskit.controller.lease_record import Candidate, Record
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

    async def renew(
        self, lease: JsonObject | None, *, last: Record | None, duration_seconds: int
    ) -> JsonObject:
        """Write the Lease that the candidate holds; return it as it stands then.

        An update, because the API server has a priority level for updates of Leases and none for
        patches; a patch where somebody edits the Lease so often that no update gets through.

        Raises:
            ApiConflict: another holds it.
            ApiError: the API server refused or did not answer; the write may have been done.
        """
        try:
            return await self.take(lease, last=last, duration_seconds=duration_seconds)
        except ApiConflict:
            return await self._patch(renewal(self._candidate, now=self._api.clock.now_utc()))

    async def leave(self) -> None:
        """Make the Lease name nobody.

        Raises:
            ApiConflict: another holds it.
            ApiError: the API server refused or did not answer.
        """
        await self._patch(release(self._candidate, now=self._api.clock.now_utc()))

    async def _patch(self, patch: JsonObject | list[JsonObject]) -> JsonObject:
        try:
            return await self._api.patch(
                LEASES,
                self._candidate.name,
                self._candidate.namespace,
                patch=patch,
                field_manager=self._candidate.name,
            )
        except ApiInvalid as error:  # a JSON patch whose test fails is answered with 422
            raise ApiConflict(error.what, where=error.where, status=error.status) from error

    def changes(self) -> AsyncGenerator[Listed | Change]:
        """Yield the Lease as it is, then as it changes; see ``watch``."""
        return watch(
            self._api,
            LEASES,
            namespace=self._candidate.namespace,
            field_selector=f"metadata.name={self._candidate.name}",
        )
