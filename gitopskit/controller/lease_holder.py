"""Who holds a Lease and renews it, as seen by one who wants none of it.

No clocks are compared: a Lease is held if it changes while we look.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gitopskit.controller.lease import LONGEST_HONOURED_SECONDS
from gitopskit.controller.lease_record import Record
from gitopskit.errors import ApiForbidden, ApiNotFound
from gitopskit.kube.resources import LEASES

if TYPE_CHECKING:
    from gitopskit.kube.client import KubeClient

_LOOK_SECONDS: Final = 0.3


async def renewing_holder(api: KubeClient, name: str, namespace: str) -> str:
    """Return who renews a Lease; empty where nobody does, or where it may not be read.

    Waits for the renewal, for the duration of the Lease at most.

    Raises:
        ApiError: the API server refused for another reason or did not answer.
    """
    before = await _record(api, name, namespace)
    if before is None or not before.holder:
        return ""
    honoured_seconds = min(before.duration_seconds, LONGEST_HONOURED_SECONDS)
    until = api.clock.monotonic_seconds() + honoured_seconds
    while api.clock.monotonic_seconds() < until:
        await api.clock.sleep(_LOOK_SECONDS)
        now = await _record(api, name, namespace)
        if now is None or not now.holder:
            return ""
        if now != before:
            return now.holder
    return ""


async def _record(api: KubeClient, name: str, namespace: str) -> Record | None:
    try:
        return Record.of(await api.get(LEASES, name, namespace))
    except (ApiForbidden, ApiNotFound):
        return None
