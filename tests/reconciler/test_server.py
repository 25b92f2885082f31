"""What the reconciler answers over HTTP."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest

from gitopskit.clock import SystemClock
from gitopskit.controller.http import Address, Endpoint, Request, Response
from gitopskit.reconciler.metrics import ReconcilerMetrics
from gitopskit.reconciler.server import Ports, ReconcilerServer
from tests.reconciler.test_metrics import application
from tests.support.raw_http import ask

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


async def _hello(_: Request) -> Response:
    return Response(body=b"hello")


@asynccontextmanager
async def serving(*, is_ready: bool = True) -> AsyncIterator[Ports]:
    metrics = ReconcilerMetrics(revision="1.2.3")
    server = ReconcilerServer(
        endpoints={"/hello": Endpoint(answer=_hello)},
        is_ready=lambda: is_ready,
        metrics=metrics,
        see=lambda: metrics.see([application("shop")]),
        clock=SystemClock(),
        address=Address(host="127.0.0.1", port=0),
        metrics_address=Address(host="127.0.0.1", port=0),
    )
    async with server.serving() as ports:
        yield ports


async def test_it_is_alive_and_serves_what_it_was_given() -> None:
    async with serving(is_ready=False) as ports:
        assert (await ask(ports.api, "GET", "/healthz")).status == 200
        assert (await ask(ports.api, "GET", "/hello")).body == b"hello"


@pytest.mark.parametrize(("is_ready", "status"), [(True, 200), (False, 503)])
async def test_it_is_ready_when_everything_was_seen(*, is_ready: bool, status: int) -> None:
    async with serving(is_ready=is_ready) as ports:
        assert (await ask(ports.api, "GET", "/readyz")).status == status


async def test_prometheus_is_told_at_a_port_of_its_own() -> None:
    async with serving() as ports:
        await ask(ports.api, "GET", "/hello")
        answer = await ask(ports.metrics, "GET", "/metrics")
        elsewhere = await ask(ports.api, "GET", "/metrics")

    text = answer.body.decode()
    assert answer.status == 200
    assert elsewhere.status == 404
    assert 'argocd_app_info{dest_namespace="prod-shop",' in text
    assert (
        'gitopskit_reconciler_http_requests_total{code="200",method="GET",path="/hello"} 1' in text
    )
