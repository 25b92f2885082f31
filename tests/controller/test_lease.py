from __future__ import annotations

import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from gitopskit.controller.lease import (
    Acquire,
    LeaseOptions,
    Read,
    Renew,
    StandDown,
    Standing,
    Wait,
    deadline_seconds,
    decide,
)
from gitopskit.controller.lease_record import Candidate, claim
from gitopskit.errors import InputError

if TYPE_CHECKING:
    from gitopskit.controller.lease import Decision
    from gitopskit.manifests.json_types import JsonObject

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
OPTIONS = LeaseOptions()


def lease(holder: str | None = "them", *, renewed: str = "1", seconds: int = 6) -> JsonObject:
    return {
        "metadata": {"name": "controller", "namespace": "shop", "resourceVersion": "7"},
        "spec": {
            "holderIdentity": holder,
            "leaseDurationSeconds": seconds,
            "acquireTime": "0",
            "renewTime": renewed,
            "leaseTransitions": 3,
        },
    }


def decided(standing: Standing, *, at: float) -> Decision:
    return decide(standing, identity="us", now_seconds=at, options=OPTIONS)


def seen(content: JsonObject | None, *, at: float = 100.0) -> Standing:
    return Standing().seeing(content, now_seconds=at)


def leading(*, at: float = 100.0) -> Standing:
    return seen(None).holding(lease("us"), sent_seconds=at)


def test_a_candidate_reads_before_it_does_anything() -> None:
    assert decided(Standing(), at=0.0) == Read()


@pytest.mark.parametrize(
    "content",
    [None, lease(""), lease(None), {"metadata": {}}, {"metadata": {}, "spec": None}, lease("us")],
    ids=["missing", "released", "null holder", "no spec", "null spec", "ours"],
)
def test_what_nobody_else_holds_is_acquired_at_once(content: JsonObject | None) -> None:
    assert decided(seen(content), at=100.0) == Acquire()


def test_what_somebody_holds_is_waited_for_as_long_as_it_was_seen_unchanged() -> None:
    standing = seen(lease())

    assert decided(standing, at=100.0) == Wait(106.0)
    assert decided(standing, at=105.99) == Wait(106.0)
    assert decided(standing, at=106.0) == Acquire()


def test_every_renewal_that_is_seen_begins_the_wait_anew() -> None:
    standing = seen(lease()).seeing(lease(renewed="2"), now_seconds=105.0)

    assert decided(standing, at=106.0) == Wait(111.0)


def test_a_change_of_anything_but_the_record_keeps_no_dead_holder_alive() -> None:
    annotated = {**lease(), "metadata": {**lease()["metadata"], "resourceVersion": "8"}}

    standing = seen(lease()).seeing(annotated, now_seconds=105.0)

    assert decided(standing, at=106.0) == Acquire()
    assert standing.lease == annotated


@pytest.mark.parametrize(
    ("claimed_seconds", "free_at"),
    [(0, 106.0), (1, 106.0), (15, 115.0), (60, 160.0), (100_000, 160.0)],
    ids=["none", "shorter than ours", "longer", "longest", "beyond all bounds"],
)
def test_a_longer_lease_is_honoured_up_to_a_minute(claimed_seconds: int, free_at: float) -> None:
    assert decided(seen(lease(seconds=claimed_seconds)), at=100.0) == Wait(free_at)


def test_a_deleted_lease_is_not_taken_while_its_holder_may_still_lead() -> None:
    standing = seen(lease()).seeing(None, now_seconds=103.0)

    assert decided(standing, at=103.0) == Wait(106.0)
    assert decided(standing, at=106.0) == Acquire()


@pytest.mark.parametrize("skew", [timedelta(days=-400), timedelta(days=400)])
def test_what_other_clocks_say_does_not_matter(skew: timedelta) -> None:
    theirs = Candidate("shop", "controller", "them")
    content = claim(None, theirs, last=None, now=NOW + skew, duration_seconds=6)

    assert decided(seen(content), at=100.0) == Wait(106.0)


def test_a_holder_renews_in_time() -> None:
    assert decided(leading(), at=100.0) == Wait(102.0)
    assert decided(leading(), at=102.0) == Renew()


def test_a_holder_that_cannot_renew_stands_down_before_others_may_take_over() -> None:
    assert decided(leading(), at=104.99) == Renew()
    assert isinstance(decided(leading(), at=105.0), StandDown)
    assert deadline_seconds(leading(), options=OPTIONS) == 105.0
    assert decided(seen(lease("us", renewed="2")), at=105.0) == Acquire()


def test_a_holder_that_sees_another_stands_down_at_once() -> None:
    standing = leading().seeing(lease("them"), now_seconds=100.1)

    assert isinstance(decided(standing, at=100.1), StandDown)
    assert decided(standing.following(), at=100.1) == Wait(106.1)


def test_a_holder_writes_a_deleted_lease_again() -> None:
    assert decided(leading().seeing(None, now_seconds=100.1), at=100.1) == Renew()


def test_a_holder_in_doubt_looks_before_it_believes() -> None:
    assert decided(leading().doubting(), at=100.1) == Read()
    assert isinstance(decided(leading().doubting(), at=105.0), StandDown)


def test_a_doubt_that_comes_up_during_a_renewal_outlives_it() -> None:
    standing = leading().doubting().holding(lease("us", renewed="2"), sent_seconds=102.0)

    assert decided(standing, at=102.1) == Read()


def test_after_a_failure_nothing_is_sent_until_the_pause_is_over() -> None:
    assert decided(seen(None).pausing(101.0), at=100.5) == Wait(101.0)
    assert decided(seen(None).pausing(101.0), at=101.0) == Acquire()
    assert decided(leading().pausing(102.5), at=102.0) == Wait(102.5)


def test_no_pause_is_longer_than_a_holder_may_lead() -> None:
    assert decided(leading().pausing(200.0), at=102.0) == Wait(105.0)


def test_a_renewal_ends_the_pause() -> None:
    standing = leading().pausing(102.5).holding(lease("us", renewed="2"), sent_seconds=102.2)

    assert decided(standing, at=104.2) == Renew()


def test_a_follower_has_no_deadline_to_go_by() -> None:
    assert deadline_seconds(seen(lease()), options=OPTIONS) == -math.inf
    assert not seen(lease()).is_leading
    assert leading().is_leading


@pytest.mark.parametrize(
    "shorter",
    [
        {"request_seconds": 0},
        {"request_seconds": 2.0},
        {"renew_seconds": 5.0},
        {"deadline_seconds": 6.0},
        {"duration_seconds": 5},
    ],
    ids=str,
)
def test_options_that_would_be_unsafe_are_refused(shorter: dict[str, float]) -> None:
    with pytest.raises(InputError, match="renewal < deadline"):
        replace(OPTIONS, **shorter)  # type: ignore[arg-type]  # each value fits its field
