"""Waiting while the API server restarts, is busy, or refuses."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gitopskit.errors import ApiError, ApiForbidden, ApiGone, ApiNotFound, ApiUnreachable
from gitopskit.reconciler.waiting import Wanted, wait
from tests.support.fake_api import FakeApi, Reply, refusal

if TYPE_CHECKING:
    from gitopskit.kube.client import KubeClient
    from gitopskit.manifests.json_types import JsonObject

WEB = Wanted(names=("web",))
NO_HEADS = refusal(404, reason="NotFound")
WELL: JsonObject = {"sync": {"status": "Synced"}, "health": {"status": "Healthy"}}
ATTEMPTS = 5
"""How often a client asks before it gives up."""


@pytest.mark.parametrize("status", [429, 503])
async def test_a_wait_goes_on_while_the_server_is_away(
    scripted: FakeApi, scripted_api: KubeClient, status: int
) -> None:
    away = [refusal(status)] * ATTEMPTS
    scripted.reply(*away, *away, NO_HEADS, Reply(json={"status": WELL}))
    missed: list[ApiError] = []

    (found,) = await wait(scripted_api, WEB, timeout_seconds=300, on_silence=missed.append)

    assert found.is_done
    assert [it.status for it in missed] == [status]


async def test_a_server_that_stays_away_is_told_when_the_time_is_over(
    scripted: FakeApi, scripted_api: KubeClient
) -> None:
    scripted.reply(refusal(503))
    missed: list[ApiError] = []

    with pytest.raises(ApiError):
        await wait(scripted_api, WEB, timeout_seconds=60, on_silence=missed.append)

    assert missed
    assert 60 <= scripted_api.clock.monotonic_seconds() < 90


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        pytest.param(refusal(401), ApiForbidden, id="unknown"),
        pytest.param(refusal(403), ApiForbidden, id="forbidden"),
        pytest.param(Reply(status=404, raw=b"404 page not found"), ApiNotFound, id="no-such-kind"),
    ],
)
async def test_a_refusal_ends_the_wait_at_once(
    scripted: FakeApi, scripted_api: KubeClient, answer: Reply, expected: type[ApiError]
) -> None:
    scripted.reply(NO_HEADS, answer)

    with pytest.raises(expected):
        await wait(scripted_api, WEB, timeout_seconds=300)

    assert scripted_api.clock.monotonic_seconds() == 0


def test_what_may_pass_is_known_by_its_error() -> None:
    assert ApiUnreachable("no answer").is_passing
    assert ApiGone("too old", status=410).is_passing
    assert not ApiError("too large").is_passing
