"""Without a watch on Secrets: those of SealedSecrets are looked at by name, and it is told."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from structlog.testing import capture_logs

from gitopskit.errors import ApiForbidden
from gitopskit.kube.client import KubeClient
from gitopskit.kube.resources import SECRETS
from gitopskit.unsealer.options import Field
from tests.support.polling import eventually
from tests.support.unsealer_cluster import running
from tests.support.unsealing import SealingKey, values_of

if TYPE_CHECKING:
    from gitopskit.kube.client import Listing
    from gitopskit.kube.requests import Selection
    from gitopskit.kube.resources import ResourceType
    from gitopskit.manifests.json_types import JsonValue
    from tests.support.unsealer_cluster import Cluster, Running

OFTEN = Field(watches_secrets=False, poll_seconds=0.4)


@pytest.mark.parametrize("change", ["edited", "deleted"])
async def test_a_secret_that_is_changed_is_healed_at_the_next_look(
    cluster: Cluster, unsealer: Running, key: SealingKey, change: str
) -> None:
    name = f"polled-{change}"
    with capture_logs() as logs:
        async with unsealer(watched=OFTEN):
            await cluster.create_sealed(key.seal(name, cluster.namespace, {"a": "1"}))
            secret = await cluster.until_values(name, {"a": "1"})
            await cluster.until_status(name, "True")
            if change == "edited":
                await cluster.patch_secret(name, {"stringData": {"a": "edited"}})
            else:
                await cluster.delete(SECRETS, secret)
            await cluster.until_values(name, {"a": "1"})

    assert [each["poll_seconds"] for each in logs if each["event"] == "secrets_not_watched"] == [
        0.4
    ]


async def test_a_foreign_secret_is_found_without_a_watch_and_left_alone(
    cluster: Cluster, unsealer: Running, key: SealingKey
) -> None:
    foreign = await cluster.create_secret("polled-foreign", {"a": "foreign"})
    async with unsealer(watched=OFTEN):
        content = key.seal("polled-foreign", cluster.namespace, {"a": "sealed"})
        await cluster.create_sealed(content)
        await cluster.until_status("polled-foreign", "False", containing="not managed")
        assert await cluster.secret("polled-foreign") == foreign

        await cluster.delete(SECRETS, foreign)
        await cluster.until_values("polled-foreign", {"a": "sealed"})


async def test_a_restart_writes_nothing_without_a_watch_either(
    cluster: Cluster, unsealer: Running, key: SealingKey
) -> None:
    async with unsealer(watched=OFTEN):
        await cluster.create_sealed(key.seal("polled-kept", cluster.namespace, {"a": "1"}))
        await cluster.until_status("polled-kept", "True")
    before = await cluster.versions()

    async with unsealer(watched=OFTEN):
        await cluster.create_sealed(key.seal("polled-marker", cluster.namespace, {"a": "1"}))
        await cluster.until_status("polled-marker", "True")
        after = await cluster.versions()

    assert {name: each for name, each in after.items() if "marker" not in name} == before


class _Forbidding(KubeClient):
    """A client that may not watch the Secrets of the whole cluster, as long as it is told so."""

    forbids = True

    async def list_selection(
        self, kind: ResourceType, selection: Selection, **options: JsonValue
    ) -> Listing:
        if self.forbids and kind == SECRETS and selection.metadata_only:
            raise ApiForbidden("secrets is forbidden", status=403)
        return await super().list_selection(kind, selection, **options)


async def test_where_secrets_may_not_be_watched_they_are_polled_until_they_may(
    cluster: Cluster, plain_client: KubeClient, key: SealingKey
) -> None:
    with capture_logs() as logs:
        async with (
            _Forbidding(plain_client.connection, clock=plain_client.clock) as api,
            running(api, watched=Field(poll_seconds=0.4)),
        ):
            await cluster.create_sealed(key.seal("forbidden", cluster.namespace, {"a": "1"}))
            await cluster.until_status("forbidden", "True")
            await cluster.patch_secret("forbidden", {"stringData": {"a": "edited"}})
            await cluster.until_values("forbidden", {"a": "1"})

            api.forbids = False
            await eventually(
                lambda: any(each["event"] == "secrets_watched_again" for each in logs),
                timeout_seconds=30,
            )
            await cluster.patch_secret("forbidden", {"stringData": {"a": "edited"}})
            await cluster.until_values("forbidden", {"a": "1"})

    assert any(each["event"] == "secrets_not_watched" for each in logs)
    assert values_of(await cluster.secret("forbidden") or {}) == {"a": "1"}
