"""Lines of an htpasswd file."""

from __future__ import annotations

import bcrypt
import pytest

from gitopskit.errors import InputError
from gitopskit.generators.htpasswd import CHEAPEST, htpasswd_line
from gitopskit.redaction import Plaintext

_PASSWORD = Plaintext("pässword with: marks".encode())


def test_a_line_holds_the_user_and_a_hash_of_the_password() -> None:
    line = htpasswd_line("jörg", _PASSWORD, cost=CHEAPEST)

    user, _, hashed = line.reveal().removesuffix(b"\n").partition(b":")
    assert user == "jörg".encode()
    assert hashed.startswith(b"$2y$10$")
    assert bcrypt.checkpw(_PASSWORD.reveal(), hashed)
    assert not bcrypt.checkpw(_PASSWORD.reveal() + b"x", hashed)
    assert line.reveal().count(b"\n") == 1


def test_the_usual_cost_is_12() -> None:
    assert htpasswd_line("a", _PASSWORD).reveal().startswith(b"a:$2y$12$")


def test_the_72nd_byte_of_a_password_counts() -> None:
    longest = b"x" * 72

    line = htpasswd_line("a", Plaintext(longest), cost=CHEAPEST)

    hashed = line.reveal().strip().removeprefix(b"a:")
    assert bcrypt.checkpw(longest, hashed)
    assert not bcrypt.checkpw(longest[:-1] + b"y", hashed)


def test_one_password_has_another_hash_each_time() -> None:
    first = htpasswd_line("a", _PASSWORD, cost=CHEAPEST)

    assert htpasswd_line("a", _PASSWORD, cost=CHEAPEST) != first


@pytest.mark.parametrize(
    ("user", "what"),
    [
        ("", "the user of a htpasswd line is empty, too long, or not printable"),
        ("a\nroot", "the user of a htpasswd line is empty, too long, or not printable"),
        ("a\0", "the user of a htpasswd line is empty, too long, or not printable"),
        ("a\udcff", "the user of a htpasswd line is empty, too long, or not printable"),
        ("a" * 256, "the user of a htpasswd line is empty, too long, or not printable"),
        ("a:b", "the user of a htpasswd line begins with `#` or holds a `:`"),
        ("#a", "the user of a htpasswd line begins with `#` or holds a `:`"),
    ],
    ids=["empty", "line end", "NUL", "no UTF-8", "long", "colon", "comment"],
)
def test_a_user_that_would_break_the_line_is_refused(user: str, what: str) -> None:
    with pytest.raises(InputError) as caught:
        htpasswd_line(user, _PASSWORD)

    assert str(caught.value) == what
    assert caught.value.hint


@pytest.mark.parametrize(
    ("password", "what"),
    [
        (b"", "is empty or longer than 72 bytes, of which bcrypt would ignore the end"),
        (b"x" * 73, "is empty or longer than 72 bytes, of which bcrypt would ignore the end"),
        (b"canary\0", "has a control character, such as a line end"),
        (b"canary\n", "has a control character, such as a line end"),
        (b"canary\x7f", "has a control character, such as a line end"),
    ],
    ids=["empty", "long", "NUL", "line end", "delete"],
)
def test_a_password_that_would_not_work_is_refused_unquoted(password: bytes, what: str) -> None:
    with pytest.raises(InputError) as caught:
        htpasswd_line("a", Plaintext(password))

    assert str(caught.value) == f"the password of a htpasswd line {what}"
    assert caught.value.hint
    assert "canary" not in caught.value.hint


@pytest.mark.parametrize("cost", [9, 18])
def test_a_cost_out_of_bounds_is_refused(cost: int) -> None:
    with pytest.raises(InputError, match=r"^bcrypt is not to be run at this cost$") as caught:
        htpasswd_line("a", _PASSWORD, cost=cost)

    assert caught.value.hint == "choose from 10 to 17"
