"""The HTTP interface before peers that ask for too much."""

from __future__ import annotations

import asyncio
import sys
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING

import orjson
import pytest

from gitopskit.controller.rate_limit import Rate
from gitopskit.unsealer.http_api import ApiLimits
from tests.support.raw_http import connected, exchange, parsed, request
from tests.support.unsealer_http import Served, serving

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from gitopskit.manifests.json_types import JsonObject
    from tests.support.unsealing import SealingKey

MEBIBYTE = 1024 * 1024
LIMITS = ApiLimits(
    requests=Rate(per_second=1.0, burst=5.0),
    items=Rate(per_second=1.0, burst=10.0),
    items_of_request=20,
)
POSTS = pytest.mark.parametrize("path", ["/v1/verify", "/v1/rotate"])


@pytest.fixture
async def served(key: SealingKey) -> AsyncIterator[Served]:
    async with serving(key, limits=LIMITS) as running:
        yield running


@pytest.fixture
async def roomy(key: SealingKey) -> AsyncIterator[Served]:
    async with serving(key) as running:
        yield running


def sealed(key: SealingKey, *, items: int = 1) -> JsonObject:
    return key.seal("db", "shop", {f"item-{number}": "x" for number in range(items)})


@POSTS
async def test_a_peer_that_asks_too_often_is_told_when_to_come_back(
    served: Served, key: SealingKey, path: str
) -> None:
    statuses = [(await served.post(path, sealed(key))).status for _ in range(5)]
    refused = await served.post(path, sealed(key))
    served.clock.advance(1.0)
    later = await served.post(path, sealed(key))

    assert statuses == [200] * 5
    assert (refused.status, refused.headers["retry-after"]) == (429, "1")
    assert later.status == 200
    assert await served.scraped("gitopskit_unsealer_http_limited_total") == {("peer",): 1.0}


async def test_a_header_makes_no_other_peer(served: Served) -> None:
    """Source: github.com/bitnami-labs/sealed-secrets, 1971: its limit believed the header."""
    answers = []
    for number in range(7):
        headers = f"X-Forwarded-For: 10.0.0.{number}\r\nForwarded: for=10.0.0.{number}\r\n"
        data = f"POST /v1/verify HTTP/1.1\r\nHost: x\r\n{headers}Content-Length: 2\r\n\r\n{{}}"
        answers.append((await exchange(served.port, data.encode())).status)

    assert answers == [400] * 5 + [429] * 2


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere loopback has one address")
async def test_each_address_has_a_limit_of_its_own(served: Served) -> None:
    statuses = []
    for source in [*["127.0.0.2"] * 6, "127.0.0.3"]:
        async with connected(served.port, source=source) as wire:
            await wire.send(request("POST", "/v1/verify", body=b"{}"))
            statuses.append((await wire.answer()).status)

    assert statuses == [*[400] * 5, 429, 400]


async def test_verify_and_rotate_share_a_limit(served: Served, key: SealingKey) -> None:
    paths = ["/v1/verify", "/v1/rotate"] * 3

    statuses = [(await served.post(path, sealed(key))).status for path in paths]

    assert statuses == [200] * 5 + [429]


async def test_health_and_certificate_are_not_limited(served: Served) -> None:
    paths = ["/healthz", "/readyz", "/v1/cert.pem"] * 20

    statuses = {(await served.get(path)).status for path in paths}

    assert statuses == {200}


async def test_one_budget_counts_items_and_not_requests(served: Served, key: SealingKey) -> None:
    first = await served.post("/v1/verify", sealed(key, items=8))
    second = await served.post("/v1/verify", sealed(key, items=8))
    refused = await served.post("/v1/verify", sealed(key))
    served.clock.advance(8.0)
    later = await served.post("/v1/verify", sealed(key))

    assert (first.status, second.status, later.status) == (200, 200, 200)
    assert (refused.status, refused.headers["retry-after"]) == (429, "8")
    limited = await served.scraped("gitopskit_unsealer_http_limited_total")
    assert limited == {("decryptions",): 1.0}


