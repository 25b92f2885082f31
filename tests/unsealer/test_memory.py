from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from gitopskit.sealing.scope import CLUSTER_WIDE_ANNOTATION
from gitopskit.unsealer import status
from gitopskit.unsealer.claim import RECREATE_IMMUTABLE
from gitopskit.unsealer.memory import Memory
from gitopskit.unsealer.records import Key, Mark, Seen, Settled
from gitopskit.unsealer.status import UNSEAL_FAILED, Outcome

if TYPE_CHECKING:
    from gitopskit.manifests.json_types import JsonValue

KEY = Key("shop", "db")
MARK = Mark("secret-uid", "10")
FINGERPRINT = "SHA256:" + "a" * 43
SUCCESS = status.success([FINGERPRINT])
FAILURE = Outcome(reason=UNSEAL_FAILED, message="no key opens `a`")


def sealed(name: str = "db", **metadata: JsonValue) -> dict[str, Any]:
    return {
        "metadata": {
            "namespace": "shop",
            "name": name,
            "uid": f"{name}-uid",
            "resourceVersion": "1",
            "generation": 1,
            **metadata,
        },
        "spec": {"encryptedData": {"a": "Ag=="}},
    }


def told(content: dict[str, Any], outcome: Outcome, *, generation: int = 1) -> dict[str, Any]:
    """Return a SealedSecret whose status says an outcome."""
    condition = {
        "type": "Synced",
        "status": "True" if outcome.is_synced else "False",
        "reason": outcome.reason,
        "message": outcome.message,
    }
    return {**content, "status": {"observedGeneration": generation, "conditions": [condition]}}


def seen(**metadata: JsonValue) -> Seen:
    return Seen.of(sealed(**metadata))


def settled(outcome: Outcome = SUCCESS, *, mark: Mark | None = MARK) -> Settled:
    return Settled(wish=seen().wish, outcome=outcome, mark=mark, versions=frozenset({"1", "2"}))


@pytest.fixture
def memory() -> Memory:
    """Return a memory in which one SealedSecret is settled and synced."""
    memory = Memory()
    memory.use_keys(frozenset({FINGERPRINT}))
    memory.see_sealed(KEY, seen())
    memory.see_secret(KEY, MARK)
    memory.settle(KEY, settled())
    return memory


def test_a_key_prints_as_namespace_and_name() -> None:
    assert str(KEY) == "shop/db"


def test_a_sealed_secret_that_was_never_handled_needs_a_look() -> None:
    memory = Memory()
    memory.see_sealed(KEY, seen())

    assert memory.needs_look(KEY)
    assert not memory.is_settled(KEY)
    assert memory.keys() == [KEY]
    assert len(memory) == 1


def test_what_is_settled_needs_no_look(memory: Memory) -> None:
    assert memory.is_settled(KEY)
    assert not memory.needs_look(KEY)


def test_an_unknown_sealed_secret_needs_no_look() -> None:
    memory = Memory()

    assert not memory.needs_look(KEY)
    assert memory.is_settled(KEY)
    assert (memory.seen(KEY), memory.mark(KEY), memory.settled(KEY)) == (None, None, None)


def test_one_that_is_being_deleted_needs_nothing_more(memory: Memory) -> None:
    memory.see_sealed(KEY, seen(generation=2, deletionTimestamp="2026-06-01T12:00:00Z"))

    assert not memory.needs_look(KEY)


@pytest.mark.parametrize(
    "metadata",
    [
        pytest.param({"generation": 2}, id="another spec"),
        pytest.param({"annotations": {CLUSTER_WIDE_ANNOTATION: "true"}}, id="another scope"),
        pytest.param({"annotations": {RECREATE_IMMUTABLE: "true"}}, id="leave to recreate"),
        pytest.param({"uid": "other"}, id="another object of the name"),
        pytest.param({"resourceVersion": "9"}, id="a status that somebody removed"),
    ],
)
def test_a_sealed_secret_that_changed_needs_a_look(
    memory: Memory, metadata: dict[str, Any]
) -> None:
    memory.see_sealed(KEY, seen(**metadata))

    assert memory.needs_look(KEY)


