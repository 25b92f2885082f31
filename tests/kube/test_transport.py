from __future__ import annotations

import asyncio
import gc
import socket
import warnings
from typing import TYPE_CHECKING

import pytest

from gitopskit.errors import (
    ApiConflict,
    ApiError,
    ApiForbidden,
    ApiInvalid,
    ApiNotFound,
    ApiUnreachable,
    ApiUntrusted,
    EnvironmentFault,
)
from gitopskit.kube.client import KubeClient
from gitopskit.kube.credentials import Connection
from gitopskit.kube.resources import CONFIG_MAPS, SECRETS
from gitopskit.kube.tokens import Authorization, Tokens, fixed_token
from tests.support.fake_api import FakeApi, Reply, refusal

if TYPE_CHECKING:
    from gitopskit.manifests.json_types import JsonObject
    from tests.support.clock import FakeClock

FOUND = Reply(json={"metadata": {"name": "settings"}})


def config_map() -> JsonObject:
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "settings", "namespace": "shop"},
    }


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
async def test_a_read_is_repeated_when_the_server_has_a_passing_fault(
    api: KubeClient, server: FakeApi, clock: FakeClock, status: int
) -> None:
    server.reply(refusal(status), refusal(status), FOUND)

    found = await api.get(CONFIG_MAPS, "settings", "shop")

    assert found["metadata"]["name"] == "settings"
    assert len(server.seen) == 3
    assert clock.sleeps[0] < clock.sleeps[1] * 2


async def test_a_write_is_repeated_after_429_and_waits_as_long_as_told(
    api: KubeClient, server: FakeApi, clock: FakeClock
) -> None:
    server.reply(refusal(429, after="7"), FOUND)

    await api.create(CONFIG_MAPS, config_map(), field_manager="test")

    assert len(server.seen) == 2
    assert clock.sleeps == [7.0]


@pytest.mark.parametrize("status", [500, 502, 503, 504])
async def test_a_write_is_never_repeated_when_it_may_have_been_done(
    api: KubeClient, server: FakeApi, clock: FakeClock, status: int
) -> None:
    server.reply(refusal(status, after="1"), FOUND)

    with pytest.raises(ApiError):
        await api.create(CONFIG_MAPS, config_map(), field_manager="test")

    assert len(server.seen) == 1
    assert clock.sleeps == []


@pytest.mark.parametrize("chunks", [(), (b'{"half":',)], ids=["at once", "half-way"])
async def test_a_write_whose_answer_breaks_off_is_not_repeated(
    api: KubeClient, server: FakeApi, chunks: tuple[bytes, ...]
) -> None:
    server.reply(FOUND, Reply(chunks=chunks, breaks_off=True), FOUND)
    body = config_map()
    body["metadata"] |= {"uid": "1", "resourceVersion": "2"}
    await api.get(CONFIG_MAPS, "settings", "shop")

    with pytest.raises(ApiUnreachable):
        await api.replace(CONFIG_MAPS, body, field_manager="test")

    assert [seen.method for seen in server.seen] == ["GET", "PUT"]


async def test_a_read_whose_answer_breaks_off_is_repeated(api: KubeClient, server: FakeApi) -> None:
    server.reply(Reply(chunks=(b'{"half":',), breaks_off=True), FOUND)

    found = await api.get(CONFIG_MAPS, "settings", "shop")

    assert found["metadata"]["name"] == "settings"


async def test_a_busy_server_is_asked_five_times_and_no_more(
    api: KubeClient, server: FakeApi, clock: FakeClock
) -> None:
    server.reply(refusal(429, reason="TooManyRequests", after="1"))

    with pytest.raises(ApiError) as caught:
        await api.get(CONFIG_MAPS, "settings", "shop")

    assert len(server.seen) == 5
    assert clock.sleeps == [1.0, 1.0, 1.0, pytest.approx(1.3, abs=0.31)]
    assert caught.value.status == 429
    assert caught.value.retry_after_seconds == 1.0


async def test_a_pause_that_is_too_long_is_left_to_the_caller(
    api: KubeClient, server: FakeApi, clock: FakeClock
) -> None:
    server.reply(refusal(429, after="120"))

    with pytest.raises(ApiError) as caught:
        await api.get(CONFIG_MAPS, "settings", "shop")

    assert caught.value.retry_after_seconds == 120.0
    assert clock.sleeps == []


