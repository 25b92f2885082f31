from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING

import pytest

from gitopskit.errors import ApiForbidden, ApiInvalid, ApiNotFound
from gitopskit.kube.requests import Selection
from gitopskit.kube.resources import CONFIG_MAPS
from gitopskit.kube.watch import Change, Listed, watch, watch_selection
from tests.support.fake_api import FakeApi, Reply, event, refusal
from tests.support.polling import eventually

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from gitopskit.kube.client import KubeClient
    from gitopskit.manifests.json_types import JsonObject
    from tests.support.clock import FakeClock

ENDLESS = Reply(hangs=True)


def item(name: str, version: int) -> JsonObject:
    return {"metadata": {"name": name, "resourceVersion": str(version)}}


def listing(*names: str, version: int) -> Reply:
    items = [item(name, version) for name in names]
    return Reply(json={"metadata": {"resourceVersion": str(version)}, "items": items})


async def take(stream: AsyncGenerator[Listed | Change], number: int) -> list[str]:
    """Return that many reports in short: a list as its names, a change as kind and name."""
    taken: list[str] = []
    async with asyncio.timeout(10), contextlib.aclosing(stream):
        async for report in stream:
            taken.append(shortened(report))
            if len(taken) == number:
                break
    return taken


def shortened(report: Listed | Change) -> str:
    if isinstance(report, Listed):
        return "+".join(item["metadata"]["name"] for item in report.items)
    return f"{report.kind} {report.object['metadata']['name']}"


def versions_watched(server: FakeApi) -> list[str]:
    return [seen.query["resourceVersion"] for seen in server.seen if "watch" in seen.query]


async def test_a_watch_begins_with_what_is_there(api: KubeClient, server: FakeApi) -> None:
    server.reply(listing("a", "b", version=5), Reply(chunks=(event("ADDED", item("c", 6)),)))

    taken = await take(watch(api, CONFIG_MAPS, label_selector="app=shop"), 2)

    assert taken == ["a+b", "ADDED c"]
    assert server.seen[1].query["labelSelector"] == "app=shop"
    assert server.seen[1].query["allowWatchBookmarks"] == "true"
    assert 240 <= int(server.seen[1].query["timeoutSeconds"]) <= 300


async def test_objects_get_the_kind_that_lists_leave_out(api: KubeClient, server: FakeApi) -> None:
    server.reply(listing("a", version=5), Reply(chunks=(event("ADDED", item("c", 6)),)))
    stream = watch(api, CONFIG_MAPS)

    async with contextlib.aclosing(stream):
        first, second = await anext(stream), await anext(stream)

    assert isinstance(first, Listed)
    assert isinstance(second, Change)
    assert {first.items[0]["kind"], second.object["kind"]} == {"ConfigMap"}
    assert {first.items[0]["apiVersion"], second.object["apiVersion"]} == {"v1"}


async def test_only_what_is_to_be_kept_of_objects_is_handed_on(
    api: KubeClient, server: FakeApi
) -> None:
    server.reply(listing("a", version=5), Reply(chunks=(event("ADDED", item("c", 6)),)))
    stream = watch_selection(
        api,
        CONFIG_MAPS,
        Selection(),
        keep=lambda content: {"metadata": {"name": content["metadata"]["name"]}},
    )

    async with contextlib.aclosing(stream):
        first, second = await anext(stream), await anext(stream)

    assert isinstance(first, Listed)
    assert isinstance(second, Change)
    assert (*first.items, second.object) == (
        {"metadata": {"name": "a"}},
        {"metadata": {"name": "c"}},
    )


async def test_every_sign_of_life_is_told(api: KubeClient, server: FakeApi) -> None:
    server.reply(
        listing("a", version=5),
        Reply(chunks=(event("BOOKMARK", item("", 7)), event("MODIFIED", item("a", 8)))),
    )
    heard: list[int] = []

    await take(watch_selection(api, CONFIG_MAPS, Selection(), heard=lambda: heard.append(1)), 2)

    assert len(heard) == 3


async def test_a_closed_stream_is_resumed_after_its_last_event_or_bookmark(
    api: KubeClient, server: FakeApi, clock: FakeClock
) -> None:
    server.reply(
        listing("a", version=5),
        Reply(chunks=(event("MODIFIED", item("a", 6)), event("BOOKMARK", item("", 9)))),
        Reply(chunks=(event("DELETED", item("a", 10)),)),
        ENDLESS,
    )

    taken = await take(watch(api, CONFIG_MAPS), 3)

    assert taken == ["a", "MODIFIED a", "DELETED a"]
    assert versions_watched(server) == ["5", "9"]
    assert clock.sleeps == []


@pytest.mark.parametrize(
    "gone",
    [
        refusal(410, reason="Expired"),
        Reply(chunks=(event("ERROR", {"kind": "Status", "code": 410, "reason": "Expired"}),)),
    ],
    ids=["as an answer", "as an event"],
)
async def test_a_version_too_old_brings_a_fresh_list(
    api: KubeClient, server: FakeApi, gone: Reply
) -> None:
    server.reply(listing("a", version=5), gone, listing("b", version=90), ENDLESS)

    taken = await take(watch(api, CONFIG_MAPS), 2)

    assert taken == ["a", "b"]


