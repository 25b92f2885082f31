"""What a web address holds, over whatever proxy."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import socket
from typing import TYPE_CHECKING

import pytest

from gitopskit.errors import EnvironmentFault, GitopskitError, InputError, UnsupportedField
from gitopskit.sealedfiles.download import _request, _Target, download, shown_url
from tests.support.clock import FakeClock
from tests.support.fake_api import FakeApi, Reply
from tests.support.tls import ServerTls, make_server_tls

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping
    from pathlib import Path

LIMIT = 1024 * 1024
FOUND = Reply(raw=b"a certificate")


@pytest.fixture
async def server() -> AsyncIterator[FakeApi]:
    async with FakeApi() as running:
        yield running


@pytest.fixture
def tls(tmp_path: Path) -> ServerTls:
    return make_server_tls(tmp_path)


@pytest.fixture
async def tls_server(tls: ServerTls) -> AsyncIterator[FakeApi]:
    async with FakeApi(tls=tls.context) as running:
        yield running


@pytest.fixture
def trusted(tls: ServerTls, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Trust the authority of the servers with TLS, as SSL_CERT_FILE does."""
    authority = tmp_path / "ca.pem"
    authority.write_text(tls.ca_pem)
    monkeypatch.setenv("SSL_CERT_FILE", str(authority))


async def fetch(
    url: str, environment: Mapping[str, str] | None = None, *, clock: FakeClock | None = None
) -> bytes:
    """Download beside the server, which runs in this thread."""
    return await asyncio.to_thread(
        download, url, environment=environment or {}, clock=clock or FakeClock()
    )


async def test_what_is_there_is_returned(server: FakeApi) -> None:
    server.reply(FOUND)

    content = await fetch(f"{server.url}/keys/tls.crt?version=2#top")

    assert content == b"a certificate"
    (seen,) = server.seen
    assert (seen.method, seen.path, seen.query) == ("GET", "/keys/tls.crt", {"version": "2"})
    assert seen.headers["User-Agent"].startswith("gitopskit/")


@pytest.mark.usefixtures("trusted")
async def test_a_trusted_server_is_reached_over_tls(tls_server: FakeApi) -> None:
    tls_server.reply(FOUND)

    assert await fetch(tls_server.url) == b"a certificate"


async def test_a_server_that_nobody_vouches_for_is_refused(tls_server: FakeApi) -> None:
    tls_server.reply(FOUND)

    with pytest.raises(EnvironmentFault, match="its certificate is not trusted") as caught:
        await fetch(tls_server.url)

    assert "SSL_CERT_FILE" in caught.value.hint
    assert tls_server.seen == []


async def test_as_much_as_the_limit_is_taken(server: FakeApi) -> None:
    server.reply(Reply(raw=bytes(LIMIT)))

    assert len(await fetch(server.url)) == LIMIT


async def test_more_than_the_limit_is_refused(server: FakeApi) -> None:
    server.reply(Reply(chunks=(bytes(LIMIT), b"x"), hangs=True))

    with pytest.raises(InputError, match="there is more than 1 MiB"):
        await fetch(server.url)


@pytest.mark.parametrize("status", [204, 304, 403, 404, 500])
async def test_another_answer_than_success_is_none(server: FakeApi, status: int) -> None:
    server.reply(Reply(status=status, raw=b"" if status in {204, 304} else b"hunter2"))

    with pytest.raises(EnvironmentFault) as caught:
        await fetch(f"{server.url}/tls.crt")

    assert str(caught.value) == (
        f"the server answered with HTTP status {status} - {server.url}/tls.crt"
    )