async def test_a_refused_connection_is_tried_again_even_for_writes(clock: FakeClock) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{closed.getsockname()[1]}"
    connection = Connection(
        server=url, context_name="prod", tokens=fixed_token("letmein", clock=clock)
    )

    async with KubeClient(connection, clock=clock) as api:
        with pytest.raises(ApiUnreachable) as caught:
            await api.create(CONFIG_MAPS, config_map(), field_manager="test")

    assert len(clock.sleeps) == 4
    assert str(caught.value) == f"cannot reach the API server: connection refused - {url}"
    assert caught.value.hint == (
        'check that the cluster runs and that context "prod" is the one you mean'
    )
    assert caught.value.exit_code == 3


async def test_a_server_that_does_not_answer_in_time_is_not_asked_again(
    server: FakeApi, clock: FakeClock
) -> None:
    server.reply(Reply(hangs=True))

    async with KubeClient(server.connection(clock), clock=clock, timeout_seconds=0.1) as api:
        with pytest.raises(ApiUnreachable, match="did not answer in time"):
            await api.get(CONFIG_MAPS, "settings", "shop")

    assert len(server.seen) == 1


async def test_a_client_that_is_cut_off_while_it_closes_leaves_no_session_open(
    server: FakeApi, clock: FakeClock
) -> None:
    server.reply(FOUND)
    client = KubeClient(server.connection(clock), clock=clock)
    await client.__aenter__()
    await client.get(CONFIG_MAPS, "settings", "shop")

    closing = asyncio.create_task(client.__aexit__(None, None, None))
    await asyncio.sleep(0)
    closing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await closing

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        del client, closing
        gc.collect()
    assert [str(warning.message) for warning in caught] == []


async def test_no_more_requests_are_in_flight_than_allowed(
    server: FakeApi, clock: FakeClock
) -> None:
    server.reply(FOUND)

    async with KubeClient(server.connection(clock), clock=clock, in_flight=3) as api:
        await asyncio.gather(*(api.get(CONFIG_MAPS, f"c{number}", "shop") for number in range(30)))

    assert len(server.seen) == 30
    assert server.most_at_once <= 3


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, ApiInvalid),
        (401, ApiForbidden),
        (403, ApiForbidden),
        (404, ApiNotFound),
        (409, ApiConflict),
        (422, ApiInvalid),
    ],
)
async def test_a_refusal_becomes_the_error_that_its_status_means(
    api: KubeClient, server: FakeApi, status: int, kind: type[ApiError]
) -> None:
    server.reply(refusal(status, reason="SomeReason", message="it says no"))

    with pytest.raises(kind, match="it says no - ConfigMap/shop/settings") as caught:
        await api.get(CONFIG_MAPS, "settings", "shop")

    assert caught.value.status == status
    assert caught.value.reason == "SomeReason"


@pytest.mark.parametrize(
    "reply",
    [
        Reply(status=502, raw=b"<html>secret page of a proxy</html>"),
        Reply(status=302, headers={"Location": "https://elsewhere.example"}),
        Reply(raw=b"<html>log in here, secret</html>"),
        Reply(json=["secret"]),
    ],
    ids=["page of a proxy", "redirect", "page with status 200", "no object"],
)
async def test_an_answer_that_is_not_the_api_servers_is_not_quoted(
    api: KubeClient, server: FakeApi, reply: Reply
) -> None:
    server.reply(reply)

    with pytest.raises(ApiError) as caught:
        await api.get(CONFIG_MAPS, "settings", "shop")

    assert "secret" not in str(caught.value)


async def test_nothing_of_a_secret_comes_back_with_a_refused_write(
    api: KubeClient, server: FakeApi
) -> None:
    content = {
        "kind": "Status",
        "reason": "Invalid",
        "message": 'Secret "db" is invalid: data[password]: Invalid value: "hunter2"',
        "details": {
            "causes": [
                {"reason": "FieldValueInvalid", "field": "data[password]", "message": "hunter2"},
                {"field": "hunter2 is no path"},
            ]
        },
    }
    server.reply(Reply(status=422, json=content))
    body = {"metadata": {"name": "db", "namespace": "shop"}, "data": {"password": "hunter2"}}

    with pytest.raises(ApiInvalid) as caught:
        await api.create(SECRETS, body, field_manager="test")

    assert str(caught.value) == (
        "the API server refused it (Invalid) for data[password] - Secret/shop/db"
    )


async def test_a_refused_token_is_renewed_once_and_the_request_sent_again(
    server: FakeApi, clock: FakeClock
) -> None:
    loads = iter(["Bearer old", "Bearer new"])

    async def load() -> Authorization:
        return Authorization(header=next(loads))

    server.reply(refusal(401), FOUND)
    connection = server.connection(clock, tokens=Tokens(load, clock=clock))

    async with KubeClient(connection, clock=clock) as api:
        await api.create(CONFIG_MAPS, config_map(), field_manager="test")

    assert [seen.headers["Authorization"] for seen in server.seen] == ["Bearer old", "Bearer new"]


