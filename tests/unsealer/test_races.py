"""What somebody else does between two steps of the unsealer, on the real server."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, TypeAlias

import pytest
from structlog.testing import capture_logs

from gitopskit.kube.client import KubeClient
from gitopskit.kube.resources import SEALED_SECRETS, SECRETS
from tests.support.polling import eventually
from tests.support.unsealer_cluster import running
from tests.support.unsealing import SealingKey, values_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable
    from contextlib import AbstractAsyncContextManager

    from gitopskit.manifests.json_types import JsonObject, JsonValue
    from tests.support.unsealer_cluster import Cluster

    Act: TypeAlias = Callable[[], Awaitable[None]]
    Meddled: TypeAlias = Callable[[str, Act], AbstractAsyncContextManager[None]]


class _MeddledClient(KubeClient):
    """A client before one of whose calls somebody else acts; ``call`` is verb, kind and name."""

    call = ""
    act: Act | None = None

    async def get(self, *arguments: JsonValue, **options: JsonValue) -> JsonObject:
        await self._meddle("get", arguments)
        return await super().get(*arguments, **options)

    async def create(self, *arguments: JsonValue, **options: JsonValue) -> JsonObject:
        await self._meddle("create", arguments)
        return await super().create(*arguments, **options)

    async def replace(self, *arguments: JsonValue, **options: JsonValue) -> JsonObject:
        await self._meddle("replace", arguments)
        return await super().replace(*arguments, **options)

    async def patch(self, *arguments: JsonValue, **options: JsonValue) -> JsonObject:
        await self._meddle("patch", arguments)
        return await super().patch(*arguments, **options)

    async def _meddle(self, call: str, arguments: tuple[Any, ...]) -> None:
        kind, target = arguments[0], arguments[1]
        name = target if isinstance(target, str) else target["metadata"]["name"]
        act = self.act
        if act is not None and f"{call} {kind.kind} {name}" == self.call:
            self.act = None
            await act()


@pytest.fixture
def meddled(plain_client: KubeClient) -> Meddled:
    """Return what runs an unsealer in which ``act`` comes before that call."""

    @asynccontextmanager
    async def run(call: str, act: Act) -> AsyncIterator[None]:
        async with _MeddledClient(plain_client.connection, clock=plain_client.clock) as api:
            api.call, api.act = call, act
            async with running(api):
                yield
            assert api.act is None, "the call never came"

    return run


async def test_a_foreign_secret_that_is_faster_than_ours_is_not_overwritten(
    cluster: Cluster, meddled: Meddled, key: SealingKey
) -> None:
    async def create_foreign() -> None:
        await cluster.create_secret("raced", {"a": "foreign"})

    async with meddled("create Secret raced", create_foreign):
        await cluster.create_sealed(key.seal("raced", cluster.namespace, {"a": "sealed"}))
        await cluster.until_status("raced", "False", containing="not managed")

    assert values_of(await cluster.secret("raced") or {}) == {"a": "foreign"}


async def test_a_foreign_secret_that_takes_the_name_of_ours_is_not_overwritten(
    cluster: Cluster, meddled: Meddled, key: SealingKey
) -> None:
    async def replace_by_foreign() -> None:
        ours = await cluster.secret("swapped")
        assert ours is not None
        await cluster.delete(SECRETS, ours)
        await cluster.create_secret("swapped", {"a": "foreign"})

    async with meddled("replace Secret swapped", replace_by_foreign):
        await cluster.create_sealed(key.seal("swapped", cluster.namespace, {"a": "sealed"}))
        await cluster.until_values("swapped", {"a": "sealed"})
        await cluster.patch_secret("swapped", {"stringData": {"a": "edited"}})
        await cluster.until_status("swapped", "False", containing="not managed")

    assert values_of(await cluster.secret("swapped") or {}) == {"a": "foreign"}


async def test_a_secret_that_goes_away_before_it_is_read_is_created_again(
    cluster: Cluster, meddled: Meddled, key: SealingKey
) -> None:
    async def delete_ours() -> None:
        ours = await cluster.secret("vanishing")
        assert ours is not None
        await cluster.delete(SECRETS, ours)

    async with meddled("get Secret vanishing", delete_ours):
        await cluster.create_sealed(key.seal("vanishing", cluster.namespace, {"a": "1"}))
        await cluster.until_values("vanishing", {"a": "1"})
        await cluster.patch_secret("vanishing", {"stringData": {"a": "edited"}})
        await cluster.until_values("vanishing", {"a": "1"})


async def test_a_sealed_secret_that_changes_during_a_pass_is_handled_again(
    cluster: Cluster, meddled: Meddled, key: SealingKey
) -> None:
    later = key.seal("moving", cluster.namespace, {"a": "2"})

    async def change() -> None:
        await cluster.patch_sealed("moving", {"spec": later["spec"]})

    async with meddled("patch SealedSecret moving", change):
        await cluster.create_sealed(key.seal("moving", cluster.namespace, {"a": "1"}))
        await cluster.until_values("moving", {"a": "2"})
        await cluster.until_status("moving", "True")

    sealed = await cluster.sealed("moving")
    assert sealed["status"]["observedGeneration"] == sealed["metadata"]["generation"] == 2


async def test_a_sealed_secret_that_goes_away_during_a_pass_is_forgotten(
    cluster: Cluster, meddled: Meddled, key: SealingKey
) -> None:
    async def delete() -> None:
        await cluster.delete(SEALED_SECRETS, await cluster.sealed("leaving"))

    async with meddled("patch SealedSecret leaving", delete):
        await cluster.create_sealed(key.seal("leaving", cluster.namespace, {"a": "1"}))
        await cluster.create_sealed(key.seal("staying", cluster.namespace, {"a": "1"}))
        await cluster.until_status("staying", "True")


async def test_a_key_that_goes_away_during_a_pass_does_not_leave_a_false_success(
    cluster: Cluster, meddled: Meddled, second_key: SealingKey
) -> None:
    holder = await cluster.create(SECRETS, second_key.secret())

    async def delete_key() -> None:
        seen = len(logs)
        await cluster.delete(SECRETS, holder)
        await eventually(lambda: any(entry["event"] == "keys_changed" for entry in logs[seen:]))

    with capture_logs() as logs:
        async with meddled("create Secret orphaned", delete_key):
            await cluster.create_sealed(second_key.seal("orphaned", cluster.namespace, {"a": "1"}))
            await cluster.until_status("orphaned", "False", containing="`a`")
