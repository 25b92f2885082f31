"""Which answer about a revision counts."""

from __future__ import annotations

from gitopskit.errors import GitFailed
from gitopskit.reconciler.answers import Answers
from gitopskit.reconciler.application import Follow

SHOP = Follow("https://git.example/shop.git", "main", "shop")
OTHER = Follow("https://git.example/other.git", "main", "shop")


def test_only_another_answer_is_news() -> None:
    answers = Answers()

    told = [answers.keep(SHOP, it, question=answers.question()) for it in ("a", "a", "b")]

    assert told == [True, False, True]
    assert answers.find(SHOP) == "b"
    assert answers.find(OTHER) is None


def test_an_answer_to_an_earlier_question_does_not_count() -> None:
    answers = Answers()
    earlier, later = answers.question(), answers.question()

    told = [answers.keep(SHOP, "b", question=later), answers.keep(SHOP, "a", question=earlier)]

    assert told == [True, False]
    assert answers.find(SHOP) == "b"


def test_what_was_forgotten_takes_any_answer() -> None:
    answers = Answers()
    earlier, later = answers.question(), answers.question()
    answers.keep(SHOP, GitFailed("it cannot be reached"), question=later)

    answers.forget_failures()

    assert answers.keep(SHOP, "a", question=earlier)


def test_failures_are_counted_and_are_no_commits() -> None:
    answers = Answers()
    answers.keep(SHOP, "a", question=answers.question())
    answers.keep(OTHER, GitFailed("it cannot be reached"), question=answers.question())

    assert answers.unread() == 1
    assert answers.commits([SHOP, OTHER]) == {SHOP: "a"}


def test_only_what_is_followed_is_kept() -> None:
    answers = Answers()
    for follow in (SHOP, OTHER):
        answers.keep(follow, "a", question=answers.question())

    answers.keep_only({SHOP})

    assert answers.commits([SHOP, OTHER]) == {SHOP: "a"}
