from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import orjson
import pytest

from gitopskit.errors import ApiError, ApiGone, ApiInvalid
from gitopskit.kube.resources import CONFIG_MAPS
from tests.support.fake_api import FakeApi, Reply, refusal

if TYPE_CHECKING:
    from gitopskit.kube.client import KubeClient
    from gitopskit.manifests.json_types import JsonObject


def page(*names: str, more: str = "", version: str = "9") -> Reply:
    metadata = {"resourceVersion": version} | ({"continue": more} if more else {})
    return Reply(json={"metadata": metadata, "items": [{"metadata": {"name": n}} for n in names]})


async def test_a_list_is_read_page_by_page(api: KubeClient, server: FakeApi) -> None:
    server.reply(page("a", more="t1"), page("b", more="t2"), page("c"))

    listing = await api.list(CONFIG_MAPS, "shop")

    assert [item["metadata"]["name"] for item in listing.items] == ["a", "b", "c"]
    assert listing.resource_version == "9"
    assert [seen.query.get("continue") for seen in server.seen] == [None, "t1", "t2"]


async def test_a_list_that_expires_on_the_way_is_begun_again(
    api: KubeClient, server: FakeApi
) -> None:
    server.reply(page("a", more="t1"), refusal(410), page("a"), page("x"))

    listing = await api.list(CONFIG_MAPS, "shop")

    assert [item["metadata"]["name"] for item in listing.items] == ["a"]


async def test_a_list_that_always_expires_is_given_up(api: KubeClient, server: FakeApi) -> None:
    server.reply(refusal(410))

    with pytest.raises(ApiGone):
        await api.list(CONFIG_MAPS, "shop")

    assert len(server.seen) == 4


@pytest.mark.parametrize("missing", ["uid", "resourceVersion"])
async def test_a_replacement_must_say_what_it_replaces(
    api: KubeClient, server: FakeApi, missing: str
) -> None:
    metadata = {"name": "a", "namespace": "shop", "uid": "1", "resourceVersion": "2"}
    del metadata[missing]

    with pytest.raises(ApiInvalid, match="needs uid and resourceVersion"):
        await api.replace(CONFIG_MAPS, {"metadata": metadata}, field_manager="test")

    assert server.seen == []


async def test_a_deletion_must_say_what_it_deletes(api: KubeClient, server: FakeApi) -> None:
    with pytest.raises(ApiInvalid, match="needs the uid"):
        await api.delete(CONFIG_MAPS, "a", "shop", uid="")

    assert server.seen == []


@pytest.mark.parametrize(
    ("version", "preconditions"),
    [("", {"uid": "u"}), ("7", {"uid": "u", "resourceVersion": "7"})],
    ids=["by uid", "by uid and version"],
)
async def test_a_deletion_carries_its_preconditions(
    api: KubeClient, server: FakeApi, version: str, preconditions: JsonObject
) -> None:
    server.reply(Reply(json={"kind": "Status", "status": "Success"}))

    await api.delete(
        CONFIG_MAPS, "a", "shop", uid="u", resource_version=version, propagation="Foreground"
    )

    sent = orjson.loads(server.seen[0].body)
    assert sent["preconditions"] == preconditions
    assert sent["propagationPolicy"] == "Foreground"


async def test_an_object_without_a_namespace_is_not_created_anywhere(
    api: KubeClient, server: FakeApi
) -> None:
    with pytest.raises(ApiInvalid, match="has no namespace"):
        await api.create(CONFIG_MAPS, {"metadata": {"name": "a"}}, field_manager="test")

    assert server.seen == []


async def test_discovery_is_remembered_until_a_refresh(api: KubeClient, server: FakeApi) -> None:
    server.reply(Reply(json={"items": []}))

    await asyncio.gather(api.kinds(), api.kinds(), api.kinds())
    await api.kinds()
    asked_once = len(server.seen)
    await asyncio.gather(api.kinds(refresh=True), api.kinds(refresh=True))

    assert asked_once == 2
    assert len(server.seen) == 4


async def test_a_server_without_aggregated_discovery_is_too_old(
    api: KubeClient, server: FakeApi
) -> None:
    server.reply(refusal(406, reason="NotAcceptable"))

    with pytest.raises(ApiError) as caught:
        await api.kinds()

    assert "1.30 or newer" in caught.value.hint


async def test_any_other_request_can_be_sent(api: KubeClient, server: FakeApi) -> None:
    server.reply(Reply(json={"ok": True}))

    answer = await api.request("POST", "/apis/x/v1/things?dryRun=All", body={"a": 1}, as_user="u")

    assert answer == {"ok": True}
    assert server.seen[0].query == {"dryRun": "All"}
    assert server.seen[0].body == b'{"a":1}'
    assert server.seen[0].headers["Impersonate-User"] == "u"
