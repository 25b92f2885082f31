"""Counters, gauges and histograms, read back with Prometheus' own parser."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from prometheus_client import REGISTRY
from prometheus_client.parser import text_string_to_metric_families

from gitopskit.controller import metrics
from gitopskit.controller.metrics import Metric, Metrics

if TYPE_CHECKING:
    from gitopskit.controller.metrics import Labels

COUNTER = Metric(name="pulls_total", kind="counter", text="Pulls.", labels=("of", "by"))
GAUGE = Metric(name="depth", kind="gauge", text="Depth.")
STATE = Metric(name="state", kind="gauge", text="State.", labels=("of",))
HISTOGRAM = Metric(name="wait_seconds", kind="histogram", text="Waits.", buckets=(0.1, 1.0))
LABELLED = Metric(
    name="took_seconds", kind="histogram", text="Took.", labels=("of",), buckets=(1.0,)
)


@pytest.fixture
def held() -> Metrics:
    return Metrics([COUNTER, GAUGE, STATE, HISTOGRAM, LABELLED])


def scraped(held: Metrics) -> dict[str, dict[Labels, float]]:
    """Return the samples by name, and by their labels' values in the order of the labels' names."""
    found: dict[str, dict[Labels, float]] = {}
    for family in text_string_to_metric_families(held.text().decode()):
        for sample in family.samples:
            labels = tuple(value for _, value in sorted(sample.labels.items()))
            found.setdefault(sample.name, {})[labels] = sample.value
    return found


def test_what_has_no_labels_is_there_from_the_beginning(held: Metrics) -> None:
    samples = scraped(held)

    assert samples["depth"] == {(): 0.0}
    assert samples["wait_seconds_count"] == {(): 0.0}
    assert "pulls_total" not in samples
    assert "took_seconds_count" not in samples


def test_a_counter_counts_by_its_labels(held: Metrics) -> None:
    held.add(COUNTER, "x", "me")
    held.add(COUNTER, "x", "me", amount=2)
    held.add(COUNTER, 'a "quoted"\nname', "you")

    assert scraped(held)["pulls_total"] == {("me", "x"): 3.0, ("you", 'a "quoted"\nname'): 1.0}


def test_a_gauge_is_what_it_was_set_to_last(held: Metrics) -> None:
    held.set(GAUGE, value=7)
    held.set(GAUGE, value=-1)

    assert scraped(held)["depth"] == {(): -1.0}


def test_a_followed_gauge_is_read_at_each_scrape(held: Metrics) -> None:
    queue = ["a"]
    held.follow(GAUGE, lambda: len(queue))

    first = scraped(held)["depth"]
    queue.append("b")
    second = scraped(held)["depth"]

    assert (first, second) == ({(): 1.0}, {(): 2.0})


def test_a_histogram_counts_up_to_each_bound(held: Metrics) -> None:
    for seconds in (0.1, 0.5, 1.0, 9.0):
        held.observe(HISTOGRAM, value=seconds)
    held.observe(LABELLED, "x", value=2)

    samples = scraped(held)

    assert samples["wait_seconds_bucket"] == {("0.1",): 1.0, ("1.0",): 3.0, ("+Inf",): 4.0}
    assert samples["wait_seconds_sum"] == {(): 10.6}
    assert samples["wait_seconds_count"] == {(): 4.0}
    assert samples["took_seconds_bucket"] == {("1.0", "x"): 0.0, ("+Inf", "x"): 1.0}


def test_what_is_dropped_is_gone(held: Metrics) -> None:
    held.add(COUNTER, "x", "me")

    held.drop(COUNTER, "x", "me")
    held.drop(COUNTER, "never", "seen")

    assert "pulls_total" not in scraped(held)


def test_the_number_of_series_is_bounded(held: Metrics, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metrics, "MOST_SERIES", 2)

    for name in ("a", "b", "c", "a"):
        held.add(COUNTER, name, "me")
        held.observe(LABELLED, name, value=0)
        held.set(STATE, name, value=7)

    samples = scraped(held)
    assert samples["pulls_total"] == {("me", "a"): 2.0, ("me", "b"): 1.0}
    assert samples["took_seconds_count"] == {("a",): 2.0, ("b",): 1.0}
    assert samples["state"] == {("a",): 7.0, ("b",): 7.0}


def test_nothing_is_registered_globally(held: Metrics) -> None:
    held.set(GAUGE, value=7)

    assert REGISTRY.get_sample_value("depth") is None
