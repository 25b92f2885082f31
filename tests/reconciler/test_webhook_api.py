"""The endpoint of the webhooks over a real socket."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gitopskit.controller.http import Address
from gitopskit.controller.http_server import HttpServer
from gitopskit.reconciler.webhook_api import WebhookApi
from gitopskit.reconciler.webhooks import LARGEST_BODY_BYTES, concerned
from tests.support.clock import FakeClock
from tests.support.raw_http import ask
from tests.support.webhooks import SECRET, deliver, push_of, webhook_secret

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Collection

    from gitopskit.reconciler.webhooks import Place

FOLLOWED = "https://git.example.com/shop.git"
UNKNOWN = "another secret, as long"
OTHER = "https://git.example.com/other.git"


class Served:
    """A server of webhooks, and the repositories that it had looked at."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.pushed: list[str] = []
        self.port = 0
        self.api = WebhookApi(clock=self.clock, heed=self._heed)
        self.server = HttpServer(
            self.api.endpoints(),
            clock=self.clock,
            observe=lambda path, *, method, code, duration_seconds: None,  # noqa: ARG005 -- by name
        )

    def _heed(self, places: Collection[Place]) -> int:
        found = concerned([FOLLOWED], places)
        self.pushed += found
        return len(found)


@pytest.fixture
async def served() -> AsyncIterator[Served]:
    served = Served()
    served.api.set_secret(webhook_secret(github=SECRET))
    async with served.server.listening(Address(host="127.0.0.1", port=0)) as served.port:
        yield served


async def test_a_push_to_a_followed_repository_is_looked_at(served: Served) -> None:
    raw = await deliver(served.port, push_of(FOLLOWED))

    assert raw.status == 202
    assert served.pushed == [FOLLOWED]


async def test_a_push_to_another_repository_is_answered_alike(served: Served) -> None:
    known = await deliver(served.port, push_of(FOLLOWED))
    unknown = await deliver(served.port, push_of(OTHER))

    assert (unknown.status, unknown.body) == (known.status, known.body)
    assert served.pushed == [FOLLOWED]


async def test_a_wrong_secret_is_refused(served: Served) -> None:
    raw = await deliver(served.port, push_of(FOLLOWED), secret=UNKNOWN)

    assert raw.status == 403
    assert served.pushed == []


async def test_without_a_secret_everybody_is_refused(served: Served) -> None:
    served.api.set_secret(None)

    raw = await deliver(served.port, push_of(FOLLOWED))

    assert raw.status == 403
    assert served.pushed == []


@pytest.mark.parametrize(("more", "status"), [(0, 202), (1, 413)])
async def test_a_body_has_one_mebibyte_at_most(served: Served, more: int, status: int) -> None:
    push = push_of(FOLLOWED)
    body = push + b" " * (LARGEST_BODY_BYTES - len(push) + more)

    raw = await deliver(served.port, body)

    assert raw.status == status


async def test_reading_is_no_method_of_webhooks(served: Served) -> None:
    raw = await ask(served.port, "GET", "/api/webhook")

    assert raw.status == 405


async def test_who_sends_too_much_waits(served: Served) -> None:
    answers = [(await deliver(served.port, push_of(OTHER))).status for _ in range(70)]
    served.clock.advance(1)
    later = await deliver(served.port, push_of(OTHER))

    assert answers.count(202) == 60
    assert answers[60:] == [429] * 10
    assert later.status == 202


async def test_nothing_that_a_sender_knows_is_logged(
    served: Served, capfd: pytest.CaptureFixture[str]
) -> None:
    await deliver(served.port, push_of(FOLLOWED), secret=UNKNOWN)
    await deliver(served.port, push_of(FOLLOWED))

    out, err = capfd.readouterr()
    assert "webhook" in out + err
    assert SECRET not in out + err