@contextlib.asynccontextmanager
async def saying(text: bytes) -> AsyncIterator[str]:
    """Yield the address of a server that says one thing and hangs up."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(text)
        writer.close()
        await writer.wait_closed()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nhalf",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3e8\r\nhalf",
        b"SSH-2.0-OpenSSH_9.9\r\n",
    ],
    ids=["nothing", "a part", "a part of a chunk", "another language"],
)
async def test_half_an_answer_is_none(text: bytes) -> None:
    async with saying(text) as url:
        with pytest.raises(EnvironmentFault, match="cannot fetch it: "):
            await fetch(url)


async def test_a_slow_answer_is_given_up(server: FakeApi) -> None:
    class HastyClock(FakeClock):
        def monotonic_seconds(self) -> float:
            self.advance(20)
            return super().monotonic_seconds()

    server.reply(Reply(chunks=(b"slow",), hangs=True))

    with pytest.raises(EnvironmentFault, match="cannot fetch it: it did not answer in time"):
        await fetch(server.url, clock=HastyClock())


async def test_a_server_that_does_not_run_is_told() -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{closed.getsockname()[1]}"

    with pytest.raises(EnvironmentFault) as caught:
        await fetch(url)

    assert str(caught.value) == f"cannot fetch it: connection refused - {url}"


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_is_followed(server: FakeApi, status: int) -> None:
    server.reply(Reply(status=status, headers={"Location": "../b/tls.crt"}), FOUND)

    content = await fetch(f"{server.url}/a/tls.crt")

    assert content == b"a certificate"
    assert [seen.path for seen in server.seen] == ["/a/tls.crt", "/b/tls.crt"]


@pytest.mark.usefixtures("trusted")
async def test_a_redirect_may_not_lead_out_of_tls(server: FakeApi, tls_server: FakeApi) -> None:
    server.reply(FOUND)
    tls_server.reply(Reply(status=302, headers={"Location": f"{server.url}/x"}))

    with pytest.raises(InputError, match="an address without TLS - https://127"):
        await fetch(tls_server.url)

    assert server.seen == []


@pytest.mark.parametrize("location", ["file:///etc/passwd", "ftp://127.0.0.1/x", "http://", ""])
async def test_a_redirect_may_not_lead_out_of_the_web(server: FakeApi, location: str) -> None:
    server.reply(Reply(status=302, headers={"Location": location}))

    with pytest.raises(InputError):
        await fetch(server.url)


async def test_redirects_have_an_end(server: FakeApi) -> None:
    server.reply(Reply(status=302, headers={"Location": "/again"}))

    with pytest.raises(InputError, match="sends us on again and again"):
        await fetch(f"{server.url}/first")

    assert len(server.seen) == 6


async def test_credentials_go_to_their_own_server_only(server: FakeApi) -> None:
    async with FakeApi() as other:
        here = Reply(status=302, headers={"Location": "/here"})
        there = Reply(status=302, headers={"Location": f"{other.url}/there"})
        server.reply(here, there)
        other.reply(FOUND)

        await fetch(server.url.replace("//", "//me:hunt%40er2@"))

    basic = "Basic " + base64.b64encode(b"me:hunt@er2").decode()
    assert [seen.headers.get("Authorization") for seen in server.seen] == [basic, basic]
    assert [seen.headers.get("Authorization") for seen in other.seen] == [None]


@pytest.mark.parametrize(
    "url",
    [
        "http://me:hunter2@{host}/a?token=hunter2",
        "http://me:hunter2@{host}/a b?token=hunter2",
        "ftp://me:hunter2@{host}/a?token=hunter2",
        "http://me:hunter2@{host}:port/",
        "http://me:x@hunter2@{host}/a\u00e4",
    ],
    ids=["not found", "space", "scheme", "port", "two signs"],
)
async def test_no_error_repeats_credentials(server: FakeApi, url: str) -> None:
    server.reply(Reply(status=404))

    with pytest.raises(GitopskitError) as caught:
        await fetch(url.format(host=server.url.removeprefix("http://")))

    assert "hunter2" not in f"{caught.value} {caught.value.hint} {caught.value!r}"
    assert "127.0.0.1" in caught.value.where


@pytest.mark.parametrize(
    "url",
    [
        "tls.crt",
        "http://",
        "http:///x",
        "ssh://a/b",
        "http://a:99999/",
        "http://[::1/",
        "http://a\n",
    ],
)
async def test_what_is_no_address_is_refused(url: str) -> None:
    with pytest.raises(InputError, match="this is no address of the web"):
        await fetch(url)


async def test_a_proxy_is_asked_for_a_server_without_tls(server: FakeApi) -> None:
    server.reply(FOUND)
    environment = {"HTTP_PROXY": server.url.replace("//", "//me:hunter2@")}

    content = await fetch("http://certs.shop.example/tls.crt", environment)

    assert content == b"a certificate"
    (seen,) = server.seen
    assert seen.headers["Host"] == "certs.shop.example"
    assert seen.headers["Proxy-Authorization"] == (
        "Basic " + base64.b64encode(b"me:hunter2").decode()
    )


async def test_an_exception_is_no_business_of_the_proxy(server: FakeApi) -> None:
    server.reply(FOUND)
    environment = {"HTTP_PROXY": server.url, "NO_PROXY": "127.0.0.1,localhost"}

    await fetch(f"{server.url}/tls.crt", environment)

    assert "Proxy-Authorization" not in server.seen[0].headers
    assert server.seen[0].path == "/tls.crt"


async def test_only_the_environment_that_is_given_counts(
    server: FakeApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.reply(FOUND)
    monkeypatch.setenv("no_proxy", "*")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")

    content = await fetch("http://certs.shop.example/", {"http_proxy": server.url})

    assert content == b"a certificate"


@contextlib.asynccontextmanager
async def tunnel(target: FakeApi, seen: list[bytes]) -> AsyncIterator[str]:
    """Yield the address of a proxy whose every tunnel ends at one server."""
    port = int(target.url.rpartition(":")[2])
    pumps: set[asyncio.Task[None]] = set()

    async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            while data := await reader.read(65536):
                writer.write(data)
        writer.close()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        seen.append(await reader.readuntil(b"\r\n\r\n"))
        there = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        pumps.add(asyncio.create_task(pump(reader, there[1])))
        await pump(there[0], writer)

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
        await asyncio.gather(*pumps)


@pytest.mark.usefixtures("trusted")
async def test_tls_goes_through_a_proxy_to_the_server_itself(tls_server: FakeApi) -> None:
    tls_server.reply(FOUND)
    requests: list[bytes] = []

    async with tunnel(tls_server, requests) as proxy:
        with pytest.raises(EnvironmentFault, match=r"not trusted \(Hostname mismatch"):
            await fetch("https://certs.shop.example/", {"HTTPS_PROXY": f"http://me:pw@{proxy}"})

    (request,) = requests
    assert request.startswith(b"CONNECT certs.shop.example:443 HTTP/1.")
    assert b"Proxy-Authorization: Basic " + base64.b64encode(b"me:pw") in request


async def test_a_proxy_that_opens_no_tunnel_is_told(server: FakeApi) -> None:
    server.reply(Reply(status=403))
    environment = {"HTTPS_PROXY": server.url.replace("//", "//me:hunter2@")}

    with pytest.raises(EnvironmentFault, match="cannot fetch it: tunnel connection failed"):
        await fetch("https://certs.shop.example/", environment)


@pytest.mark.parametrize("scheme", ["https", "socks5"])
async def test_another_kind_of_proxy_is_refused(scheme: str) -> None:
    with pytest.raises(UnsupportedField):
        await fetch("http://certs.shop.example/", {"HTTP_PROXY": f"{scheme}://127.0.0.1:1"})


def test_a_proxy_without_a_port_listens_on_port_80() -> None:
    target = _Target.of("https://certs.shop.example/")

    request = _request(target, {"HTTPS_PROXY": "http://proxy.example"})

    assert request.host == "proxy.example:80"


def test_an_address_is_shown_without_what_may_be_secret() -> None:
    assert shown_url("https://me:pw@a.example:8443/x?sig=1#y") == "https://a.example:8443/x"
