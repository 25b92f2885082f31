"""How much may be deleted at once before a person is asked."""

from __future__ import annotations

import pytest

from gitopskit.errors import InputError
from gitopskit.reconciler.guards import STANDARD_LIMIT, DeletionLimit, limit_of, too_much

LIMIT = "gitopskit.io/max-deletions"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("10", DeletionLimit(count=10)),
        (" 0 ", DeletionLimit()),
        ("30%", DeletionLimit(percent=30)),
        ("100%", DeletionLimit(percent=100)),
    ],
)
def test_a_limit_is_a_number_or_a_share(text: str, expected: DeletionLimit) -> None:
    found = limit_of({"metadata": {"annotations": {LIMIT: text}}}, where="Application/shop")

    assert found == expected


@pytest.mark.parametrize("content", [{}, {"metadata": {}}, {"metadata": {"annotations": {}}}])
def test_without_the_annotation_there_is_no_limit(content: dict[str, object]) -> None:
    assert limit_of(content, where="Application/shop") is None


@pytest.mark.parametrize("text", ["", "many", "-1", "101%", "1.5", "10 %x", "٣"])
def test_what_is_neither_is_refused_by_name(text: str) -> None:
    with pytest.raises(InputError, match="is no limit") as caught:
        limit_of({"metadata": {"annotations": {LIMIT: text}}}, where="Application/shop")

    assert LIMIT in str(caught.value)


@pytest.mark.parametrize(
    ("limit", "doomed", "listed", "is_asked"),
    [
        (DeletionLimit(count=10), 10, 1000, False),
        (DeletionLimit(count=10), 11, 1000, True),
        (DeletionLimit(), 1, 1000, True),
        (DeletionLimit(percent=30), 3, 10, False),
        (DeletionLimit(percent=30), 4, 10, True),
        (DeletionLimit(percent=100), 10, 10, False),
        (STANDARD_LIMIT, 9, 9, False),
        (STANDARD_LIMIT, 10, 20, False),
        (STANDARD_LIMIT, 10, 19, True),
        (STANDARD_LIMIT, 0, 0, False),
    ],
)
def test_more_than_the_limit_is_too_much(
    limit: DeletionLimit, doomed: int, listed: int, *, is_asked: bool
) -> None:
    assert bool(too_much(limit, doomed=doomed, listed=listed)) is is_asked


@pytest.mark.parametrize(
    ("limit", "told"),
    [
        (DeletionLimit(), "more than 0 objects"),
        (DeletionLimit(percent=30), "more than 30 %"),
        (STANDARD_LIMIT, "more than 9 objects and 50 %"),
    ],
)
def test_the_reason_names_the_limit(limit: DeletionLimit, told: str) -> None:
    message = too_much(limit, doomed=40, listed=50)

    assert message == f"40 of 50 objects would go at once, {told}"
