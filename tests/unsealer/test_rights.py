"""What the unsealer does while it lacks rights: it waits for them, and goes on where it was."""

from __future__ import annotations

from typing import TYPE_CHECKING

from structlog.testing import capture_logs

from gitopskit.kube.resources import CONFIG_MAPS, ROLE_BINDINGS, ResourceType
from tests.support.polling import eventually
from tests.support.unsealer_cluster import CLUSTER_ROLE_BINDINGS, running

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence

    from gitopskit.kube.client import KubeClient
    from gitopskit.manifests.json_types import JsonObject, JsonValue
    from tests.support.unsealer_cluster import Cluster
    from tests.support.unsealing import SealingKey

CERTIFICATE = "gitopskit-sealing-certificate"


async def test_rights_that_come_late_are_used_without_a_restart(
    cluster: Cluster,
    key: SealingKey,
    service_account_client: Callable[[str, str], Awaitable[KubeClient]],
) -> None:
    account = await _new_account(cluster)
    api = await service_account_client(account, cluster.namespace)
    with capture_logs() as logs:
        async with running(api):
            await eventually(lambda: _has(logs, "watch_refused"))
            watching = await cluster.create(
                CLUSTER_ROLE_BINDINGS, _binding("ClusterRoleBinding", account, cluster.namespace)
            )
            await cluster.create_sealed(key.seal("late-rights", cluster.namespace, {"a": "1"}))
            await cluster.until_values("late-rights", {"a": "1"})

            await _delete_certificate(cluster)
            await eventually(lambda: _has(logs, "certificate_not_published"))
            body = _binding("RoleBinding", account, cluster.namespace, to="kube-system")
            publishing = await cluster.create(ROLE_BINDINGS, body)
            await eventually(lambda: _has(logs, "certificate_published"), timeout_seconds=20)

    await cluster.delete(ROLE_BINDINGS, publishing)
    name, uid = watching["metadata"]["name"], watching["metadata"]["uid"]
    await cluster.admin.delete(CLUSTER_ROLE_BINDINGS, name, uid=uid)


async def _new_account(cluster: Cluster) -> str:
    accounts = ResourceType(group="", version="v1", plural="serviceaccounts", kind="ServiceAccount")
    metadata = {"name": "powerless", "namespace": cluster.namespace}
    body = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata}
    await cluster.create(accounts, body)
    return "powerless"


def _binding(kind: str, account: str, namespace: str, *, to: str = "") -> JsonObject:
    return {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": kind,
        "metadata": {"name": f"test-of-{namespace}", **({"namespace": to} if to else {})},
        "roleRef": {
            "apiGroup": "rbac.authorization.k8s.io",
            "kind": kind.removesuffix("Binding"),
            "name": "gitopskit-unsealer",
        },
        "subjects": [{"kind": "ServiceAccount", "name": account, "namespace": namespace}],
    }


async def _delete_certificate(cluster: Cluster) -> None:
    listing = await cluster.admin.list(
        CONFIG_MAPS, "kube-system", field_selector=f"metadata.name={CERTIFICATE}"
    )
    for item in listing.items:
        await cluster.delete(CONFIG_MAPS, item)


def _has(logs: Sequence[Mapping[str, JsonValue]], event: str) -> bool:
    return any(entry["event"] == event for entry in logs)
