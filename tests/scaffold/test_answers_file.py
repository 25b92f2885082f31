"""Answers from a file."""

import pytest

from gitopskit.errors import InputError
from gitopskit.scaffold.answers import RawAnswers, make_answers
from gitopskit.scaffold.answers_file import merge, read_answers
from tests.support.generated_repository import GeneratedRepository


def test_what_a_repository_records_gives_the_same_repository_again(
    built: GeneratedRepository,
) -> None:
    recorded = (built.root / ".gitopskit/answers.yml").read_text()

    assert make_answers(read_answers(recorded, path="answers.yml")) == built.answers


def test_what_a_file_leaves_open_stays_open() -> None:
    assert read_answers("name: shop\n", path="a") == RawAnswers(name="shop")


def test_flags_win_over_the_file() -> None:
    flags = RawAnswers(name="mine", apps=("api",))
    file = RawAnswers(name="theirs", image="web:1")

    assert merge(flags, file) == RawAnswers(name="mine", apps=("api",), image="web:1")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "the file must hold one document, not 0 - a"),
        ("nmae: shop\n", "nmae is no field that this version knows - a:1:1"),
        ("template: other\n", "template must be repository - a:1:1"),
        ("name: shop\napps: web\n", "apps must be a list of texts - a:2:1"),
        ("apps: [1]\n", "apps must be a list of texts - a:1:1"),
    ],
    ids=["empty", "unknown field", "other template", "no list", "number"],
)
def test_a_wrong_word_in_the_file_is_told_with_its_place(text: str, message: str) -> None:
    with pytest.raises(InputError) as caught:
        read_answers(text, path="a")

    assert str(caught.value) == message
