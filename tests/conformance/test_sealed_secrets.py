"""Whether the unsealer works under the Bitnami project's own definition of SealedSecret, too.

What the real kubeseal wrote is unsealed under either definition.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from gitopskit.kube.resources import SECRETS
from gitopskit.process import Command, run_checked
from tests.support.unsealer_cluster import Cluster, running
from tests.support.unsealing import SealingKey

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

    from gitopskit.kube.client import KubeClient
    from gitopskit.manifests.json_types import JsonObject


@pytest.fixture(scope="module")
def key() -> SealingKey:
    return SealingKey.new("conformance")


async def test_what_kubeseal_wrote_is_unsealed_and_healed(  # noqa: PLR0913, PLR0917 -- fixtures
    definition: str,
    admin: KubeClient,
    namespace: str,
    kubeseal: Path,
    key: SealingKey,
    service_account_client: Callable[[str, str], Awaitable[KubeClient]],
    tmp_path: Path,
) -> None:
    cluster = Cluster(admin, namespace)
    holder = await cluster.create(SECRETS, key.secret())
    api = await service_account_client("gitopskit-unsealer", "kube-system")
    name = f"under-{definition}"
    async with running(api):
        await cluster.create_sealed(_by_kubeseal(kubeseal, key, name, namespace, tmp_path))
        secret = await cluster.until_values(name, {"a": "1"})
        condition = await cluster.until_status(name, "True")
        await cluster.patch_secret(name, {"stringData": {"a": "edited"}})
        await cluster.until_values(name, {"a": "1"})
    await cluster.delete(SECRETS, holder)

    assert secret["metadata"]["labels"] == {"app": "shop"}
    assert condition["reason"] == "Unsealed"


def _by_kubeseal(
    kubeseal: Path, key: SealingKey, name: str, namespace: str, folder: Path
) -> JsonObject:
    certificate = folder / "tls.crt"
    certificate.write_bytes(key.pair.certificate_pem)
    secret = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": name, "namespace": namespace, "labels": {"app": "shop"}},
        "stringData": {"a": "1"},
    }
    command = Command(
        argv=(str(kubeseal), f"--cert={certificate}"),
        environment={"HOME": str(folder)},
        stdin=json.dumps(secret).encode(),
    )
    sealed: JsonObject = json.loads(run_checked(command))
    return sealed