async def test_credentials_that_cannot_be_read_count_as_no_answer(
    server: FakeApi, clock: FakeClock
) -> None:
    async def load() -> Authorization:
        raise EnvironmentFault("no token file", where="folder", hint="mount one")

    connection = server.connection(clock, tokens=Tokens(load, clock=clock))

    async with KubeClient(connection, clock=clock) as api:
        with pytest.raises(ApiUnreachable, match="no token file - folder") as caught:
            await api.get(CONFIG_MAPS, "settings", "shop")

    assert caught.value.hint == "mount one"


async def test_a_renewal_that_fails_is_told(server: FakeApi, clock: FakeClock) -> None:
    async def load() -> Authorization:
        raise EnvironmentFault("the plugin failed")

    server.reply(refusal(401))
    tokens = Tokens(load, clock=clock, first=Authorization(header="Bearer old"))

    async with KubeClient(server.connection(clock, tokens=tokens), clock=clock) as api:
        with pytest.raises(ApiUnreachable, match="the plugin failed"):
            await api.get(CONFIG_MAPS, "settings", "shop")


async def test_a_token_that_does_not_change_is_not_sent_twice(
    api: KubeClient, server: FakeApi
) -> None:
    server.reply(refusal(401))

    with pytest.raises(ApiForbidden) as caught:
        await api.get(CONFIG_MAPS, "settings", "shop")

    assert len(server.seen) == 1
    assert "log in again" in caught.value.hint


async def test_a_certificate_that_nobody_signed_is_named_and_not_tried_again(
    clock: FakeClock, tls_server: str
) -> None:
    connection = Connection(server=tls_server, tokens=fixed_token("letmein", clock=clock))

    async with KubeClient(connection, clock=clock) as api:
        with pytest.raises(ApiUntrusted, match="its certificate is not trusted") as caught:
            await api.get(CONFIG_MAPS, "settings", "shop")

    assert clock.sleeps == []
    assert not caught.value.is_passing


async def test_an_address_without_tls_is_no_server_that_comes_back(
    server: FakeApi, clock: FakeClock
) -> None:
    address = server.url.replace("http://", "https://")
    connection = Connection(server=address, tokens=fixed_token("letmein", clock=clock))

    async with KubeClient(connection, clock=clock) as api:
        with pytest.raises(ApiUntrusted, match="no TLS with the API server"):
            await api.get(CONFIG_MAPS, "settings", "shop")


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(b"", id="hangs-up"),
        pytest.param(bytes([21, 3, 3, 0, 2, 2, 80]), id="has-no-certificate-yet"),
    ],
)
async def test_a_server_that_begins_no_tls_just_now_may_come_back(
    clock: FakeClock, answer: bytes
) -> None:
    async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(64)
        writer.write(answer)
        writer.close()

    listener = await asyncio.start_server(hang_up, "127.0.0.1", 0)
    address = f"https://127.0.0.1:{listener.sockets[0].getsockname()[1]}"
    connection = Connection(server=address, tokens=fixed_token("letmein", clock=clock))

    async with listener, KubeClient(connection, clock=clock) as api:
        with pytest.raises(ApiUnreachable) as caught:
            await api.get(CONFIG_MAPS, "settings", "shop")

    assert caught.value.is_passing


async def test_the_user_to_impersonate_and_our_name_are_sent(
    api: KubeClient, server: FakeApi
) -> None:
    server.reply(FOUND)

    await api.get(
        CONFIG_MAPS, "settings", "shop", as_user="system:serviceaccount:shop:gitopskit-applier"
    )

    headers = server.seen[0].headers
    assert headers["Impersonate-User"] == "system:serviceaccount:shop:gitopskit-applier"
    assert headers["User-Agent"].startswith("gitopskit/")


async def test_a_proxy_that_refuses_is_told_without_its_credentials(
    server: FakeApi, clock: FakeClock
) -> None:
    server.reply(Reply(status=407))
    connection = Connection(
        server="https://api.shop.example:6443",
        proxy=server.url.replace("http://", "http://me:hunter2@"),
        tokens=fixed_token("letmein", clock=clock),
    )

    async with KubeClient(connection, clock=clock) as api:
        with pytest.raises(ApiUnreachable) as caught:
            await api.create(CONFIG_MAPS, config_map(), field_manager="test")

    assert "the proxy answered with HTTP status" in caught.value.what
    assert "hunter2" not in str(caught.value)