async def test_of_many_large_ones_at_once_few_are_opened(served: Served, key: SealingKey) -> None:
    body = orjson.dumps(sealed(key, items=20))

    answers = await asyncio.gather(*(served.post("/v1/verify", body) for _ in range(5)))

    assert sorted(answer.status for answer in answers) == [200, 429, 429, 429, 429]


async def test_what_opens_and_what_does_not_costs_the_same(
    served: Served, key: SealingKey, second_key: SealingKey
) -> None:
    opens = await served.post("/v1/verify", sealed(key, items=5))
    closed = await served.post("/v1/verify", sealed(second_key, items=5))
    spent = await served.post("/v1/verify", sealed(key))

    assert (opens.status, closed.status, spent.status) == (200, 409, 429)


async def test_more_items_than_any_secret_has_are_too_large(
    served: Served, key: SealingKey
) -> None:
    raw = await served.post("/v1/verify", sealed(key, items=21))

    assert (raw.status, raw.body) == (413, b"too many items\n")


@POSTS
async def test_a_body_of_more_than_ten_mebibytes_is_refused(roomy: Served, path: str) -> None:
    head = f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: {10 * MEBIBYTE + 1}\r\n\r\n"

    raw = await exchange(roomy.port, head.encode())

    assert raw.status == 413


async def test_ten_mebibytes_are_read_and_paid_off_later(roomy: Served, key: SealingKey) -> None:
    padding = b" " * (10 * MEBIBYTE)
    body = (orjson.dumps(sealed(key)) + padding)[: 10 * MEBIBYTE]

    statuses = [(await roomy.post("/v1/verify", body)).status for _ in range(4)]
    next_one = await roomy.post("/v1/verify", sealed(key))

    assert statuses == [200] * 4
    assert next_one.status == 429


async def test_a_body_without_an_end_is_cut_off(roomy: Served) -> None:
    chunk = b"%x\r\n%s\r\n" % (64 * 1024, b" " * 64 * 1024)
    async with connected(roomy.port) as wire:
        head = b"POST /v1/verify HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
        await wire.send(head + b"1\r\n{\r\n")
        sent = 0
        while sent < 40 * MEBIBYTE and await wire.send(chunk):
            sent += 64 * 1024
        received = await wire.rest()

    assert sent < 40 * MEBIBYTE or parsed(received).status == 413


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"[" * MEBIBYTE, 413),
        (b'{"a":' * 60_000 + b"1" + b"}" * 60_000, 413),
        (b"{a: " * 5000 + b"}" * 5000, 400),
        (b"- a\n" * MEBIBYTE, 413),
        (b"a: &a [x,x,x]\n" + b"b: [" + b"*a," * 40_000 + b"]", 400),
        (b"'" + b"a" * MEBIBYTE, 400),
        (b"#" * MEBIBYTE, 400),
    ],
    ids=["brackets", "objects", "nested YAML", "lines", "aliases", "quote", "comment"],
)
async def test_texts_made_to_cost_are_refused(
    roomy: Served, key: SealingKey, body: bytes, status: int
) -> None:
    raw = await roomy.post("/v1/verify", body)
    others = await roomy.post("/v1/verify", sealed(key))

    assert (raw.status, others.status) == (status, 200)


async def test_health_is_told_while_the_keys_are_busy(roomy: Served, key: SealingKey) -> None:
    body = orjson.dumps(sealed(key, items=400))
    async with AsyncExitStack() as stack:
        wires = [await stack.enter_async_context(connected(roomy.port)) for _ in range(4)]
        for wire in wires:
            await wire.send(request("POST", "/v1/rotate", body=body))

        alive = await roomy.get("/healthz")
        answers = await asyncio.gather(*(wire.answer() for wire in wires))

    assert alive.status == 200
    assert sorted(answer.status for answer in answers) == [200, 200, 429, 429]
