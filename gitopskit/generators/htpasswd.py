"""Lines of an htpasswd file, by which web servers know users and their passwords."""

from __future__ import annotations

from typing import Final

from gitopskit.errors import InputError
from gitopskit.generators.lines import require_line
from gitopskit.redaction import Plaintext

DEFAULT_COST: Final = 12

CHEAPEST: Final = 10
"""Source: OWASP Password Storage Cheat Sheet, "bcrypt"."""

DEAREST: Final = 17
"""Each step doubles the time. Source: httpd.apache.org/docs/2.4/programs/htpasswd.html, ``-C``."""

LONGEST_PASSWORD_BYTES: Final = 72
"""What comes after does not count. Source: README of the package bcrypt, "Maximum Password Length".
"""

_MADE: Final = b"$2b$"
_WRITTEN: Final = b"$2y$"
"""The same algorithm, under the name that Apache's own htpasswd writes and every server reads."""

_FIRST_PRINTABLE: Final = 0x20
_DELETE: Final = 0x7F


def require_user(user: str) -> str:
    """Return the user if a line can begin with it.

    Raises:
        InputError: it is empty, longer than 255, not printable, begins like a comment, or holds
            the `:` that ends it.
    """
    require_line(user, what="user of a htpasswd line")
    if user.startswith("#") or ":" in user:
        raise InputError(
            "the user of a htpasswd line begins with `#` or holds a `:`", hint="use another name"
        )
    return user


def require_cost(cost: int) -> int:
    """Return the cost, the binary logarithm of bcrypt's rounds.

    Raises:
        InputError: it is not from 10 to 17.
    """
    if not CHEAPEST <= cost <= DEAREST:
        raise InputError(
            "bcrypt is not to be run at this cost", hint=f"choose from {CHEAPEST} to {DEAREST}"
        )
    return cost


def htpasswd_line(user: str, password: Plaintext, *, cost: int = DEFAULT_COST) -> Plaintext:
    """Return ``user:hash`` with a bcrypt hash (``$2y$``) and a line end.

    It takes most of a second at the default cost, and twice as long at each step above.

    Raises:
        InputError: user or cost cannot be used; the password is empty, longer than 72 bytes, or
            has a control character, which no browser can send (RFC 7617 section 2).
    """
    import bcrypt  # noqa: PLC0415 -- a compiled library that the other generators do not need

    name = require_user(user).encode()
    value = _require_password(password).reveal()
    hashed = bcrypt.hashpw(value, bcrypt.gensalt(require_cost(cost)))
    return Plaintext(name + b":" + _WRITTEN + hashed.removeprefix(_MADE) + b"\n")


def _require_password(password: Plaintext) -> Plaintext:
    if not 1 <= len(password) <= LONGEST_PASSWORD_BYTES:
        raise InputError(
            f"the password of a htpasswd line is empty or longer than {LONGEST_PASSWORD_BYTES}"
            " bytes, of which bcrypt would ignore the end",
            hint="use a shorter one",
        )
    if any(byte < _FIRST_PRINTABLE or byte == _DELETE for byte in password.reveal()):
        raise InputError(
            "the password of a htpasswd line has a control character, such as a line end",
            hint="leave it out; `printf %s` ends without one",
        )
    return password
