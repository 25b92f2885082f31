"""When a revision is bad, and which commit is deployed instead."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from gitopskit.errors import InputError
from gitopskit.health.assess import Health
from gitopskit.reconciler import rollback, rollback_request
from gitopskit.reconciler.inventory import Entry
from gitopskit.reconciler.status import Operation, Report
from gitopskit.timestamps import rfc3339
from tests.support.desiring import APPLIER, REF

if TYPE_CHECKING:
    from gitopskit.manifests.json_types import JsonObject

NOW = datetime(2026, 11, 26, tzinfo=UTC)
GOOD, BAD, NEW = "a" * 40, "b" * 40, "c" * 40
MODE, AFTER = "gitopskit.io/rollback", "gitopskit.io/rollback-after"
GOAL: Any = SimpleNamespace(application=SimpleNamespace(rollback_after=300.0))
SPEC: JsonObject = {"spec": {"project": "shop"}}


def tracked(
    status: JsonObject,
    *,
    is_exhausted: bool = False,
    phase: str = "Succeeded",
    head: str = BAD,
    waiting: str = "",
    is_as_bad: bool = False,
) -> Any:  # noqa: ANN401 -- stands for a Tracked
    return SimpleNamespace(
        content=SPEC,
        status=status,
        head=head,
        run=SimpleNamespace(phase=phase),
        failures={},
        is_exhausted=is_exhausted,
        held=waiting,
        is_as_bad=is_as_bad,
    )


def healthy_before(**more: Any) -> JsonObject:  # noqa: ANN401 -- parts of a status
    said = {"type": "HealthyRevision", "message": f"the last healthy revision is {GOOD}"}
    return {"conditions": [said], **more}


def report(health: Any, *, seconds_ago: float | None = 1) -> Report:  # noqa: ANN401 -- a status
    found = Report(sync="Synced", health=Health(health), revision=BAD)
    if seconds_ago is None:
        return found
    begun = NOW - timedelta(seconds=seconds_ago)
    operation = Operation(
        phase="Succeeded", message="", revision=BAD, started_at=begun, finished_at=None
    )
    return replace(found, operation=operation)


def reason(found: Report) -> str:
    return dict(found.conditions).get("RolledBack", "").partition("): ")[2]


@pytest.mark.parametrize(
    ("annotations", "expected"),
    [({}, None), ({MODE: "on-degraded"}, 300.0), ({MODE: "on-degraded", AFTER: "10s"}, 10.0)],
)
def test_a_rollback_is_asked_for(annotations: dict[str, str], expected: float | None) -> None:
    source: Any = SimpleNamespace(chart="")

    found = rollback_request.after_of(
        {"metadata": {"annotations": annotations}}, sources=[source], is_automated=True, where="a"
    )

    assert found == expected


@pytest.mark.parametrize(
    ("annotations", "is_automated", "problem"),
    [
        ({AFTER: "5m"}, True, "no mode"),
        ({MODE: "always"}, True, "no mode"),
        ({MODE: "on-degraded"}, False, "only automated sync"),
        ({MODE: "on-degraded", AFTER: "0"}, True, "no length"),
    ],
)
def test_what_cannot_be_done_is_refused(
    annotations: dict[str, str], problem: str, *, is_automated: bool
) -> None:
    source: Any = SimpleNamespace(chart="")
    content: JsonObject = {"metadata": {"annotations": annotations}}

    with pytest.raises(InputError, match=problem):
        rollback_request.after_of(content, sources=[source], is_automated=is_automated, where="a")


@pytest.mark.parametrize(
    ("health", "ago", "is_exhausted", "why"),
    [
        ("Degraded", 1, False, "it was Degraded: no reason is told"),
        ("Progressing", 1, True, "its sync failed"),
        ("Progressing", 301, False, "it was Progressing, not Healthy in time"),
        ("Progressing", 299, False, ""),
        ("Progressing", None, False, ""),
        ("Healthy", 301, False, ""),
    ],
)
def test_a_revision_is_bad_for_a_reason(
    health: str, ago: float | None, why: str, *, is_exhausted: bool
) -> None:
    item = tracked(healthy_before(), is_exhausted=is_exhausted)

    found, _ = rollback.judged(item, GOAL, report(health, seconds_ago=ago), now=NOW)

    assert reason(found) == why


@pytest.mark.parametrize(("began", "why"), [(NOW, ""), (NOW - timedelta(hours=1), "late")])
def test_a_revision_is_not_blamed_for_what_was_degraded_before(began: datetime, why: str) -> None:
    since = rfc3339(NOW - timedelta(hours=2))
    state = {"syncResult": {"revision": BAD}, "startedAt": rfc3339(began)}
    health = {"status": "Degraded", "lastTransitionTime": since}
    item = tracked(healthy_before(health=health, operationState=state))

    found, _ = rollback.judged(item, GOAL, report("Degraded", seconds_ago=None), now=NOW)

    assert bool(reason(found)) is bool(why)


def test_without_a_healthy_revision_there_is_nowhere_to_go() -> None:
    found, delay = rollback.judged(tracked({}), GOAL, report("Degraded"), now=NOW)

    assert (found.conditions, delay) == ((), None)


def test_who_did_not_ask_is_not_judged() -> None:
    goal: Any = SimpleNamespace(application=SimpleNamespace(rollback_after=None))

    assert rollback.judged(tracked({}), goal, report("Degraded"), now=NOW)[1] is None


def test_the_bad_commit_is_remembered_until_another_or_another_spec() -> None:
    item = tracked(healthy_before())
    found, delay = rollback.judged(item, GOAL, report("Degraded"), now=NOW)
    status: JsonObject = {
        "conditions": [{"type": kind, "message": text} for kind, text in found.conditions]
    }

    after, _ = rollback.judged(tracked(status), GOAL, report("Progressing"), now=NOW)
    alike = tracked(status, head=NEW, is_as_bad=True)
    kept_for, _ = rollback.judged(alike, GOAL, report("Healthy"), now=NOW)
    cleared, _ = rollback.judged(tracked(status, head=NEW), GOAL, report("Healthy"), now=NOW)

    assert delay == 0.0
    assert rollback.commit_of(SPEC, status, head=BAD) == GOOD
    assert rollback.commit_of(SPEC, status, head=NEW) == NEW
    assert rollback.commit_of(SPEC, status, head=NEW, is_as_bad=True) == GOOD
    assert rollback.commit_of({"spec": {}}, status, head=BAD) == BAD
    assert after.conditions == found.conditions
    assert reason(kept_for) == reason(found)
    assert not reason(cleared)
    assert rollback.news(found, {})
    assert not rollback.news(found, status)
    kept = rollback.remembered(tracked(status), report("Unknown"))
    assert kept.conditions == found.conditions


def test_a_revision_that_is_not_told_yet_is_not_judged() -> None:
    found, delay = rollback.judged(
        tracked(healthy_before()), GOAL, replace(report("Degraded"), revision=""), now=NOW
    )

    assert (reason(found), delay) == ("", None)


def test_a_revision_that_waits_for_other_applications_is_not_late() -> None:
    waiting = tracked(healthy_before(), waiting="waits for database")

    found, delay = rollback.judged(waiting, GOAL, report("Progressing", seconds_ago=900), now=NOW)

    assert reason(found) == ""
    assert delay is None


@pytest.mark.parametrize(
    ("is_taken", "head", "is_asked"),
    [
        pytest.param(True, BAD, True, id="taken-by-the-bad-one"),
        pytest.param(False, BAD, False, id="made-by-the-bad-one"),
        pytest.param(True, NEW, False, id="after-a-later-commit"),
    ],
)
def test_what_a_bad_revision_took_from_others_is_asked_about(
    is_taken: bool,  # noqa: FBT001 -- parameters of the table
    head: str,
    is_asked: bool,  # noqa: FBT001 -- likewise
) -> None:
    first, _ = rollback.judged(tracked(healthy_before()), GOAL, report("Degraded"), now=NOW)
    said = [{"type": kind, "message": message} for kind, message in first.conditions]
    entry = Entry(ref=REF, version="v1", applier=APPLIER, is_taken=is_taken)

    doubt = rollback.doubt_of(tracked({"conditions": said}, head=head), entry)

    assert bool(doubt) is is_asked
