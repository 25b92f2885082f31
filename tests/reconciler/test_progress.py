"""How far an Application is from what somebody waits for, and when that will never be."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from gitopskit.reconciler.application import Follow
from gitopskit.reconciler.heads import name_of
from gitopskit.reconciler.progress import progress

if TYPE_CHECKING:
    from gitopskit.manifests.json_types import JsonObject

HEALTHY = {"type": "HealthyRevision", "message": "the last healthy revision is c1"}
BACK = {"type": "RolledBack", "message": "c1 is deployed instead of c2"}


def seen(commit: str) -> dict[str, str]:
    record = {"commits": [commit], "passed": ["web"]}
    return {name_of(Follow("u", "HEAD", "p")): json.dumps(record)}


HEADS = seen("c2")


def application(sync: str, health: str, **status: object) -> JsonObject:
    told = {"sync": {"status": sync, "revision": "c1"}, "health": {"status": health}, **status}
    return {
        "metadata": {"name": "web"},
        "spec": {"project": "p", "source": {"repoURL": "u"}},
        "status": told,
    }


def unwell(*conditions: str, **status: object) -> JsonObject:
    told = [{"type": kind, "message": "no"} for kind in conditions]
    return application("OutOfSync", "Missing", conditions=told, **status)


def failed(revision: str, *, message: str = "refused") -> JsonObject:
    operation = {"phase": "Failed", "message": message, "syncResult": {"revision": revision}}
    return unwell(operationState=operation)


@pytest.mark.parametrize(
    ("content", "revision", "state"),
    [
        pytest.param(None, "", "there is no such Application", id="absent"),
        pytest.param({}, "", "not seen yet, Unknown", id="new"),
        pytest.param({"status": "odd"}, "", "not seen yet, Unknown", id="misshapen"),
        pytest.param(application("Synced", "Healthy"), "", "", id="done"),
        pytest.param(application("Synced", "Healthy"), "c1", "", id="at-the-revision"),
        pytest.param(application("Synced", "Healthy"), "c3", "still at c1", id="at-another"),
        pytest.param(application("Synced", "Healthy"), "c2", "", id="seen-without-a-change"),
        pytest.param(
            application("Synced", "Progressing"), "", "Synced, Progressing", id="starting"
        ),
        pytest.param(unwell("SyncError"), "", "OutOfSync, Missing; no", id="refused"),
        pytest.param(
            application("Synced", "Progressing", conditions=[HEALTHY]),
            "",
            "Synced, Progressing",
            id="with-a-healthy-revision",
        ),
        pytest.param(
            application("Synced", "Healthy", conditions=[HEALTHY, BACK]),
            "",
            "rolled back: c1 is deployed instead of c2",
            id="rolled-back",
        ),
    ],
)
def test_progress_says_what_is_waited_for(
    content: JsonObject | None, revision: str, state: str
) -> None:
    found = progress("web", content, revision=revision, heads=HEADS)

    assert (found.state, found.is_done, found.is_final) == (state, not state, "rolled" in state)


@pytest.mark.parametrize(
    ("revision", "heads", "is_final"),
    [
        pytest.param("", {}, True, id="none"),
        pytest.param("c2", {}, True, id="the-bad-one"),
        pytest.param("c3", HEADS, False, id="not-seen"),
        pytest.param("c3", seen("c3"), True, id="as-bad"),
    ],
)
def test_a_commit_that_is_rolled_back_is_given_up_but_not_another(
    revision: str, heads: dict[str, str], *, is_final: bool
) -> None:
    content = application("Synced", "Healthy", conditions=[HEALTHY, BACK])

    found = progress("web", content, revision=revision, heads=heads)

    assert not found.is_done
    assert found.is_final is is_final


@pytest.mark.parametrize(
    ("revision", "is_final"),
    [("", True), ("c1", True), ("c2", True), ("c3", False)],
    ids=["whatever-is-there", "the-one-that-failed", "one-that-was-passed", "one-to-come"],
)
def test_a_sync_that_failed_for_good_is_given_up(revision: str, *, is_final: bool) -> None:
    found = progress("web", failed("c1"), revision=revision, heads=HEADS)

    assert found.is_final is is_final
    assert (found.state == "its sync failed for good: refused") is is_final


def test_a_sync_that_failed_without_a_word_says_so() -> None:
    assert progress("web", failed("c1", message="")).state.endswith("no reason is told")


def test_a_sync_that_is_repeated_is_waited_for() -> None:
    found = progress("web", unwell("SyncError", operationState={"phase": "Running"}))

    assert (found.is_final, found.is_stuck) == (False, False)


@pytest.mark.parametrize("kind", ["DeletionConfirmationRequired", "OwnershipConflict"])
def test_what_a_person_must_decide_is_stuck(kind: str) -> None:
    found = progress("web", unwell(kind))

    assert (found.is_stuck, found.needs_person, found.is_final) == (True, True, False)


def test_a_question_about_another_commit_is_not_ours() -> None:
    found = progress("web", unwell("OwnershipConflict"), revision="c9", heads=HEADS)

    assert (found.is_stuck, found.needs_person) == (False, False)


@pytest.mark.parametrize(
    ("condition", "revision", "is_stuck"),
    [
        ("InvalidSpecError", "c9", True),
        ("EmptyRenderRefused", "c2", True),
        ("EmptyRenderRefused", "c9", False),
        ("ComparisonError", "c2", True),
        ("ComparisonError", "", True),
        ("ComparisonError", "c9", False),
    ],
    ids=[
        "refused",
        "empty",
        "empty-before",
        "does-not-build",
        "does-not-build-now",
        "not-read-yet",
    ],
)
def test_what_retrying_does_not_mend_is_stuck(
    condition: str, revision: str, *, is_stuck: bool
) -> None:
    found = progress("web", unwell(condition), revision=revision, heads=HEADS)

    assert found.is_stuck is is_stuck
    assert not found.needs_person


@pytest.mark.parametrize(
    ("spec", "is_stuck"),
    [
        ({"project": "p", "sources": [{"repoURL": "u"}, {"repoURL": "u", "chart": "c"}]}, False),
        ({"project": "p", "sources": "odd"}, False),
        ({"project": "p", "sources": [{"repoURL": "u"}]}, True),
    ],
    ids=["a-chart-may-be-away", "misshapen", "several"],
)
def test_what_comes_from_a_server_of_charts_may_come_later(
    spec: JsonObject, *, is_stuck: bool
) -> None:
    content = {**unwell("ComparisonError"), "spec": spec}

    assert progress("web", content, heads=HEADS).is_stuck is is_stuck


def test_an_application_that_is_to_be_left_alone_is_stuck() -> None:
    annotations = {"argocd.argoproj.io/skip-reconcile": "true"}
    content = {**unwell(), "metadata": {"name": "web", "annotations": annotations}}

    found = progress("web", content)

    assert found.is_stuck
    assert found.state.endswith("argocd.argoproj.io/skip-reconcile is set")
