from __future__ import annotations

import base64
import ssl
from typing import TYPE_CHECKING

import pytest

from gitopskit.clock import SystemClock
from gitopskit.controlplane.authority import new_identity
from gitopskit.kube.client import KubeClient
from tests.support.clock import FakeClock
from tests.support.fake_api import FakeApi

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from gitopskit.controlplane.authority import ServingIdentity
    from gitopskit.manifests.json_types import JsonObject


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
async def server() -> AsyncIterator[FakeApi]:
    """Return a server that answers what the test tells it to."""
    async with FakeApi() as running:
        yield running


@pytest.fixture
async def api(server: FakeApi, clock: FakeClock) -> AsyncIterator[KubeClient]:
    """Return a client of that server."""
    async with KubeClient(server.connection(clock), clock=clock, timeout_seconds=5) as client:
        yield client


@pytest.fixture
async def tls_server(tmp_path: Path) -> AsyncIterator[str]:
    """Return the address of a server whose certificate nobody knows."""
    identity = new_identity(now=SystemClock().now_utc())
    pem = tmp_path / "server.pem"
    pem.write_bytes(identity.private_key + identity.certificate)
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(pem)
    async with FakeApi(tls=tls) as running:
        yield running.url


@pytest.fixture(scope="session")
def identity() -> ServingIdentity:
    return new_identity(now=SystemClock().now_utc())


@pytest.fixture
def kubeconfig(identity: ServingIdentity) -> JsonObject:
    """Return a kubeconfig with two contexts, not yet written."""
    cluster = {
        "server": "https://127.0.0.1:6443",
        "certificate-authority-data": base64.b64encode(identity.ca_certificate).decode(),
    }
    context = {"cluster": "c", "user": "jane", "namespace": "shop"}
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "prod",
        "clusters": [{"name": "c", "cluster": cluster}],
        "contexts": [
            {"name": "prod", "context": context},
            {"name": "staging", "context": {"cluster": "c", "user": "jane"}},
        ],
        "users": [{"name": "jane", "user": {"token": "hunter2"}}],
    }
