"""How sealing keys are counted for the metrics."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from gitopskit.sealing.key_secrets import ClusterKey
from gitopskit.unsealer.key_census import census_of
from gitopskit.unsealer.metrics import KeyCensus
from tests.support.sealing import BORN

_KEY = ClusterKey(
    name="new",
    fingerprint="SHA256:new",
    state="active",
    not_before_utc=BORN,
    not_after_utc=BORN + timedelta(days=1),
    created_utc=BORN,
)


def test_keys_of_a_kind_are_counted() -> None:
    keys = [
        replace(_KEY, name="newest", state="pending", not_before_utc=BORN + timedelta(days=2)),
        _KEY,
        replace(_KEY, name="old", backed_up_utc=BORN, not_before_utc=BORN - timedelta(days=9)),
        replace(_KEY, name="other", kind="hybrid"),
    ]

    assert census_of(keys, "rsa", unusable=3) == KeyCensus(
        active=2,
        pending=1,
        unusable=3,
        without_backup=2,
        not_before_utc=BORN,
        not_after_utc=BORN + timedelta(days=1),
    )


def test_there_may_be_no_key_of_a_kind() -> None:
    assert census_of([_KEY], "hybrid", unusable=0) == KeyCensus()
