"""Passwords: what a policy promises holds, and impossible policies are refused."""

from __future__ import annotations

from collections import Counter
from string import ascii_letters, ascii_lowercase, ascii_uppercase, digits, punctuation

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from gitopskit.errors import InputError
from gitopskit.generators.password import AMBIGUOUS, PasswordPolicy, new_password, require_possible

_POLICIES = st.builds(
    PasswordPolicy,
    length=st.integers(8, 1024),
    lower=st.booleans(),
    upper=st.booleans(),
    digits=st.booleans(),
    symbols=st.text(alphabet=punctuation, max_size=40),
    excludes_ambiguous=st.booleans(),
)


def _text_of(policy: PasswordPolicy) -> str:
    return new_password(policy).reveal().decode("ascii")


@given(_POLICIES)
@settings(deadline=None)
def test_a_password_has_the_length_and_each_class_of_its_policy_and_no_other(
    policy: PasswordPolicy,
) -> None:
    classes = [
        set(ascii_lowercase) if policy.lower else set(),
        set(ascii_uppercase) if policy.upper else set(),
        set(digits) if policy.digits else set(),
        set(policy.symbols),
    ]
    excluded = AMBIGUOUS if policy.excludes_ambiguous else frozenset()
    wanted = [characters - excluded for characters in classes if characters]
    assume(wanted and all(wanted))

    password = _text_of(policy)

    assert len(password) == policy.length
    assert set(password) <= set.union(*wanted)
    assert [characters for characters in wanted if not characters & set(password)] == []


@given(
    st.builds(
        PasswordPolicy,
        length=st.integers(-10, 2000),
        lower=st.booleans(),
        upper=st.booleans(),
        digits=st.booleans(),
        symbols=st.text(max_size=5),
        excludes_ambiguous=st.booleans(),
    )
)
@settings(deadline=None)
def test_any_policy_gives_a_password_or_is_refused(policy: PasswordPolicy) -> None:
    refusal = _refusal_of(policy)

    if refusal is None:
        assert len(new_password(policy)) == policy.length
    else:
        assert refusal.hint
        with pytest.raises(InputError, match=f"^{refusal.what}$"):
            new_password(policy)


def _refusal_of(policy: PasswordPolicy) -> InputError | None:
    try:
        require_possible(policy)
    except InputError as error:
        return error
    return None


def test_every_character_is_as_likely_as_any_other() -> None:
    """1000 of each are expected; 250 more or fewer happen once in 10^13 runs."""
    letters_and_digits = ascii_letters + digits

    counts = Counter("".join(_text_of(PasswordPolicy(length=1000)) for _ in range(62)))

    assert set(counts) == set(letters_and_digits)
    assert {character: n for character, n in counts.items() if not 750 < n < 1250} == {}


def test_a_rare_class_is_at_no_fixed_place() -> None:
    """The mark stands at each of eight places; one is missed once in 10^10 runs."""
    policy = PasswordPolicy(length=8, upper=False, digits=False, symbols="!")

    places = {_text_of(policy).index("!") for _ in range(220)}

    assert places == set(range(8))


def test_a_repeated_symbol_counts_once() -> None:
    repeated = PasswordPolicy(lower=False, upper=False, digits=True, symbols="!+!!")

    assert require_possible(repeated) == (digits, "!+")


def test_two_passwords_differ() -> None:
    policy = PasswordPolicy()

    assert new_password(policy) != new_password(policy)


@pytest.mark.parametrize(
    ("policy", "what"),
    [
        (PasswordPolicy(length=7), "a password cannot have this length"),
        (PasswordPolicy(length=1025), "a password cannot have this length"),
        (
            PasswordPolicy(symbols="!x"),
            "the symbols of a password hold something else than ASCII marks",
        ),
        (
            PasswordPolicy(symbols="! "),
            "the symbols of a password hold something else than ASCII marks",
        ),
        (
            PasswordPolicy(symbols="€"),
            "the symbols of a password hold something else than ASCII marks",
        ),
        (
            PasswordPolicy(lower=False, upper=False, digits=False),
            "a password has nothing to choose from",
        ),
        (
            PasswordPolicy(symbols="|", excludes_ambiguous=True),
            "a password has nothing to choose from",
        ),
    ],
    ids=["short", "long", "letter", "space", "beyond ASCII", "no class", "ambiguous only"],
)
def test_an_impossible_policy_is_refused(policy: PasswordPolicy, what: str) -> None:
    with pytest.raises(InputError) as caught:
        new_password(policy)

    assert str(caught.value) == what
    assert caught.value.hint
