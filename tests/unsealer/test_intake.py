"""What the watches show becomes work: what, how soon, and only where it is this replica's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from structlog.testing import capture_logs

from gitopskit.kube.watch import Change, Listed
from gitopskit.unsealer import status
from gitopskit.unsealer.contents import keep_secret
from gitopskit.unsealer.intake import Intake
from gitopskit.unsealer.metrics import UnsealerMetrics
from gitopskit.unsealer.records import Key, Mark, Seen, Settled
from gitopskit.unsealer.status import UNSEAL_FAILED, Outcome
from tests.support.clock import ManualClock

if TYPE_CHECKING:
    from typing import Literal

    from gitopskit.manifests.json_types import JsonValue

KEY = Key("shop", "db")
SUCCESS = status.success([])
FAILURE = Outcome(reason=UNSEAL_FAILED, message="no key opens `a`")


def sealed(name: str = "db", **metadata: JsonValue) -> dict[str, Any]:
    metadata = {
        "namespace": "shop",
        "name": name,
        "uid": f"{name}-uid",
        "resourceVersion": "1",
        "generation": 1,
        **metadata,
    }
    return {"metadata": metadata, "spec": {"encryptedData": {"a": "Ag=="}}}


def told(content: dict[str, Any], outcome: Outcome) -> dict[str, Any]:
    condition = {
        "type": "Synced",
        "status": "True" if outcome.is_synced else "False",
        "reason": outcome.reason,
        "message": outcome.message,
    }
    return {**content, "status": {"observedGeneration": 1, "conditions": [condition]}}


def secret(version: str = "1", name: str = "db") -> dict[str, Any]:
    metadata = {"namespace": "shop", "name": name, "uid": "s", "resourceVersion": version}
    return {"metadata": metadata}


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def metrics(clock: ManualClock) -> UnsealerMetrics:
    return UnsealerMetrics(clock, revision="test")


@pytest.fixture
def intake(clock: ManualClock, metrics: UnsealerMetrics) -> Intake:
    """Return an intake that leads, of a namespace that is open."""
    intake = Intake(clock, metrics=metrics)
    intake.open("shop")
    intake.lead()
    return intake


def see_sealed(
    intake: Intake,
    content: dict[str, Any],
    kind: Literal["ADDED", "MODIFIED", "DELETED"] = "MODIFIED",
) -> None:
    kept = intake.contents.keep(content)
    intake.see_sealed(Change(kind=kind, object=kept), "shop")


def list_sealed(intake: Intake, *contents: dict[str, Any]) -> None:
    kept = tuple(map(intake.contents.keep, contents))
    intake.see_sealed(Listed(items=kept), "shop")


def see_secret(intake: Intake, content: dict[str, Any], *, is_gone: bool = False) -> None:
    kind: Literal["MODIFIED", "DELETED"] = "DELETED" if is_gone else "MODIFIED"
    intake.see_secrets(Change(kind=kind, object=keep_secret(content)), "shop")


def settle(intake: Intake, outcome: Outcome = SUCCESS, mark: Mark | None = None) -> None:
    wish = Seen.of(sealed()).wish
    versions = frozenset({"1"})
    intake.memory.settle(KEY, Settled(wish=wish, outcome=outcome, mark=mark, versions=versions))


async def taken(intake: Intake) -> list[str]:
    """Return the names in the queue, in their order."""
    names = []
    while len(intake.queue):
        key = await intake.queue.get()
        intake.queue.done(key)
        names.append(key.name)
    return names


async def test_what_comes_is_taken_before_what_was_listed(intake: Intake) -> None:
    list_sealed(intake, sealed("first"), sealed("second"))
    see_sealed(intake, sealed("new"), "ADDED")

    assert await taken(intake) == ["new", "first", "second"]


async def test_an_odd_object_on_a_list_hides_none_of_the_others(intake: Intake) -> None:
    odd = {**sealed("odd"), "spec": {"encryptedData": {}, "template": "no mapping"}}

    with capture_logs() as lines:
        list_sealed(intake, odd, sealed("good"))

    assert await taken(intake) == ["good"]
    assert [(line["event"], line["object"]) for line in lines] == [
        ("object_not_understood", "shop/odd")
    ]


async def test_an_odd_secret_on_a_list_hides_none_of_the_others(intake: Intake) -> None:
    list_sealed(intake, sealed())
    odd: dict[str, Any] = {"metadata": {"namespace": "shop", "name": "odd"}}

    intake.see_secrets(Listed(items=(odd, keep_secret(secret("7")))), "shop")

    assert intake.memory.mark(KEY) == Mark("s", "7")


async def test_a_failure_that_changed_nothing_waits_for_its_turn(
    intake: Intake, clock: ManualClock
) -> None:
    see_sealed(intake, sealed())
    settle(intake, FAILURE)
    intake.queue.add_after(KEY, 10)

    at_once = intake.is_too_early(KEY)
    see_sealed(intake, sealed(generation=2, resourceVersion="2"))
    when_it_changed = intake.is_too_early(KEY)
    see_sealed(intake, sealed())
    await clock.wake(10)

    assert at_once
    assert not when_it_changed
    assert not intake.is_too_early(KEY)


async def test_what_is_told_as_failed_comes_after_what_may_be_good(intake: Intake) -> None:
    list_sealed(intake, told(sealed("broken"), FAILURE), sealed("good"))

    assert await taken(intake) == ["good", "broken"]


async def test_a_follower_queues_nothing_until_it_leads(
    clock: ManualClock, metrics: UnsealerMetrics
) -> None:
    intake = Intake(clock, metrics=metrics)
    intake.open("shop")
    list_sealed(intake, sealed())
    see_sealed(intake, sealed("other"), "ADDED")
    before = len(intake.queue)

    intake.lead()

    assert before == 0
    assert await taken(intake) == ["db", "other"]


async def test_what_was_settled_is_looked_at_again_after_standing_down(intake: Intake) -> None:
    list_sealed(intake, sealed())
    settle(intake)
    await taken(intake)

    intake.stand_down()
    is_leading = intake.is_leading
    intake.lead()

    assert not is_leading
    assert await taken(intake) == ["db"]


async def test_who_stands_down_leaves_nothing_waiting(intake: Intake, clock: ManualClock) -> None:
    list_sealed(intake, sealed("ready"))
    intake.queue.add_after(KEY, 5)

    intake.stand_down()
    await clock.wake(60)

    assert len(intake.queue) == 0


async def test_a_namespace_waits_until_it_is_wholly_known(
    clock: ManualClock, metrics: UnsealerMetrics
) -> None:
    intake = Intake(clock, metrics=metrics)
    intake.lead()
    list_sealed(intake, sealed())
    before = len(intake.queue)

    intake.open("shop")
    intake.open("shop")

    assert before == 0
    assert await taken(intake) == ["db"]


async def test_a_namespace_that_is_left_is_forgotten(
    intake: Intake, metrics: UnsealerMetrics
) -> None:
    list_sealed(intake, sealed())
    shown = b'name="db"' in metrics.text()

    intake.close("shop")
    see_sealed(intake, sealed("late"), "ADDED")

    assert shown
    assert b'name="db"' not in metrics.text()
    assert intake.memory.seen(KEY) is None


async def test_what_needs_no_look_is_not_held(intake: Intake) -> None:
    list_sealed(intake, sealed())
    settle(intake)
    await taken(intake)

    see_sealed(intake, sealed(resourceVersion="1"))

    assert len(intake.contents) == 0
    assert await taken(intake) == []


async def test_a_secret_that_changes_is_looked_at_at_once(intake: Intake) -> None:
    list_sealed(intake, sealed())
    settle(intake)
    await taken(intake)

    see_secret(intake, secret())
    edited = await taken(intake)
    settle(intake, mark=Mark("s", "1"))
    see_secret(intake, secret(), is_gone=True)

    assert edited == ["db"]
    assert await taken(intake) == ["db"]


async def test_a_fresh_list_of_secrets_shows_what_changed(intake: Intake) -> None:
    list_sealed(intake, sealed())
    settle(intake)
    await taken(intake)

    intake.see_secrets(Listed(items=(keep_secret(secret()),)), "shop")

    assert await taken(intake) == ["db"]


async def test_a_secret_that_was_looked_up_by_name_counts_as_seen(intake: Intake) -> None:
    list_sealed(intake, sealed())
    settle(intake)
    await taken(intake)

    intake.see_polled(KEY, secret())
    found = await taken(intake)
    settle(intake, mark=Mark("s", "1"))
    intake.see_polled(KEY, None)

    assert found == ["db"]
    assert await taken(intake) == ["db"]


async def test_who_undoes_our_work_again_and_again_is_answered_more_slowly(
    intake: Intake, clock: ManualClock
) -> None:
    list_sealed(intake, sealed())
    await taken(intake)
    answered = []
    for version in range(30):
        settle(intake, mark=intake.memory.mark(KEY))
        see_secret(intake, secret(str(version)))
        answered.append(await taken(intake))

    assert answered.count(["db"]) == 20
    await clock.wake(60)
    assert await taken(intake) == ["db"]
    intake.queue.close()


async def test_a_new_wish_is_never_kept_waiting(intake: Intake) -> None:
    list_sealed(intake, sealed())
    await taken(intake)
    for version in range(30):
        settle(intake, mark=intake.memory.mark(KEY))
        see_secret(intake, secret(str(version)))
        await taken(intake)

    see_sealed(intake, sealed(generation=2, resourceVersion="9"))

    assert await taken(intake) == ["db"]
    intake.queue.close()


async def test_one_that_is_gone_is_forgotten(intake: Intake, metrics: UnsealerMetrics) -> None:
    list_sealed(intake, sealed(), sealed("other"))
    see_sealed(intake, sealed(), "DELETED")
    list_sealed(intake)

    assert intake.memory.keys() == []
    assert len(intake.contents) == 0
    assert b'name="other"' not in metrics.text()


async def test_a_key_that_comes_is_tried_on_what_failed(intake: Intake) -> None:
    list_sealed(intake, sealed())
    settle(intake, FAILURE)
    await taken(intake)

    intake.use_keys(frozenset({"SHA256:" + "a" * 43}))

    assert await taken(intake) == ["db"]


async def test_doubt_waits_for_its_time(intake: Intake) -> None:
    list_sealed(intake, sealed())
    settle(intake)
    await taken(intake)

    intake.doubt(KEY)
    see_sealed(intake, sealed("new"), "ADDED")

    assert await taken(intake) == ["new", "db"]


async def test_the_condition_is_shown_to_prometheus(
    intake: Intake, metrics: UnsealerMetrics
) -> None:
    list_sealed(intake, sealed("unknown"), told(sealed("good"), SUCCESS))
    see_sealed(intake, told(sealed("bad"), FAILURE))

    text = metrics.text().decode()
    lines = [line for line in text.splitlines() if "condition_info{" in line]
    values = {line.split('name="')[1].split('"')[0]: float(line.split()[-1]) for line in lines}
    assert values == {"unknown": 0.0, "good": 1.0, "bad": -1.0}
