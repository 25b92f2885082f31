"""The error classes and what is written about them."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from gitopskit import errors
from gitopskit.errors import (
    ApiError,
    ApiForbidden,
    ApiGone,
    ApiUnreachable,
    ApiUntrusted,
    GitopskitError,
)

_DOCS = Path(__file__).parent.parent / "docs" / "errors.md"
_ROW = re.compile(r"^\| `(?P<name>\w+)` \| (?P<code>\d+) \| (?P<next>\w+) \|", re.MULTILINE)


def _classes(base: type[GitopskitError]) -> Iterator[type[GitopskitError]]:
    for child in base.__subclasses__():
        if child.__module__ == errors.__name__:
            yield child
            yield from _classes(child)


def test_the_documentation_lists_every_class_with_its_code_and_next_step() -> None:
    rows = {
        match["name"]: (int(match["code"]), match["next"])
        for match in _ROW.finditer(_DOCS.read_text())
    }

    expected = {c.__name__: (c.exit_code, c.next_step) for c in _classes(GitopskitError)}
    assert expected == rows


def test_the_tree_in_the_docstring_names_every_class() -> None:
    tree = errors.__doc__ or ""

    missing = [c.__name__ for c in _classes(GitopskitError) if c.__name__ not in tree]
    assert missing == []


@pytest.mark.parametrize(
    ("where", "expected"),
    [("", "no such thing"), ("a.yaml:3:1", "no such thing - a.yaml:3:1")],
    ids=["without a place", "with a place"],
)
def test_an_error_reads_what_then_where(where: str, expected: str) -> None:
    assert str(errors.InputError("no such thing", where=where)) == expected


def test_a_malformed_document_always_has_a_hint() -> None:
    assert errors.MalformedDocument("twice").hint == "mend the file at the place named"
    assert errors.MalformedDocument("twice", hint="remove one").hint == "remove one"


@pytest.mark.parametrize(
    ("error", "is_so"),
    [
        (ApiError("too busy", status=429), True),
        (ApiError("a fault", status=503), True),
        (ApiUnreachable("no answer"), True),
        (ApiUntrusted("no TLS"), False),
        (ApiGone("too old", status=410), True),
        (ApiForbidden("no right", status=403), False),
    ],
)
def test_what_the_server_may_answer_later_is_passing(
    error: ApiError,
    is_so: bool,  # noqa: FBT001 -- a parameter of the table
) -> None:
    assert error.is_passing is is_so
