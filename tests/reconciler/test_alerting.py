"""What is news to a receiver: changes and recoveries, once each."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitopskit.reconciler.alerting import (
    TOPICS,
    Told,
    after,
    commit_news,
    news,
    read_told,
    seconds_until_stuck,
    troubles,
    write_told,
)

if TYPE_CHECKING:
    from gitopskit.manifests.json_types import JsonObject

ONE, TWO = "a" * 40, "b" * 40
HEALS: JsonObject = {"automated": {"selfHeal": True}}


def app(
    *,
    sync: str = "Synced",
    health: str = "Healthy",
    revision: str = ONE,
    policy: JsonObject = HEALS,
    **status: Any,  # noqa: ANN401 -- parts of a status
) -> JsonObject:
    return {
        "metadata": {"name": "shop"},
        "spec": {
            "project": "shops",
            "destination": {"namespace": "prod-shop"},
            "source": {"repoURL": "https://git.example.com/shop.git"},
            "syncPolicy": policy,
        },
        "status": {
            "sync": {"status": sync, "revision": revision},
            "health": {"status": health},
            **status,
        },
    }


def condition(kind: str, message: str = "why") -> JsonObject:
    return {"conditions": [{"type": kind, "message": message}]}


def failed(revision: str = ONE, message: str = "failed after 1 attempts") -> JsonObject:
    return {
        "operationState": {
            "phase": "Failed",
            "message": message,
            "syncResult": {"revision": revision},
        }
    }


def told_of(content: JsonObject, told: Told | None = None) -> Told:
    """Return what a receiver knows when it was told everything."""
    known = dict(told or {})
    for item in news(content, known, name="shop"):
        known = after(known, item)
    return known


OUT_OF_SYNC = {"status": "OutOfSync", "kind": "Service", "namespace": "prod-shop", "name": "web"}


@pytest.mark.parametrize(
    ("content", "topic", "words"),
    [
        (app(**failed()), "sync", "failed after 1 attempts"),
        (app(**condition("SyncError")), "sync", "SyncError: why"),
        (
            app(operationState={"phase": "Running", "retryCount": 2}, **condition("SyncError")),
            "sync",
            "SyncError: why",
        ),
        (app(**condition("ComparisonError")), "sync", "ComparisonError: why"),
        (app(**condition("InvalidSpecError")), "sync", "InvalidSpecError: why"),
        (app(**condition("OwnershipConflict")), "sync", "OwnershipConflict: why"),
        (
            app(sync="OutOfSync", policy={"automated": {}}, resources=[OUT_OF_SYNC, "odd"]),
            "divergence",
            "these differ from Git: Service/prod-shop/web",
        ),
        (app(sync="OutOfSync", policy={}), "divergence", "it differs from Git"),
        (app(health="Degraded"), "health", "it is Degraded"),
        (app(**condition("DeletionConfirmationRequired")), "guard", "DeletionConfirmationRequired"),
        (app(**condition("EmptyRenderRefused")), "guard", "EmptyRenderRefused: why"),
        (app(**condition("RolledBack")), "rollback", "RolledBack: why"),
    ],
)
def test_each_trouble_has_its_topic(content: JsonObject, topic: str, words: str) -> None:
    [(found, trouble)] = troubles(content).items()

    assert found == topic
    assert words in trouble.message


@pytest.mark.parametrize(
    "content",
    [
        app(),
        app(sync="OutOfSync"),
        app(sync="OutOfSync", policy={}, operationState={"phase": "Running"}),
        app(health="Progressing"),
        app(operationState={"phase": "Succeeded"}),
        app(operationState={"phase": "Running", "retryCount": 1}, **condition("SyncError")),
        app(**condition("DriftFight")),
        app(**condition("NothingRendered")),
        app(sync="OutOfSync", policy={"automated": {}}, **condition("WaitingForSyncWindow")),
        {"metadata": {"name": "new"}},
    ],
    ids=[
        "well",
        "healed soon",
        "under way",
        "coming up",
        "synced",
        "tried again",
        "other condition",
        "renders to nothing",
        "waits for a window",
        "new",
    ],
)
def test_what_passes_by_itself_is_no_trouble(content: JsonObject) -> None:
    assert troubles(content) == {}


def handing(message: str = "ConfigMap/prod-shop/web: is refused") -> JsonObject:
    """Return an Application that hands something over since the hour."""
    since = {"lastTransitionTime": "2026-01-01T00:00:00Z"}
    return app(conditions=[{"type": "HandingOver", "message": message, **since}])


HOUR: Final = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("minutes", "expected"),
    [
        pytest.param(4, {}, id="under-way"),
        pytest.param(5, {"divergence": "HandingOver"}, id="stuck"),
    ],
)
def test_a_hand_over_is_trouble_once_it_lasts(minutes: int, expected: dict[str, str]) -> None:
    found = troubles(handing(), now=HOUR + timedelta(minutes=minutes))

    assert {topic: it.identity for topic, it in found.items()} == expected


def test_a_stuck_hand_over_is_told_once_whatever_its_words_and_so_is_its_end() -> None:
    late, told = HOUR + timedelta(minutes=6), {"divergence": "HandingOver"}
    [begun] = news(handing(), {}, name="shop", now=late)
    changed = news(handing("others"), told, name="shop", now=HOUR)
    [ended] = news(app(), told, name="shop", now=late)

    assert (begun.told, begun.state) == ("HandingOver", "firing")
    assert "is refused" in begun.message
    assert changed == []
    assert ended.state == "resolved"


@pytest.mark.parametrize(
    ("content", "minutes", "expected"),
    [
        pytest.param(handing(), 1, 240.0, id="under-way"),
        pytest.param(handing(), 5, None, id="stuck"),
        pytest.param(app(), 1, None, id="nothing-to-hand-over"),
    ],
)
def test_a_hand_over_is_looked_at_again_when_it_may_be_stuck(
    content: JsonObject, minutes: int, expected: float | None
) -> None:
    assert seconds_until_stuck(content, now=HOUR + timedelta(minutes=minutes)) == expected


def test_trouble_is_told_once_and_its_end_once() -> None:
    bad, well = app(health="Degraded"), app()

    [begun] = news(bad, {}, name="shop")
    told = told_of(bad)
    again = news(bad, told, name="shop")
    [ended] = news(well, told, name="shop")

    assert (begun.topic, begun.state) == ("health", "firing")
    assert again == []
    assert (ended.topic, ended.state) == ("health", "resolved")
    assert told_of(well, told) == {}


def test_another_try_of_the_same_commit_is_no_news() -> None:
    told = told_of(app(**failed()))

    assert news(app(**failed(message="failed after 2 attempts")), told, name="shop") == []


def test_another_commit_that_fails_is_news() -> None:
    told = told_of(app(**failed()))

    [item] = news(app(**failed(revision=TWO)), told, name="shop")

    assert item.state == "firing"


def test_other_objects_to_confirm_are_news() -> None:
    told = told_of(app(**condition("DeletionConfirmationRequired", "a")))

    [item] = news(app(**condition("DeletionConfirmationRequired", "b")), told, name="shop")

    assert item.state == "firing"


def test_an_application_that_is_gone_ends_its_troubles() -> None:
    told = told_of(app(health="Degraded"))

    [item] = news(None, told, name="shop")

    assert (item.state, item.message) == ("resolved", "the Application is gone")
    assert item.about.application == "shop"


def test_topics_that_nobody_asks_for_are_without_trouble() -> None:
    bad = app(health="Degraded")

    assert news(bad, {}, name="shop", topics=["sync"]) == []
    [ended] = news(bad, told_of(bad), name="shop", topics=["sync"])
    assert ended.state == "resolved"


def test_who_forgets_hears_again_what_is_wrong() -> None:
    bad = app(health="Degraded")

    [again] = news(bad, told_of(bad), name="shop", is_repeated=True)

    assert again.state == "firing"


def test_a_message_names_the_application_and_where_it_is() -> None:
    [item] = news(app(health="Degraded"), {}, name="shop")

    assert item.about.project == "shops"
    assert item.about.namespace == "prod-shop"
    assert item.about.repository == "https://git.example.com/shop.git"
    assert item.about.revision == ONE


def test_the_first_of_several_sources_is_named() -> None:
    content = app(health="Degraded")
    content["spec"]["sources"] = [content["spec"].pop("source")]

    [item] = news(content, {}, name="shop")

    assert item.about.repository == "https://git.example.com/shop.git"


def test_words_of_others_are_cut_and_scrubbed() -> None:
    said = 'Invalid value: "s3cret" at https://me:pw@git.example.com/x ' + "x" * 5000
    [trouble] = troubles(app(**condition("SyncError", said))).values()

    assert "s3cret" not in trouble.message
    assert "pw@" not in trouble.message
    assert len(trouble.message) <= 1024


@pytest.mark.parametrize(
    ("content", "verdict"),
    [
        (app(), "success"),
        (app(health="Suspended"), "success"),
        (app(health="Degraded"), "failure"),
        (app(**failed()), "failure"),
    ],
)
def test_a_commit_gets_a_verdict_once(content: JsonObject, verdict: str) -> None:
    item = commit_news(content, {})
    assert item is not None
    again = commit_news(content, after({}, item))

    assert (item.verdict, item.about.revision) == (verdict, ONE)
    assert again is None


@pytest.mark.parametrize(
    "content",
    [app(health="Progressing"), app(sync="OutOfSync"), app(revision="1.2.3"), app(revision="")],
    ids=["coming up", "not synced", "a chart", "nothing yet"],
)
def test_what_is_not_settled_gets_no_verdict(content: JsonObject) -> None:
    assert commit_news(content, {}) is None


def test_a_verdict_that_changes_is_told_again() -> None:
    item = commit_news(app(health="Degraded"), {})
    assert item is not None
    told = after({}, item)

    later = commit_news(app(), told)

    assert later is not None
    assert later.verdict == "success"


NAMES = st.from_regex(r"[a-z0-9.-]{1,20}", fullmatch=True)
WHAT = st.from_regex(r"[A-Za-z0-9 ]{1,40}", fullmatch=True)


@given(
    st.dictionaries(NAMES, st.dictionaries(st.sampled_from([*TOPICS, "commit"]), WHAT, min_size=1))
)
def test_what_was_told_is_read_as_it_was_written(told: dict[str, Told]) -> None:
    assert read_told(write_told(told)) == told


@given(st.text())
def test_a_record_in_any_form_is_read(text: str) -> None:
    found = read_told(text)

    assert read_told(write_told(found)) == found


@given(
    st.lists(
        st.sampled_from(
            [app(), app(health="Degraded"), app(**failed()), app(sync="OutOfSync", policy={})]
        )
    )
)
def test_a_restart_after_any_history_tells_nothing_again(history: list[JsonObject]) -> None:
    told: Told = {}
    for content in history:
        told = told_of(content, told)
        record = read_told(write_told({"shop": told}))

        assert news(content, record.get("shop", {}), name="shop") == []
