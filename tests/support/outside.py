"""A process outside the cluster as a Service of it, so that the API server's proxy reaches it."""

from __future__ import annotations

import fcntl
import socket
import struct
import sys
from typing import TYPE_CHECKING, Final

from gitopskit.kube.resources import SERVICES, ResourceType

if TYPE_CHECKING:
    from gitopskit.kube.client import KubeClient
    from gitopskit.manifests.json_types import JsonObject

_SIOCGIFADDR: Final = 0x8915 if sys.platform == "linux" else 0xC0206921
_ADDRESS: Final = slice(20, 24)
"""Where the kernel puts an interface's IPv4 address. Source: netdevice(7); BSD's net/if.h."""

_PODS: Final = ResourceType(group="", version="v1", plural="pods", kind="Pod")
_SLICES: Final = ResourceType(
    group="discovery.k8s.io", version="v1", plural="endpointslices", kind="EndpointSlice"
)
_MANAGER: Final = "tests"


def machine_address() -> str:
    """Return an IPv4 address of this machine that is none of the loopback's, or nothing."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        for _, interface in socket.if_nameindex():
            request = struct.pack("256s", interface.encode()[:15])
            try:
                answer = fcntl.ioctl(probe, _SIOCGIFADDR, request)
            except OSError:
                continue
            address = socket.inet_ntoa(answer[_ADDRESS])
            if not address.startswith("127."):
                return address
    return ""


async def offer(admin: KubeClient, name: str, namespace: str, *, host: str, port: int) -> None:
    """Make a Service whose one endpoint is a process of this machine.

    The API server's proxy refuses loopback addresses, and addresses that are not those of the pod
    that the endpoint names. No node runs the pod: nobody but us writes its status.
    """
    metadata: JsonObject = {"name": name, "namespace": namespace}
    container = {"name": "outside", "image": "outside.example/none"}
    pod: JsonObject = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": metadata,
        "spec": {"schedulerName": "nobody", "containers": [container]},
    }
    created = await admin.create(_PODS, pod, field_manager=_MANAGER)
    status: JsonObject = {"status": {"phase": "Running", "podIP": host, "podIPs": [{"ip": host}]}}
    await admin.patch(
        _PODS, name, namespace, patch=status, subresource="status", field_manager=_MANAGER
    )
    endpoint: JsonObject = {
        "addresses": [host],
        "conditions": {"ready": True},
        "targetRef": {
            "kind": "Pod",
            "name": name,
            "namespace": namespace,
            "uid": created["metadata"]["uid"],
        },
    }
    endpoints: JsonObject = {
        "apiVersion": "discovery.k8s.io/v1",
        "kind": "EndpointSlice",
        "metadata": metadata | {"labels": {"kubernetes.io/service-name": name}},
        "addressType": "IPv4",
        "ports": [{"name": "http", "port": port, "protocol": "TCP"}],
        "endpoints": [endpoint],
    }
    service: JsonObject = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": metadata,
        "spec": {"ports": [{"name": "http", "port": 8080, "targetPort": port}]},
    }
    await admin.create(SERVICES, service, field_manager=_MANAGER)
    await admin.create(_SLICES, endpoints, field_manager=_MANAGER)
