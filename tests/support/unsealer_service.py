"""The unsealer's HTTP server behind the Service that kubeseal looks for in a real cluster."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final

from gitopskit.controller.http import Address
from gitopskit.errors import ApiError
from gitopskit.kube.services import ServicePort
from tests.support.outside import offer
from tests.support.polling import eventually
from tests.support.unsealer_http import Served, serving

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from gitopskit.controlplane.server import ControlPlane
    from gitopskit.kube.client import KubeClient
    from tests.support.unsealing import SealingKey

NAME: Final = "sealed-secrets-controller"
NAMESPACE: Final = "kube-system"

_OFFERED: Final = (
    ("api/v1", "services"),
    ("api/v1", "pods"),
    ("apis/discovery.k8s.io/v1", "endpointslices"),
)


@asynccontextmanager
async def served_in_cluster(
    admin: KubeClient, control_plane: ControlPlane, *keys: SealingKey, host: str
) -> AsyncIterator[Served]:
    """Run the server with keys, reached through the API server's proxy, for the length of a block.

    ``host`` is an address of this machine that is none of the loopback's.
    """
    async with serving(*keys, address=Address(host=host, port=0)) as running:
        await offer(admin, NAME, NAMESPACE, host=host, port=running.port)
        await eventually(lambda: _is_reached(admin))
        yield running
        for group, plural in _OFFERED:
            path = f"/{group}/namespaces/{NAMESPACE}/{plural}/{NAME}?gracePeriodSeconds=0"
            control_plane.rest.send("DELETE", path)


async def _is_reached(admin: KubeClient) -> bool:
    port = ServicePort(namespace=NAMESPACE, service=NAME, port="http")
    try:
        return (await admin.service_request("GET", port, "/healthz")).status == 200
    except ApiError:
        return False
