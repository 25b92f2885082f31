from __future__ import annotations

import copy
import json
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitopskit.redaction import (
    LONGEST_FOREIGN_TEXT,
    Plaintext,
    escape_controls,
    scrub,
    show_controls,
)

_VALUE = b"correct horse"


@pytest.mark.parametrize(
    "shown",
    [repr(Plaintext(_VALUE)), str(Plaintext(_VALUE)), f"{Plaintext(_VALUE):>40}"],
    ids=["repr", "str", "format"],
)
def test_a_plaintext_shows_its_size_only(shown: str) -> None:
    assert shown.strip() == "Plaintext(<13 bytes, hidden>)"


def test_a_plaintext_is_revealed_by_name() -> None:
    assert Plaintext(_VALUE).reveal() == _VALUE
    assert len(Plaintext(_VALUE)) == len(_VALUE)


def test_plaintexts_are_compared_by_value() -> None:
    assert Plaintext(_VALUE) == Plaintext(_VALUE)
    assert Plaintext(_VALUE) != Plaintext(b"other")
    assert Plaintext(_VALUE) != _VALUE


@pytest.mark.parametrize(
    "leave", [pickle.dumps, copy.copy, json.dumps, hash], ids=lambda f: f.__name__
)
def test_a_plaintext_leaves_by_no_other_way(leave: object) -> None:
    assert callable(leave)

    with pytest.raises(TypeError):
        leave(Plaintext(_VALUE))


@pytest.mark.parametrize(
    ("foreign", "shown"),
    [
        ("cannot reach https://me:hunter2@host/x", "cannot reach https://***@host/x"),
        ("Authorization: Bearer abcdefghij", "Authorization: Bearer ***"),
        ('data.x: Invalid value: "hunter2": too short', "data.x: Invalid value: ***: too short"),
        ("one\nline\x1b[31m", "one line [31m"),
        ("plain words stay", "plain words stay"),
    ],
    ids=["url", "token", "echo", "control characters", "words"],
)
def test_foreign_text_is_scrubbed(foreign: str, shown: str) -> None:
    assert scrub(foreign) == shown


@given(st.text(max_size=2000))
def test_scrubbed_text_is_one_short_line(text: str) -> None:
    shown = scrub(text)

    assert len(shown) <= LONGEST_FOREIGN_TEXT
    assert shown.splitlines() in ([], [shown])


def test_a_name_cannot_steer_a_terminal_or_add_a_line() -> None:
    assert show_controls("a\x1b[31m\nb\u202ec\td") == "a?[31m?b?c d"


def test_json_is_the_same_and_holds_no_control_character() -> None:
    text = json.dumps({"a": "\x9b2J\u202e\x7f", "b": "\n"}, indent=2, ensure_ascii=False)

    escaped = escape_controls(text)

    assert json.loads(escaped) == json.loads(text)
    assert escaped.isascii()
    assert escaped.count("\n") == text.count("\n")