async def test_a_broken_stream_is_resumed_after_a_pause(
    api: KubeClient, server: FakeApi, clock: FakeClock
) -> None:
    server.reply(
        listing("a", version=5),
        Reply(chunks=(event("ADDED", item("b", 6)), b'{"type":"ADD'), breaks_off=True),
        refusal(500),
        Reply(chunks=(event("ADDED", item("c", 7)),)),
    )

    taken = await take(watch(api, CONFIG_MAPS), 3)

    assert taken == ["a", "ADDED b", "ADDED c"]
    assert versions_watched(server) == ["5", "6", "6"]
    assert len(clock.sleeps) == 2


async def test_streams_that_end_at_once_are_not_reopened_in_a_hurry(
    api: KubeClient, server: FakeApi, clock: FakeClock
) -> None:
    nothing = Reply(raw=b"")
    server.reply(
        listing("a", version=5),
        nothing,
        nothing,
        nothing,
        Reply(chunks=(event("ADDED", item("b", 6)),)),
    )

    await take(watch(api, CONFIG_MAPS), 2)

    assert len(clock.sleeps) == 2
    assert sum(clock.sleeps) > 0.3


async def test_streams_that_lived_a_while_are_reopened_at_once(
    api: KubeClient, server: FakeApi, clock: FakeClock
) -> None:
    streams = [Reply(chunks=(event("ADDED", item(f"b{n}", n)),)) for n in range(6, 10)]
    server.reply(listing("a", version=5), *streams)
    stream = watch(api, CONFIG_MAPS)

    async with asyncio.timeout(10), contextlib.aclosing(stream):
        for _ in range(5):
            await anext(stream)
            clock.advance(2)

    assert clock.sleeps == []


async def test_a_list_that_fails_is_tried_again_until_it_succeeds(
    api: KubeClient, server: FakeApi, clock: FakeClock
) -> None:
    server.reply(*[refusal(503)] * 11, listing("a", version=5))

    taken = await take(watch(api, CONFIG_MAPS), 1)

    assert taken == ["a"]
    assert len(server.seen) == 12
    assert len(clock.sleeps) == 11


async def test_a_watch_waits_as_long_as_a_busy_server_asks(
    api: KubeClient, server: FakeApi, clock: FakeClock
) -> None:
    server.reply(
        listing("a", version=5),
        refusal(429, after="44"),
        Reply(chunks=(event("ADDED", item("b", 6)),)),
    )

    await take(watch(api, CONFIG_MAPS), 2)

    assert clock.sleeps == [44.0]


@pytest.mark.parametrize(
    "garbage",
    [b"no json\n", b"[]\n", b'{"type":"ADDED"}\n', event("ADDED", {}), event("WHATEVER", {})],
    ids=["no json", "no object", "no content", "no version", "no such type"],
)
async def test_garbage_in_a_stream_is_survived(
    api: KubeClient, server: FakeApi, garbage: bytes
) -> None:
    server.reply(
        listing("a", version=5),
        Reply(chunks=(garbage,)),
        Reply(chunks=(event("ADDED", item("b", 6)),)),
    )

    assert await take(watch(api, CONFIG_MAPS), 2) == ["a", "ADDED b"]


@pytest.mark.parametrize(
    ("status", "kind"), [(403, ApiForbidden), (404, ApiNotFound), (400, ApiInvalid)]
)
@pytest.mark.parametrize("is_first", [True, False], ids=["while listing", "while watching"])
async def test_what_no_pause_can_heal_is_the_callers(
    api: KubeClient, server: FakeApi, status: int, kind: type[Exception], *, is_first: bool
) -> None:
    before = [] if is_first else [listing("a", version=5)]
    server.reply(*before, refusal(status))

    with pytest.raises(kind):
        await take(watch(api, CONFIG_MAPS), 9)


async def test_an_event_may_be_large_and_come_in_pieces(api: KubeClient, server: FakeApi) -> None:
    large = item("b", 6) | {"data": {"text": "x" * 3_000_000}}
    line = event("ADDED", large)
    pieces = tuple(line[start : start + 70_000] for start in range(0, len(line), 70_000))
    server.reply(listing("a", version=5), Reply(chunks=pieces))
    stream = watch(api, CONFIG_MAPS)

    async with contextlib.aclosing(stream):
        await anext(stream)
        change = await anext(stream)

    assert isinstance(change, Change)
    assert len(change.object["data"]["text"]) == 3_000_000


async def test_ending_a_watch_closes_its_stream(api: KubeClient, server: FakeApi) -> None:
    server.reply(listing("a", version=5), ENDLESS)
    stream = watch(api, CONFIG_MAPS)
    await anext(stream)
    waiting = asyncio.ensure_future(anext(stream))
    await eventually(lambda: len(server.seen) == 2)

    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting

    await eventually(lambda: server.closed_streams == 1)
