"""Metrics: counts, measures and histograms of one process, and their text for Prometheus.

The only module that knows prometheus_client, and of it only the text format and the figures of the
process: nothing is registered globally. What is counted, and under which names, its users say.
Changes are made in the event loop; the text may be written in a thread meanwhile.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.metrics_core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
)
from prometheus_client.registry import Collector

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from prometheus_client import Metric as Family

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
"""Source: prometheus.io/docs, "Exposition formats", text-based format."""

MOST_SERIES: Final = 100_000
"""Combinations of label values that one metric keeps; what goes beyond is not counted."""

_INFINITE: Final = "+Inf"

Labels = tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """What is counted or measured; ``name`` is as queries write it, a counter's with ``_total``.

    ``buckets`` are the upper bounds of a histogram, ascending, without infinity.
    """

    name: str
    kind: Literal["counter", "gauge", "histogram"]
    text: str
    labels: Labels = ()
    buckets: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class _Observed:
    """What a histogram holds for one combination of labels: counts by bucket, and the sum."""

    counts: tuple[int, ...]
    total: float = 0.0

    def with_value(self, value: float, buckets: tuple[float, ...]) -> _Observed:
        index = bisect_left(buckets, value)
        counts = (*self.counts[:index], self.counts[index] + 1, *self.counts[index + 1 :])
        return _Observed(counts, self.total + value)


class Metrics:
    """The values of a list of metrics. Label values are given in the order of the metric's labels.

    A metric without labels is there from the beginning, others once they have a value.
    """

    def __init__(self, metrics: Iterable[Metric]) -> None:
        """Start with nothing counted."""
        self._values: dict[Metric, dict[Labels, float]] = {}
        self._observed: dict[Metric, dict[Labels, _Observed]] = {}
        self._followed: dict[Metric, Callable[[], float]] = {}
        for metric in metrics:
            self._begin(metric)
        self._registry = CollectorRegistry(auto_describe=False)
        self._registry.register(_Values(self._families))
        ProcessCollector(registry=self._registry)

    def add(self, metric: Metric, *labels: str, amount: float = 1.0) -> None:
        """Count in a counter."""
        values = self._values[metric]
        if labels in values or len(values) < MOST_SERIES:
            values[labels] = values.get(labels, 0.0) + amount

    def set(self, metric: Metric, *labels: str, value: float) -> None:
        """Set a gauge."""
        values = self._values[metric]
        if labels in values or len(values) < MOST_SERIES:
            values[labels] = value

    def observe(self, metric: Metric, *labels: str, value: float) -> None:
        """Put a value into a histogram."""
        observed = self._observed[metric]
        if labels in observed or len(observed) < MOST_SERIES:
            before = observed.get(labels) or _nothing(metric)
            observed[labels] = before.with_value(value, metric.buckets)

    def follow(self, metric: Metric, read: Callable[[], float]) -> None:
        """Have a gauge without labels read whenever the text is written."""
        self._followed[metric] = read

    def drop(self, metric: Metric, *labels: str) -> None:
        """Forget a combination of labels, whose object is gone."""
        self._values[metric].pop(labels, None)

    def text(self) -> bytes:
        """Return everything as Prometheus reads it."""
        return generate_latest(self._registry)

    def _begin(self, metric: Metric) -> None:
        if metric.kind == "histogram":
            self._observed[metric] = {} if metric.labels else {(): _nothing(metric)}
        else:
            self._values[metric] = {} if metric.labels else {(): 0.0}

    def _families(self) -> Iterator[Family]:
        for metric, read in list(self._followed.items()):
            self.set(metric, value=read())
        for metric, values in self._values.items():
            make = CounterMetricFamily if metric.kind == "counter" else GaugeMetricFamily
            family = make(metric.name, metric.text, labels=metric.labels)
            for labels, value in values.copy().items():
                family.add_metric(labels, value)
            yield family
        for metric, observed in self._observed.items():
            yield _histogram(metric, observed.copy())


class _Values(Collector):
    """What the library asks for the values."""

    def __init__(self, families: Callable[[], Iterator[Family]]) -> None:
        self._families = families

    def collect(self) -> Iterable[Family]:
        return self._families()


def _nothing(metric: Metric) -> _Observed:
    return _Observed((0,) * (len(metric.buckets) + 1))


def _histogram(metric: Metric, observed: dict[Labels, _Observed]) -> HistogramMetricFamily:
    family = HistogramMetricFamily(metric.name, metric.text, labels=metric.labels)
    bounds = (*(repr(bound) for bound in metric.buckets), _INFINITE)
    for labels, held in observed.items():
        counted, buckets = 0, []
        for bound, count in zip(bounds, held.counts, strict=True):
            counted += count
            buckets.append((bound, float(counted)))
        family.add_metric(labels, buckets=buckets, sum_value=held.total)
    return family
