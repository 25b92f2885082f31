from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitopskit.controller.lease_record import Candidate, Record, claim, release, renewal

if TYPE_CHECKING:
    from gitopskit.manifests.json_types import JsonObject

US = Candidate("shop", "controller", "us")
NOW = datetime(2026, 11, 23, 12, 0, 0, 250, tzinfo=UTC)
MOMENT = "2026-11-23T12:00:00.000250Z"


def lease(holder: str = "them") -> JsonObject:
    return {
        "metadata": {"name": "controller", "namespace": "shop", "resourceVersion": "7"},
        "spec": {
            "holderIdentity": holder,
            "leaseDurationSeconds": 15,
            "acquireTime": "0",
            "renewTime": "1",
            "leaseTransitions": 3,
        },
    }


def claimed(content: JsonObject | None, *, last: Record | None = None) -> JsonObject:
    known = last if content is None else Record.of(content)
    return claim(content, US, last=known, now=NOW, duration_seconds=6)


def test_a_record_is_what_the_lease_says() -> None:
    record = Record.of(lease())

    assert record == Record("them", 15, acquired="0", renewed="1", transitions=3)


@pytest.mark.parametrize(
    "content",
    [{}, {"spec": None}, {"spec": {}}, {"spec": {"holderIdentity": None}}],
    ids=["nothing", "null spec", "empty spec", "null holder"],
)
def test_a_record_without_a_holder_is_nobodys(content: JsonObject) -> None:
    assert Record.of(content) == Record("", 0, acquired="", renewed="", transitions=0)


nullable_text = st.none() | st.text()
nullable_number = st.none() | st.integers(0, 2**31 - 1)
specs = st.fixed_dictionaries(
    {},
    optional={
        "holderIdentity": nullable_text,
        "leaseDurationSeconds": nullable_number,
        "acquireTime": nullable_text,
        "renewTime": nullable_text,
        "leaseTransitions": nullable_number,
        "strategy": nullable_text,
    },
)


@given(spec=st.none() | specs)
def test_whatever_the_api_server_may_send_can_be_read_and_claimed(spec: JsonObject | None) -> None:
    content = {**lease(), "spec": spec}

    assert Record.of(claimed(content)).holder == "us"


def test_a_new_lease_counts_its_holders_from_nought() -> None:
    content = claimed(None)

    assert (content["apiVersion"], content["kind"]) == ("coordination.k8s.io/v1", "Lease")
    assert (content["metadata"]["namespace"], content["metadata"]["name"]) == US[:2]
    assert content["spec"] == {
        "holderIdentity": "us",
        "leaseDurationSeconds": 6,
        "acquireTime": MOMENT,
        "renewTime": MOMENT,
        "leaseTransitions": 0,
    }


def test_taking_over_counts_and_keeps_what_others_wrote() -> None:
    content = lease()
    content["metadata"]["labels"] = {"team": "web"}
    content["spec"]["strategy"] = "OldestEmulationVersion"

    ours = claimed(content)

    assert ours["metadata"] == content["metadata"]
    assert ours["spec"]["strategy"] == "OldestEmulationVersion"
    assert Record.of(ours) == Record("us", 6, acquired=MOMENT, renewed=MOMENT, transitions=4)


def test_claiming_what_is_ours_already_keeps_the_time_of_acquisition() -> None:
    renewed = claimed(lease("us"))

    assert Record.of(renewed) == Record("us", 6, acquired="0", renewed=MOMENT, transitions=3)


def test_renewing_and_releasing_are_bound_to_the_holder_and_to_no_version() -> None:
    is_ours = {"op": "test", "path": "/spec/holderIdentity", "value": "us"}
    renewed = {"op": "add", "path": "/spec/renewTime", "value": MOMENT}
    freed = {"op": "add", "path": "/spec/holderIdentity", "value": ""}

    assert renewal(US, now=NOW) == [is_ours, renewed]
    assert release(US, now=NOW) == [is_ours, freed, renewed]


def test_a_record_of_ours_without_a_time_gets_one() -> None:
    content = lease("us")
    del content["spec"]["acquireTime"]

    assert Record.of(claimed(content)).acquired == MOMENT


def test_a_lease_that_was_deleted_goes_on_counting() -> None:
    last = Record.of(lease("us"))

    assert Record.of(claimed(None, last=last)).transitions == 3
    assert Record.of(claimed(None, last=last._replace(holder="them"))).transitions == 4


def test_a_candidate_is_named_by_its_lease() -> None:
    assert str(US) == "Lease/shop/controller"
