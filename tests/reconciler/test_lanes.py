"""Which question to a server is next, and which build."""

from __future__ import annotations

import pytest

from gitopskit.reconciler import lanes as module
from gitopskit.reconciler.lanes import (
    AT_ONCE,
    OF_ONE,
    REMEMBERED_SECONDS,
    SLOW_SECONDS,
    Lanes,
    Question,
    Rounds,
)

EIGHT = 8


def about(name: str, *, server: str = "", project: str = "", is_transfer: bool = False) -> Question:
    """Return a question about a repository, on a server and for a project of its own."""
    return Question(
        repository=name,
        server=server or f"{name}.example",
        project=project or f"of-{name}",
        is_transfer=is_transfer,
    )


def begun(lanes: Lanes, *questions: Question, now: float = 0.0) -> list[Question]:
    """Ask some questions, and return those that begin."""
    for question in questions:
        lanes.add(question)
    return list(iter(lambda: lanes.begin(now), None))


def answer(lanes: Lanes, *names: str, at: float = 0.0, seconds: float = 0.1) -> None:
    """Let questions about some repositories be answered, one after the other."""
    for name in names:
        [question] = begun(lanes, about(name), now=at)
        lanes.end(question, at + seconds)


def names(prefix: str, count: int) -> list[str]:
    return [f"{prefix}{number}" for number in range(count)]


def test_questions_begin_in_their_order_and_end() -> None:
    lanes = Lanes()
    first, second, third = about("a"), about("b"), about("c")

    assert begun(lanes, first, second) == [first, second]
    lanes.end(first, 1.0)
    lanes.add(third)
    lanes.remove(third)
    assert lanes.begin(1.0) is None


def test_no_more_than_there_are_threads_begin() -> None:
    lanes, many = Lanes(), names("quick", AT_ONCE + 2)
    answer(lanes, *many)

    found = begun(lanes, *map(about, many))

    assert [it.repository for it in found] == many[:AT_ONCE]
    lanes.end(found[0], 1.0)
    assert [it.repository for it in begun(lanes, now=1.0)] == [many[AT_ONCE]]


@pytest.mark.parametrize("part", ["repository", "server", "project"])
def test_none_has_all_threads(part: str) -> None:
    lanes, many = Lanes(), names("quick", AT_ONCE)
    answer(lanes, *many, "free")
    asked = {
        "repository": [about("quick0") for _ in many],
        "server": [about(it, server="one") for it in many],
        "project": [about(it, project="one") for it in many],
    }[part]

    found = begun(lanes, *asked, about("free"))

    assert len(found) == OF_ONE[part] + 1
    assert found[-1].repository == "free"


def test_what_nobody_knows_leaves_room_for_what_answers() -> None:
    lanes, quick = Lanes(), names("quick", AT_ONCE)
    answer(lanes, *quick)

    new = begun(lanes, *map(about, names("new", AT_ONCE)))

    assert len(new) == EIGHT
    assert len(begun(lanes, *map(about, quick))) == AT_ONCE - EIGHT


def test_what_is_new_and_does_not_answer_goes_over_to_what_is_slow() -> None:
    lanes, quick = Lanes(), names("quick", AT_ONCE)
    answer(lanes, *quick)
    begun(lanes, *map(about, names("new", AT_ONCE)))

    counts = [len(begun(lanes, now=now)) for now in (SLOW_SECONDS, 3 * SLOW_SECONDS)]

    assert counts == [EIGHT, 0]
    assert len(begun(lanes, *map(about, quick))) == AT_ONCE - 2 * EIGHT


def test_what_was_slow_leaves_room_for_what_answers_and_what_is_new() -> None:
    lanes, quick, slow = Lanes(), names("quick", AT_ONCE), names("slow", AT_ONCE)
    answer(lanes, *quick)
    answer(lanes, *slow, seconds=SLOW_SECONDS)

    counts = [
        len(begun(lanes, *map(about, many), now=10.0)) for many in (slow, names("new", 20), quick)
    ]

    assert counts == [EIGHT, EIGHT, AT_ONCE - 2 * EIGHT]


@pytest.mark.parametrize(
    ("seconds_later", "count"), [(1.0, EIGHT), (REMEMBERED_SECONDS + 1, AT_ONCE)]
)
def test_a_quick_answer_earns_nothing_soon_after_a_slow_one(
    seconds_later: float, count: int
) -> None:
    lanes, slow = Lanes(), names("slow", AT_ONCE)
    answer(lanes, *slow, seconds=SLOW_SECONDS)
    at = SLOW_SECONDS + seconds_later
    answer(lanes, *slow, at=at)

    found = begun(lanes, *map(about, slow), now=at + 1)

    assert len(found) == count


def test_what_answers_at_once_may_be_slow_to_bring_files() -> None:
    lanes, many = Lanes(), names("quick", AT_ONCE)
    answer(lanes, *many)

    found = begun(lanes, *(about(it, is_transfer=True) for it in many))

    assert len(found) == EIGHT
    assert len(begun(lanes, *map(about, many))) == AT_ONCE - EIGHT


def test_what_does_not_answer_yet_counts_as_slow() -> None:
    lanes, many = Lanes(), names("quick", EIGHT + 1)
    answer(lanes, *many)
    begun(lanes, *map(about, many))

    found = begun(lanes, *map(about, many), now=SLOW_SECONDS)

    assert len(found) == EIGHT


def test_not_more_repositories_are_remembered_than_are_bounded(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "_MOST_REMEMBERED", AT_ONCE - 1)
    lanes, many = Lanes(), names("quick", AT_ONCE)
    answer(lanes, *many)

    found = begun(lanes, *map(about, reversed(many)))

    assert len(found) == AT_ONCE
    assert len(begun(Lanes(), *map(about, many))) == EIGHT


def test_builds_of_each_repository_take_turns() -> None:
    rounds = Rounds(2)
    heavy, other, gone = [about("heavy") for _ in range(4)], about("other"), about("gone")
    for question in (*heavy, other, gone):
        rounds.add(question)
    rounds.remove(gone)

    begins = [rounds.begin(0.0), rounds.begin(0.0)]

    assert begins == [heavy[0], other]
    assert rounds.begin(0.0) is None
    rounds.end(other, 1.0)
    assert rounds.begin(0.0) == heavy[1]
    rounds.end(heavy[0], 1.0)
    rounds.end(heavy[1], 1.0)
    assert [rounds.begin(0.0) for _ in range(3)] == [*heavy[2:], None]
