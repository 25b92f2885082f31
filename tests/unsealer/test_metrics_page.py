"""The page about metrics says what a scrape has."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

from gitopskit.unsealer import metrics
from gitopskit.unsealer.metric_list import METRICS

PAGE = (Path(__file__).parents[2] / "docs/howto/unsealer-metrics.md").read_text()
ROW = re.compile(r"^\| (?P<names>`[^|]*`) \| (?P<rest>.*) \|$", re.MULTILINE)
NAME = re.compile(r"`([a-z_]+)`")
METRIC = re.compile(r"(?:sealed_secrets_controller|gitopskit_unsealer)_[a-z_]+")


def rows() -> dict[str, list[str]]:
    """Return the cells behind the first one of each row, by the names in it."""
    found = ROW.finditer(PAGE)
    return {
        ", ".join(NAME.findall(row["names"])): [cell.strip() for cell in row["rest"].split("|")]
        for row in found
    }


def test_every_metric_is_listed_as_it_is() -> None:
    listed = {name: cells for name, cells in rows().items() if METRIC.fullmatch(name)}

    assert listed == {
        metric.name: [
            metric.kind,
            ", ".join(f"`{label}`" for label in metric.labels),
            metric.text,
        ]
        for metric in METRICS
    }


def test_words_from_fixed_lists_are_listed() -> None:
    cells = rows()

    listed = {label: set(NAME.findall(cells[label][0])) for label in ("outcome", "limit", "result")}

    assert listed == {
        "outcome": set(get_args(metrics.PassOutcome)),
        "limit": set(get_args(metrics.Limit)),
        "result": set(get_args(metrics.StatusWrite)),
    }


def test_nothing_is_mentioned_that_does_not_exist() -> None:
    mentioned = {name for name in METRIC.findall(PAGE) if not name.endswith("_")}

    assert mentioned - {metric.name for metric in METRICS} == set()
