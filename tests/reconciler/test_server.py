"""What the reconciler answers over HTTP."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest

from gitopskit.clock import SystemClock
from gitopskit.controller.http import Address, Endpoint, Request, Response
from gitopskit.reconciler.server import ReconcilerServer
from tests.support.raw_http import ask

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


async def _hello(_: Request) -> Response:
    return Response(body=b"hello")


@asynccontextmanager
async def serving(*, is_ready: bool = True) -> AsyncIterator[int]:
    server = ReconcilerServer(
        endpoints={"/hello": Endpoint(answer=_hello)},
        is_ready=lambda: is_ready,
        clock=SystemClock(),
        address=Address(host="127.0.0.1", port=0),
    )
    async with server.serving() as port:
        yield port


async def test_it_is_alive_and_serves_what_it_was_given() -> None:
    async with serving(is_ready=False) as port:
        assert (await ask(port, "GET", "/healthz")).status == 200
        assert (await ask(port, "GET", "/hello")).body == b"hello"


@pytest.mark.parametrize(("is_ready", "status"), [(True, 200), (False, 503)])
async def test_it_is_ready_when_everything_was_seen(*, is_ready: bool, status: int) -> None:
    async with serving(is_ready=is_ready) as port:
        assert (await ask(port, "GET", "/readyz")).status == status