def test_our_own_status_does_not_cause_another_look(memory: Memory) -> None:
    memory.see_sealed(KEY, seen(resourceVersion="2"))

    assert not memory.needs_look(KEY)


def test_a_status_that_still_says_it_causes_no_look(memory: Memory) -> None:
    memory.see_sealed(KEY, Seen.of(told(sealed(resourceVersion="9"), SUCCESS)))

    assert not memory.needs_look(KEY)


@pytest.mark.parametrize(
    "mark", [Mark("secret-uid", "11"), Mark("other", "10"), None], ids=["edited", "other", "gone"]
)
def test_a_secret_that_changed_needs_a_look(memory: Memory, mark: Mark | None) -> None:
    memory.see_secret(KEY, mark)

    assert memory.needs_look(KEY)
    assert memory.mark(KEY) == mark


def test_our_own_write_is_remembered_before_the_watch_shows_it(memory: Memory) -> None:
    written = Mark("secret-uid", "11")
    memory.see_written(KEY, before=MARK, written=written)

    assert memory.mark(KEY) == written


def test_a_later_state_is_not_hidden_by_our_own_write(memory: Memory) -> None:
    later = Mark("secret-uid", "12")
    memory.see_secret(KEY, later)
    memory.see_written(KEY, before=MARK, written=Mark("secret-uid", "11"))

    assert memory.mark(KEY) == later


def test_a_failure_is_unsettled_but_needs_no_look_of_its_own(memory: Memory) -> None:
    memory.settle(KEY, settled(FAILURE))

    assert not memory.needs_look(KEY)
    assert not memory.is_settled(KEY)


def test_drift_that_is_told_is_settled(memory: Memory) -> None:
    memory.settle(KEY, settled(status.drift(["type"])))

    assert memory.is_settled(KEY)


def test_repetitions_of_one_failure_are_counted(memory: Memory) -> None:
    counts = []
    for outcome in (FAILURE, FAILURE, FAILURE, SUCCESS):
        memory.settle(KEY, settled(outcome))
        counts.append(memory.repetitions(KEY))

    assert counts == [0, 1, 2, 0]
    assert memory.repetitions(Key("shop", "unknown")) == 0


def test_a_pass_over_a_sealed_secret_that_went_away_is_not_remembered(memory: Memory) -> None:
    memory.lose_sealed(KEY)
    memory.settle(KEY, settled())
    memory.see_sealed(KEY, seen())

    assert memory.needs_look(KEY)


def test_doubt_causes_one_look(memory: Memory) -> None:
    memory.doubt(KEY)
    is_doubted = memory.needs_look(KEY)
    memory.settle(KEY, settled())

    assert is_doubted
    assert not memory.needs_look(KEY)


def test_a_fresh_list_of_sealed_secrets_replaces_what_was_known(memory: Memory) -> None:
    new, elsewhere = Key("shop", "new"), Key("bank", "db")
    memory.see_sealed(elsewhere, seen())

    gone = memory.see_all_sealed({new: Seen.of(sealed("new"))}, "shop")

    assert gone == [KEY]
    assert set(memory.keys()) == {new, elsewhere}
    assert memory.keys("bank") == [elsewhere]


def test_a_fresh_list_of_secrets_tells_whose_secret_changed(memory: Memory) -> None:
    elsewhere = Key("bank", "db")
    memory.see_secret(elsewhere, MARK)

    memory.see_all_secrets({KEY: (Mark("secret-uid", "11"), 0)}, "shop")
    changed = memory.needs_look(KEY)
    memory.see_all_secrets({}, "shop")

    assert changed
    assert memory.mark(KEY) is None
    assert memory.mark(elsewhere) == MARK


