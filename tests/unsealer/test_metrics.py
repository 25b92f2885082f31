"""What the unsealer tells Prometheus, as a scrape has it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, get_args

import pytest
from prometheus_client.parser import text_string_to_metric_families

from gitopskit.unsealer.metric_list import METRICS
from gitopskit.unsealer.metrics import KeyCensus, PassOutcome, UnsealerMetrics
from tests.support.clock import FakeClock

if TYPE_CHECKING:
    from gitopskit.unsealer.metrics import Limit

UPSTREAM = "sealed_secrets_controller_"
OURS = "gitopskit_unsealer_"


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def told(clock: FakeClock) -> UnsealerMetrics:
    return UnsealerMetrics(clock, revision="1.2.3")


def series(told: UnsealerMetrics, name: str) -> dict[str, float]:
    """Return the samples of one name by their labels as ``name=value,…``, sorted."""
    return {
        ",".join(f"{label}={value}" for label, value in sorted(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(told.text().decode())
        for sample in family.samples
        if sample.name == name
    }


def tell_everything(told: UnsealerMetrics) -> None:
    told.pass_ended("shop", outcome="fault", duration_seconds=0.2)
    told.condition("shop", "db", is_synced=True)
    told.drift_found(is_healed=True)
    told.status_write("shop", result="written")
    told.leads(is_leader=True)
    told.keys(KeyCensus(not_before_utc=_DAY, not_after_utc=_DAY))
    told.watch_listed("secrets")
    told.watch_refused("secrets")
    told.http_answered("/healthz", method="GET", code=200, duration_seconds=0.001)
    told.http_limited("peer")


_DAY = datetime(2026, 6, 1, tzinfo=UTC)


def test_a_scrape_has_every_metric_of_the_list_and_no_other(told: UnsealerMetrics) -> None:
    tell_everything(told)

    families = list(text_string_to_metric_families(told.text().decode()))

    found = {
        f"{family.name}_total" if family.type == "counter" else family.name: family
        for family in families
        if not family.name.startswith("process_")
    }
    assert {name: family.type for name, family in found.items()} == {
        metric.name: metric.kind for metric in METRICS
    }
    assert {name: family.documentation for name, family in found.items()} == {
        metric.name: metric.text for metric in METRICS
    }
    for metric in METRICS:
        labels = {label for sample in found[metric.name].samples for label in sample.labels}
        assert labels - {"le"} == set(metric.labels)


def test_the_version_is_told(told: UnsealerMetrics) -> None:
    assert series(told, UPSTREAM + "build_info") == {"revision=1.2.3": 1.0}


@pytest.mark.parametrize(
    ("outcome", "reason"),
    [
        ("created", ""),
        ("replaced", ""),
        ("unchanged", ""),
        ("drift", ""),
        ("unseal_failed", "unseal"),
        ("update_failed", "update"),
        ("unmanaged", "unmanaged"),
        ("fault", "fetch"),
    ],
)
def test_a_pass_is_counted_by_its_end(
    told: UnsealerMetrics, outcome: PassOutcome, reason: str
) -> None:
    told.pass_ended("shop", outcome=outcome, duration_seconds=0.2)

    errors = series(told, UPSTREAM + "unseal_errors_total")
    assert series(told, UPSTREAM + "unseal_requests_total") == {"": 1.0}
    assert series(told, OURS + "passes_total") == {f"outcome={outcome}": 1.0}
    assert series(told, OURS + "pass_duration_seconds_sum") == {"": 0.2}
    assert {labels: count for labels, count in errors.items() if count} == (
        {f"namespace=shop,reason={reason}": 1.0} if reason else {}
    )


def test_every_reason_of_an_error_can_be_asked_for_at_once(told: UnsealerMetrics) -> None:
    reasons = ("fetch", "status", "unmanaged", "unseal", "update")

    assert series(told, UPSTREAM + "unseal_errors_total") == {
        f"namespace=,reason={reason}": 0.0 for reason in reasons
    }


@pytest.mark.parametrize(("is_synced", "value"), [(True, 1.0), (None, 0.0), (False, -1.0)])
def test_a_condition_is_a_number(
    told: UnsealerMetrics, *, is_synced: bool | None, value: float
) -> None:
    told.condition("shop", "db", is_synced=is_synced, instance="web")

    assert series(told, UPSTREAM + "condition_info") == {
        "condition=Synced,name=db,namespace=shop,ss_app_kubernetes_io_instance=web": value
    }


def test_an_instance_that_changed_leaves_nothing_behind(told: UnsealerMetrics) -> None:
    told.condition("shop", "db", is_synced=True, instance="web")
    told.condition("shop", "db", is_synced=True, instance="api")

    assert series(told, UPSTREAM + "condition_info") == {
        "condition=Synced,name=db,namespace=shop,ss_app_kubernetes_io_instance=api": 1.0
    }


def test_what_is_gone_is_told_no_more(told: UnsealerMetrics) -> None:
    for name in ("db", "web"):
        told.condition("shop", name, is_synced=False)
        told.pass_ended("shop", outcome="unseal_failed", duration_seconds=0.1)

    told.sealed_secret_gone("shop", "db")
    errors_of_one = series(told, UPSTREAM + "unseal_errors_total")
    told.sealed_secret_gone("shop", "web")
    told.sealed_secret_gone("never", "seen")

    assert errors_of_one["namespace=shop,reason=unseal"] == 2.0
    assert "namespace=shop,reason=unseal" not in series(told, UPSTREAM + "unseal_errors_total")
    assert series(told, UPSTREAM + "condition_info") == {}


def test_drift_is_found_and_may_be_healed(told: UnsealerMetrics) -> None:
    told.drift_found(is_healed=True)
    told.drift_found(is_healed=False)

    assert series(told, OURS + "drift_found_total") == {"": 2.0}
    assert series(told, OURS + "drift_healed_total") == {"": 1.0}


def test_only_a_status_that_cannot_be_written_is_an_error(told: UnsealerMetrics) -> None:
    told.status_write("shop", result="written")
    told.status_write("shop", result="conflict")
    told.status_write("shop", result="failed")

    errors = series(told, UPSTREAM + "unseal_errors_total")
    assert errors["namespace=shop,reason=status"] == 1.0
    assert series(told, OURS + "status_writes_total") == {
        "result=written": 1.0,
        "result=conflict": 1.0,
        "result=failed": 1.0,
    }


def test_the_queue_is_read_at_each_scrape(told: UnsealerMetrics) -> None:
    waiting = [1, 2, 3]

    told.follow_queue(lambda: len(waiting))

    assert series(told, OURS + "queue_length") == {"": 3.0}


def test_leadership_is_one_or_nought(told: UnsealerMetrics) -> None:
    before = series(told, OURS + "leader")
    told.leads(is_leader=True)
    during = series(told, OURS + "leader")
    told.leads(is_leader=False)
    after = series(told, OURS + "leader")

    assert (before, during, after) == ({"": 0.0}, {"": 1.0}, {"": 0.0})


def test_keys_are_counted_by_kind_and_state(told: UnsealerMetrics) -> None:
    census = KeyCensus(
        active=2, pending=1, unusable=3, without_backup=1, not_before_utc=_DAY, not_after_utc=_DAY
    )

    told.keys(census)
    told.keys(KeyCensus(active=1), kind="hybrid")

    assert series(told, OURS + "sealing_keys") == {
        "kind=rsa,state=active": 2.0,
        "kind=rsa,state=pending": 1.0,
        "kind=rsa,state=unusable": 3.0,
        "kind=hybrid,state=active": 1.0,
        "kind=hybrid,state=pending": 0.0,
        "kind=hybrid,state=unusable": 0.0,
    }
    assert series(told, OURS + "sealing_keys_without_backup")["kind=rsa"] == 1.0
    born = OURS + "sealing_key_not_before_timestamp_seconds"
    assert series(told, born) == {"kind=rsa": _DAY.timestamp()}


def test_without_a_sealing_key_there_is_no_age(told: UnsealerMetrics) -> None:
    told.keys(KeyCensus(active=1, not_before_utc=_DAY, not_after_utc=_DAY))
    told.keys(KeyCensus())

    assert series(told, OURS + "sealing_key_not_before_timestamp_seconds") == {}
    assert series(told, OURS + "sealing_key_not_after_timestamp_seconds") == {}


def test_a_watch_tells_when_it_showed_something_last(
    told: UnsealerMetrics, clock: FakeClock
) -> None:
    told.watch_listed("secrets")
    clock.advance(60)
    told.watch_event("secrets")
    told.watch_refused("keys")

    seen = OURS + "watch_last_event_timestamp_seconds"
    assert series(told, seen) == {"watch=secrets": clock.now_utc().timestamp()}
    assert series(told, OURS + "watch_lists_total") == {"watch=secrets": 1.0}
    assert series(told, OURS + "watch_refusals_total") == {"watch=keys": 1.0}


def test_requests_are_counted_and_timed(told: UnsealerMetrics) -> None:
    told.http_answered("/v1/verify", method="POST", code=409, duration_seconds=0.3)

    labels = "method=POST,path=/v1/verify"
    counted = UPSTREAM + "http_requests_total"
    assert series(told, counted) == {f"code=409,{labels}": 1.0}
    assert series(told, UPSTREAM + "http_request_duration_seconds_sum") == {labels: 0.3}


@pytest.mark.parametrize("limit", ["peer", "decryptions"])
def test_refused_requests_are_counted_by_limit(told: UnsealerMetrics, limit: Limit) -> None:
    told.http_limited(limit)

    assert series(told, OURS + "http_limited_total") == {f"limit={limit}": 1.0}


def test_every_outcome_of_a_pass_can_be_told(told: UnsealerMetrics) -> None:
    for outcome in get_args(PassOutcome):
        told.pass_ended("shop", outcome=outcome, duration_seconds=0.0)

    assert len(series(told, OURS + "passes_total")) == len(get_args(PassOutcome))
