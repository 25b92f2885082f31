"""Passwords, uniform among all that a policy allows."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from string import ascii_lowercase, ascii_uppercase, digits, punctuation
from typing import Final

from gitopskit.errors import InputError
from gitopskit.redaction import Plaintext

SHORTEST: Final = 8
"""Characters. Source: NIST SP 800-63B-4 section 3.1.1.2, the least for a second factor."""

LONGEST: Final = 1024

AMBIGUOUS: Final = frozenset("0O1lI|")
"""Characters that many typefaces do not tell apart."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PasswordPolicy:
    """The length in characters, and the classes of which each password has at least one.

    ``symbols`` are the marks to choose from, none if empty; a repeated one counts once.
    """

    length: int = 32
    lower: bool = True
    upper: bool = True
    digits: bool = True
    symbols: str = ""
    excludes_ambiguous: bool = False


def require_possible(policy: PasswordPolicy) -> tuple[str, ...]:
    """Return the characters of each class that a password of the policy has.

    Raises:
        InputError: the length is not from 8 to 1024, a symbol is no ASCII mark, or there is
            nothing to choose from. Nothing of the policy is quoted.
    """
    if not SHORTEST <= policy.length <= LONGEST:
        raise InputError(
            "a password cannot have this length",
            hint=f"choose from {SHORTEST} to {LONGEST} characters",
        )
    if not set(policy.symbols) <= set(punctuation):
        raise InputError(
            "the symbols of a password hold something else than ASCII marks",
            hint="name marks such as !%+-_ and leave out letters, digits and spaces",
        )
    excluded: frozenset[str] = AMBIGUOUS if policy.excludes_ambiguous else frozenset()
    classes = tuple(_without(part, excluded) for part in _asked_for(policy))
    if not classes or "" in classes:
        raise InputError(
            "a password has nothing to choose from",
            hint="allow lower, upper, digits or symbols, and more symbols than ambiguous ones",
        )
    return classes


def _asked_for(policy: PasswordPolicy) -> list[str]:
    classes = [
        (policy.lower, ascii_lowercase),
        (policy.upper, ascii_uppercase),
        (policy.digits, digits),
        (bool(policy.symbols), policy.symbols),
    ]
    return [characters for is_wanted, characters in classes if is_wanted]


def _without(characters: str, excluded: frozenset[str]) -> str:
    return "".join(
        character for character in dict.fromkeys(characters) if character not in excluded
    )


def new_password(policy: PasswordPolicy) -> Plaintext:
    """Return a new password in ASCII with at least one character of each class.

    Whole candidates are drawn until one has all classes, so that each allowed password is equally
    likely; placing one of each class first would favour some. The worst policy takes 14 on average.

    Raises:
        InputError: no password meets the policy.
    """
    classes = require_possible(policy)
    alphabet = "".join(classes)
    while True:
        candidate = "".join(secrets.choice(alphabet) for _ in range(policy.length))
        if all(not set(candidate).isdisjoint(characters) for characters in classes):
            return Plaintext(candidate.encode())
