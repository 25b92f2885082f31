"""A client that ends leaves no connection behind, whatever its server does meanwhile."""

from __future__ import annotations

import asyncio
import gc
import threading
import warnings
from collections.abc import Callable, Coroutine
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING, Any

import pytest

from gitopskit.authorities import trusting
from gitopskit.clock import SystemClock
from gitopskit.controller.http_client import post
from gitopskit.kube.client import KubeClient
from gitopskit.kube.credentials import Connection
from gitopskit.kube.resources import CONFIG_MAPS
from gitopskit.kube.tokens import fixed_token
from gitopskit.redaction import Plaintext
from tests.support.tls import TlsListener, make_server_tls

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

Program = Callable[[str, str, "Deaf"], Coroutine[Any, Any, None]]


class Deaf:
    """A server that takes requests and never answers, not even a farewell."""

    def __init__(self) -> None:
        self.asked = threading.Event()
        self.ends = threading.Event()

    @contextmanager
    def serving(self, folder: Path) -> Iterator[tuple[str, str]]:
        """Yield its URL and the authority that it is known by."""
        deaf = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                deaf.asked.set()
                deaf.ends.wait(30)

            def do_POST(self) -> None:
                self.do_GET()

        tls = make_server_tls(folder)
        listener = TlsListener(Handler, tls=tls)
        with listener.serving():
            try:
                yield f"https://127.0.0.1:{listener.server_address[1]}", tls.ca_pem
            finally:
                self.ends.set()


async def _cut_off(asking: Coroutine[Any, Any, object], deaf: Deaf) -> None:
    """Begin to ask, and give up as soon as the request has arrived."""
    task = asyncio.ensure_future(asking)
    await asyncio.to_thread(deaf.asked.wait, 30)
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


async def ask_an_api_server(url: str, ca_pem: str, deaf: Deaf) -> None:
    clock = SystemClock()
    tokens = fixed_token("letmein", clock=clock)
    connection = Connection(server=url, tls=trusting(ca_pem), tokens=tokens)
    async with KubeClient(connection, clock=clock) as api:
        await _cut_off(api.get(CONFIG_MAPS, "settings", "shop"), deaf)


async def post_to_a_stranger(url: str, ca_pem: str, deaf: Deaf) -> None:
    await _cut_off(post(Plaintext(url.encode()), b"{}", headers={}, ca_pem=ca_pem), deaf)


@pytest.mark.parametrize("program", [ask_an_api_server, post_to_a_stranger])
def test_a_request_that_was_cut_off_leaves_no_connection_when_the_client_ends(
    tmp_path: Path, program: Program
) -> None:
    deaf = Deaf()

    with warnings.catch_warnings(record=True) as caught, deaf.serving(tmp_path) as (url, ca_pem):
        warnings.simplefilter("always")
        asyncio.run(program(url, ca_pem, deaf))
        gc.collect()

    assert [str(warning.message) for warning in caught] == []
