"""The control plane that a test run shares: what runs in it, and with whose rights tests run."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from gitopskit.errors import ApiForbidden
from gitopskit.kube.resources import NAMESPACES
from tests.support.cluster import kubectl

if TYPE_CHECKING:
    from gitopskit.controlplane.server import ControlPlane
    from gitopskit.kube.client import KubeClient
    from tests.conftest import ClientFactory


def test_an_administrator_reaches_the_server(control_plane: ControlPlane, namespace: str) -> None:
    found = json.loads(kubectl(control_plane, "get", "namespace", namespace, "--output=json"))

    assert found["status"]["phase"] == "Active"


async def test_the_clients_of_tests_reach_the_server(admin: KubeClient, namespace: str) -> None:
    found = await admin.get(NAMESPACES, namespace)

    assert found["metadata"]["name"] == namespace


async def test_a_service_account_has_the_rights_that_we_ship(
    platform: ControlPlane, service_account_client: ClientFactory, namespace: str
) -> None:
    client = await service_account_client("gitopskit-unsealer", "gitopskit-system")

    with pytest.raises(ApiForbidden):
        await client.get(NAMESPACES, namespace)
    assert platform.version.startswith("v1.")
