"""The HTTP interface of the unsealer as a process: with its keys, its rights, its end."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

import orjson
import pytest
from prometheus_client.parser import text_string_to_metric_families

from gitopskit.kube.resources import SECRETS
from tests.support.polling import eventually
from tests.support.raw_http import ask
from tests.support.replicas import replica

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.conftest import KubeconfigFactory
    from tests.support.replicas import Replica
    from tests.support.unsealer_cluster import Cluster
    from tests.support.unsealing import SealingKey


@pytest.fixture
def running(
    cluster: Cluster,  # noqa: ARG001 -- the key is there before the unsealer
    service_account_kubeconfig: KubeconfigFactory,
    tmp_path: Path,
) -> Iterator[Replica]:
    kubeconfig = service_account_kubeconfig("gitopskit-unsealer", "kube-system")
    with replica(kubeconfig, tmp_path / "unsealer.log") as process:
        yield process


async def _ports(running: Replica) -> tuple[int, int]:
    await running.until("ready")
    (line,) = [line for line in running.lines() if line["event"] == "listening"]
    return line["port"], line["metrics_port"]


async def test_certificate_and_values_are_answered_from_the_clusters_keys(
    running: Replica, cluster: Cluster, key: SealingKey, second_key: SealingKey
) -> None:
    port, _ = await _ports(running)
    sealed = orjson.dumps(key.seal("db", "shop", {"a": "x"}))

    ready = await ask(port, "GET", "/readyz")
    certificate = await ask(port, "GET", "/v1/cert.pem")
    verified = await ask(port, "POST", "/v1/verify", body=sealed)
    await cluster.create(SECRETS, second_key.secret())

    async def is_renewed() -> bool:
        return (await ask(port, "GET", "/v1/cert.pem")).body == second_key.pair.certificate_pem

    await eventually(is_renewed)
    assert (ready.status, verified.status) == (200, 200)
    assert certificate.body == key.pair.certificate_pem


async def test_what_it_does_shows_in_its_metrics(
    running: Replica, cluster: Cluster, key: SealingKey
) -> None:
    _, port = await _ports(running)
    await cluster.create_sealed(key.seal("scraped", cluster.namespace, {"a": "x"}))
    await cluster.until_status("scraped", "True")

    async def is_counted() -> bool:
        scraped = (await ask(port, "GET", "/metrics")).body.decode()
        return all(
            sample.value >= 1
            for family in text_string_to_metric_families(scraped)
            for sample in family.samples
            if sample.name == "sealed_secrets_controller_unseal_requests_total"
        )

    await eventually(is_counted)
    raw = await ask(port, "GET", "/metrics")

    samples = {
        (sample.name, *sorted(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(raw.body.decode())
        for sample in family.samples
    }
    ours = "gitopskit_unsealer_"
    condition = [
        value
        for (name, *labels), value in samples.items()
        if name == "sealed_secrets_controller_condition_info" and ("name", "scraped") in labels
    ]
    assert raw.headers["content-type"].startswith("text/plain; version=0.0.4")
    assert condition == [1.0]
    assert samples[ours + "passes_total", ("outcome", "created")] >= 1
    assert samples[ours + "status_writes_total", ("result", "written")] >= 1
    assert samples[(ours + "leader",)] == 1
    assert samples[ours + "sealing_keys", ("kind", "rsa"), ("state", "active")] == 1
    assert samples[ours + "sealing_keys_without_backup", ("kind", "rsa")] == 1
    assert samples[ours + "watch_lists_total", ("watch", "sealed_secrets")] == 1


async def test_it_stops_listening_at_its_end(running: Replica) -> None:
    port, _ = await _ports(running)

    running.send(signal.SIGTERM)

    assert running.process.wait(timeout=20) == 0
    with pytest.raises(ConnectionRefusedError):
        await ask(port, "GET", "/healthz")
