"""As whom the client acts, against a real API server."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gitopskit.clock import SystemClock
from gitopskit.errors import ApiForbidden
from gitopskit.kube.client import KubeClient
from gitopskit.kube.credentials import Connection
from gitopskit.kube.resources import (
    CONFIG_MAPS,
    NAMESPACES,
    ROLE_BINDINGS,
    SECRETS,
    SERVICE_ACCOUNTS,
    ResourceType,
)
from gitopskit.kube.tokens import fixed_token

if TYPE_CHECKING:
    from gitopskit.manifests.json_types import JsonObject

MANAGER = "kube-tests"


def config_map(name: str, namespace: str) -> JsonObject:
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": name, "namespace": namespace},
    }


@pytest.fixture
async def applier(admin: KubeClient, namespace: str) -> str:
    """Return a ServiceAccount of the namespace that may write ConfigMaps there and no more."""
    roles = ResourceType(
        group="rbac.authorization.k8s.io", version="v1", plural="roles", kind="Role"
    )
    name: JsonObject = {"name": "applier", "namespace": namespace}
    rules = [{"apiGroups": [""], "resources": ["configmaps"], "verbs": ["get", "create", "patch"]}]
    subject = {"kind": "ServiceAccount", "name": "applier", "namespace": namespace}
    role_ref = {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "applier"}
    for kind, content in (
        (SERVICE_ACCOUNTS, {}),
        (roles, {"rules": rules}),
        (ROLE_BINDINGS, {"subjects": [subject], "roleRef": role_ref}),
    ):
        body = {"apiVersion": kind.api_version, "kind": kind.kind, "metadata": name, **content}
        await admin.apply(kind, body, field_manager=MANAGER, force=True)
    return f"system:serviceaccount:{namespace}:applier"


async def test_whom_we_impersonate_decides_what_we_may(
    admin: KubeClient, namespace: str, applier: str
) -> None:
    body = config_map("impersonated", namespace)

    await admin.apply(CONFIG_MAPS, body, field_manager=MANAGER, force=True, as_user=applier)
    with pytest.raises(ApiForbidden, match=applier) as caught:
        await admin.list(CONFIG_MAPS, namespace, as_user=applier)

    assert caught.value.reason == "Forbidden"
    assert caught.value.hint


async def test_a_service_account_acts_with_its_own_token(
    admin: KubeClient, namespace: str, applier: str
) -> None:
    granted = await admin.request(
        "POST",
        f"/api/v1/namespaces/{namespace}/serviceaccounts/applier/token",
        body={
            "apiVersion": "authentication.k8s.io/v1",
            "kind": "TokenRequest",
            "spec": {"expirationSeconds": 600},
        },
    )
    clock = SystemClock()
    connection = Connection(
        server=admin.connection.server,
        tls=admin.connection.tls,
        tokens=fixed_token(granted["status"]["token"], clock=clock),
    )

    async with KubeClient(connection, clock=clock) as client:
        await client.apply(
            CONFIG_MAPS, config_map("own", namespace), field_manager=MANAGER, force=True
        )
        with pytest.raises(ApiForbidden, match=applier):
            await client.get(SECRETS, "db", namespace)


async def test_an_unknown_token_is_told_from_a_missing_right(admin: KubeClient) -> None:
    clock = SystemClock()
    connection = Connection(
        server=admin.connection.server,
        tls=admin.connection.tls,
        tokens=fixed_token("nobody", clock=clock),
    )

    async with KubeClient(connection, clock=clock) as client:
        with pytest.raises(ApiForbidden) as caught:
            await client.get(NAMESPACES, "default")

    assert caught.value.status == 401
    assert "log in again" in caught.value.hint