def test_a_namespace_is_forgotten_whole(memory: Memory) -> None:
    memory.forget("shop")

    assert memory.keys() == []
    assert memory.mark(KEY) is None
    assert memory.settled(KEY) is None


def test_an_outcome_is_told_once_it_was_written(memory: Memory) -> None:
    unknown = Key("shop", "unknown")

    assert memory.is_told(KEY, seen(resourceVersion="2"), SUCCESS)
    assert not memory.is_told(KEY, seen(resourceVersion="2"), FAILURE)
    assert not memory.is_told(KEY, seen(resourceVersion="2", generation=2), SUCCESS)
    assert not memory.is_told(unknown, seen(), SUCCESS)
    assert memory.is_told(unknown, Seen.of(told(sealed(), SUCCESS)), SUCCESS)


def test_a_key_that_goes_away_unsettles_what_it_opened(memory: Memory) -> None:
    assert memory.use_keys(frozenset({"SHA256:" + "b" * 43})) == [KEY]
    assert memory.needs_look(KEY)


def test_a_key_that_comes_may_help_what_failed(memory: Memory) -> None:
    failed = Key("shop", "failed")
    memory.see_sealed(failed, seen())
    memory.settle(failed, settled(FAILURE, mark=None))

    assert memory.use_keys(frozenset({FINGERPRINT})) == []
    assert not memory.needs_look(failed)
    assert memory.use_keys(frozenset({FINGERPRINT, "SHA256:" + "b" * 43})) == [failed]
    assert memory.needs_look(failed)


PROVED = replace(Seen.of(told(sealed(), SUCCESS)), fields=7)


@pytest.fixture
def restarted() -> Memory:
    """Return a memory that knows by metadata alone that one SealedSecret needs nothing."""
    memory = Memory()
    memory.use_keys(frozenset({FINGERPRINT}))
    memory.see_sealed(KEY, PROVED)
    memory.see_secret(KEY, MARK, 7)
    return memory


def test_what_status_and_metadata_prove_needs_no_look(restarted: Memory) -> None:
    assert not restarted.needs_look(KEY)
    assert restarted.is_settled(KEY)
    assert restarted.settled(KEY) is not None


def test_what_was_believed_counts_as_a_pass(restarted: Memory) -> None:
    restarted.needs_look(KEY)
    restarted.see_secret(KEY, Mark("secret-uid", "11"), 7)

    assert restarted.needs_look(KEY)


def test_who_leads_next_believes_afresh(restarted: Memory) -> None:
    restarted.needs_look(KEY)
    restarted.see_secret(KEY, Mark("secret-uid", "11"), 7)
    restarted.unsettle_all()

    assert not restarted.needs_look(KEY)


@pytest.mark.parametrize(
    "without",
    [
        pytest.param({"seen": replace(PROVED, fields=8)}, id="other fields"),
        pytest.param({"seen": replace(PROVED, fields=0), "fields": 0}, id="no evidence"),
        pytest.param({"fields": 0}, id="fields of others"),
        pytest.param({"seen": replace(PROVED, told=None)}, id="no status"),
        pytest.param(
            {"seen": replace(Seen.of(told(sealed(), FAILURE)), fields=7)}, id="told as failed"
        ),
        pytest.param(
            {"seen": replace(Seen.of(told(sealed(), SUCCESS, generation=0)), fields=7)},
            id="told of an earlier generation",
        ),
        pytest.param({"keys": frozenset()}, id="a key that went away"),
        pytest.param({"mark": None}, id="no Secret"),
    ],
)
def test_what_is_not_proved_needs_a_look(restarted: Memory, without: dict[str, Any]) -> None:
    restarted.use_keys(without.get("keys", frozenset({FINGERPRINT})))
    restarted.see_sealed(KEY, without.get("seen", PROVED))
    restarted.see_secret(KEY, without.get("mark", MARK), without.get("fields", 7))

    assert restarted.needs_look(KEY)
