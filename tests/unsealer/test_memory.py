from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from gitopskit.sealing.scope import CLUSTER_WIDE_ANNOTATION
from gitopskit.unsealer import status
from gitopskit.unsealer.memory import Key, Mark, Memory, Settled, Wish
from gitopskit.unsealer.status import UNSEAL_FAILED, Outcome

if TYPE_CHECKING:
    from gitopskit.manifests.json_types import JsonValue

KEY = Key("shop", "db")
MARK = Mark("secret-uid", "10")
SUCCESS = status.success(["SHA256:key"])
FAILURE = Outcome(reason=UNSEAL_FAILED, message="no key opens `a`")


def sealed(name: str = "db", **metadata: JsonValue) -> dict[str, Any]:
    return {
        "metadata": {
            "namespace": "shop",
            "name": name,
            "uid": f"{name}-uid",
            "resourceVersion": "1",
            "generation": 1,
            "managedFields": [{}],
            **metadata,
        }
    }


def secret(name: str = "db", version: str = "10") -> dict[str, Any]:
    return {
        "metadata": {
            "namespace": "shop",
            "name": name,
            "uid": "secret-uid",
            "resourceVersion": version,
        }
    }


def settled(outcome: Outcome = SUCCESS, *, mark: Mark | None = MARK) -> Settled:
    return Settled(
        wish=Wish.of(sealed()), outcome=outcome, mark=mark, versions=frozenset({"1", "2"})
    )


@pytest.fixture
def memory() -> Memory:
    """Return a memory in which one SealedSecret is settled and synced."""
    memory = Memory()
    memory.see_sealed(sealed())
    memory.see_secret(KEY, MARK)
    memory.settle(KEY, settled())
    return memory


def test_a_key_prints_as_namespace_and_name() -> None:
    assert str(KEY) == "shop/db"


def test_a_sealed_secret_that_was_never_handled_needs_a_look() -> None:
    memory = Memory()
    memory.see_sealed(sealed())

    assert memory.needs_look(KEY)
    assert not memory.is_synced(KEY)
    assert memory.unsynced() == [KEY]


def test_what_is_settled_needs_no_look(memory: Memory) -> None:
    assert memory.is_synced(KEY)
    assert not memory.needs_look(KEY)
    assert memory.unsynced() == []


def test_an_unknown_sealed_secret_needs_no_look() -> None:
    assert not Memory().needs_look(KEY)
    assert Memory().sealed(KEY) is None


@pytest.mark.parametrize(
    "metadata",
    [
        pytest.param({"generation": 2}, id="another spec"),
        pytest.param({"annotations": {CLUSTER_WIDE_ANNOTATION: "true"}}, id="another scope"),
        pytest.param({"uid": "other"}, id="another object of the name"),
        pytest.param({"resourceVersion": "9"}, id="a status that somebody removed"),
    ],
)
def test_a_sealed_secret_that_changed_needs_a_look(
    memory: Memory, metadata: dict[str, Any]
) -> None:
    memory.see_sealed(sealed(**metadata))

    assert memory.needs_look(KEY)


def test_our_own_status_does_not_cause_another_look(memory: Memory) -> None:
    memory.see_sealed(sealed(resourceVersion="2"))

    assert not memory.needs_look(KEY)


def test_a_status_that_still_says_it_causes_no_look(memory: Memory) -> None:
    condition = {
        "type": "Synced",
        "status": "True",
        "reason": "Unsealed",
        "message": SUCCESS.message,
    }
    told = {"observedGeneration": 1, "conditions": [condition]}
    memory.see_sealed({**sealed(resourceVersion="9"), "status": told})

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


def test_a_failure_is_unsynced_but_needs_no_look_of_its_own(memory: Memory) -> None:
    memory.settle(KEY, settled(FAILURE))

    assert not memory.needs_look(KEY)
    assert not memory.is_synced(KEY)
    assert memory.unsynced() == [KEY]


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
    memory.see_sealed(sealed())

    assert memory.needs_look(KEY)


def test_a_fresh_list_of_sealed_secrets_replaces_what_was_known(memory: Memory) -> None:
    assert memory.see_all_sealed([sealed(), sealed("new")]) == [Key("shop", "new")]
    assert memory.see_all_sealed([sealed("new")]) == [Key("shop", "new")]
    assert memory.sealed(KEY) is None


def test_a_fresh_list_of_secrets_tells_whose_secret_changed(memory: Memory) -> None:
    assert memory.see_all_secrets([secret(), secret("other")]) == []
    assert memory.see_all_secrets([secret(version="11")]) == [KEY]
    assert memory.see_all_secrets([]) == [KEY]


def test_everything_needs_a_look_when_a_key_went_away(memory: Memory) -> None:
    assert memory.unsettle_all() == [KEY]
    assert memory.needs_look(KEY)


def test_an_outcome_is_told_once_it_was_written(memory: Memory) -> None:
    assert memory.is_told(KEY, sealed(resourceVersion="2"), SUCCESS)
    assert not memory.is_told(KEY, sealed(resourceVersion="2"), FAILURE)
    assert not memory.is_told(KEY, sealed(resourceVersion="2", generation=2), SUCCESS)
    assert not memory.is_told(Key("shop", "unknown"), sealed("unknown"), SUCCESS)
