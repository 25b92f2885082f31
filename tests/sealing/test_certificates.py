"""Which certificate of a text seals, where a text may hold two."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from gitopskit.errors import UnusableKey
from gitopskit.sealing.certificates import (
    KeyWish,
    hybrid_part,
    load_certificates,
    read_chosen,
    wish_of,
    without_hybrid,
)
from gitopskit.sealing.keys import load_certificate
from tests.support.hybrid import UNTIL, hybrid_certificate, hybrid_pair
from tests.support.sealing import BORN, sealing_pair

if TYPE_CHECKING:
    from gitopskit.sealing.keys import SealingCertificate

_RSA = sealing_pair().certificate_pem
_HYBRID = hybrid_pair().certificate_pem


def _read(pem: bytes, wish: KeyWish | None) -> SealingCertificate:
    return read_chosen(pem, wish=wish, where="prod.pem", now=BORN)


@pytest.mark.parametrize("pem", [_RSA + _HYBRID, _HYBRID + _RSA], ids=["RSA first", "hybrid first"])
def test_a_text_may_hold_both(pem: bytes) -> None:
    found = load_certificates(pem, where="prod.pem")

    assert found.rsa == load_certificate(_RSA, where="prod.pem")
    assert found.hybrid == hybrid_certificate()
    assert found.pem == _RSA + _HYBRID
    assert [found.of_kind("rsa"), found.of_kind("hybrid")] == list(found.all)


def test_a_text_may_hold_a_hybrid_key_alone() -> None:
    assert load_certificates(_HYBRID, where="").all == (hybrid_certificate(),)


@pytest.mark.parametrize(
    ("pem", "wish", "is_hybrid"),
    [
        (_RSA, None, False),
        (_HYBRID, None, True),
        (_HYBRID + _RSA, None, False),
        (_RSA, "rsa", False),
        (_RSA + _HYBRID, "rsa", False),
        (_RSA + _HYBRID, "hybrid", True),
        (_HYBRID, "hybrid", True),
        (_RSA + _HYBRID, "hybrid if there", True),
        (_RSA, "hybrid if there", False),
    ],
)
def test_rsa_goes_first_unless_a_kind_is_asked_for(
    pem: bytes, wish: KeyWish | None, *, is_hybrid: bool
) -> None:
    assert _read(pem, wish).is_hybrid is is_hybrid


@pytest.mark.parametrize(
    ("pem", "wish", "problem"),
    [
        (_RSA, "hybrid", "there is no hybrid key to seal with"),
        (_HYBRID, "rsa", "there is no certificate of an RSA key to seal with"),
    ],
)
def test_a_kind_that_is_not_there_is_refused(pem: bytes, wish: KeyWish, problem: str) -> None:
    with pytest.raises(UnusableKey, match=problem) as error:
        _read(pem, wish)

    assert error.value.where == "prod.pem"
    assert "no-post-quantum" in error.value.hint


def test_where_there_is_nothing_nothing_is_chosen() -> None:
    with pytest.raises(UnusableKey, match="this is no PEM certificate"):
        load_certificates(b"", where="prod.pem")


@pytest.mark.parametrize("wish", [None, "hybrid"])
def test_an_expired_hybrid_key_is_not_chosen(wish: KeyWish | None) -> None:
    with pytest.raises(UnusableKey, match="expired"):
        read_chosen(_HYBRID, wish=wish, where="prod.pem", now=UNTIL + timedelta(seconds=1))


def test_a_damaged_hybrid_key_is_no_obstacle_to_rsa() -> None:
    damaged = _HYBRID.replace(b"\n", b"\nAAAA", 1)

    assert _read(damaged + _RSA, None) == load_certificate(_RSA, where="prod.pem")


@pytest.mark.parametrize(
    ("pem", "rsa", "hybrid"),
    [
        (_RSA + _HYBRID, _RSA, _HYBRID),
        (_HYBRID + b"\n" + _RSA, _RSA, _HYBRID),
        (_HYBRID, b"", _HYBRID),
        (_RSA, _RSA, b""),
        (b"", b"", b""),
    ],
)
def test_a_text_is_taken_apart(pem: bytes, rsa: bytes, hybrid: bytes) -> None:
    assert (without_hybrid(pem), hybrid_part(pem)) == (rsa, hybrid)


_RSA_ENVELOPE = b"\x01\x00" + bytes(300)
_HYBRID_ENVELOPE = b"\xff\xff" + bytes(1200)


@pytest.mark.parametrize(
    ("envelopes", "is_named", "wish"),
    [
        ([], False, None),
        ([_RSA_ENVELOPE], False, None),
        ([_RSA_ENVELOPE, _HYBRID_ENVELOPE], False, "hybrid"),
        ([_RSA_ENVELOPE, _HYBRID_ENVELOPE], True, "hybrid if there"),
    ],
)
def test_hybrid_envelopes_ask_for_more_of_them(
    envelopes: list[bytes], wish: KeyWish | None, *, is_named: bool
) -> None:
    assert wish_of(post_quantum=None, envelopes=envelopes, is_named=is_named) == wish


@pytest.mark.parametrize("envelopes", [[], [_RSA_ENVELOPE], [_HYBRID_ENVELOPE]])
def test_a_flag_goes_before_what_is_there(envelopes: list[bytes]) -> None:
    assert wish_of(post_quantum=True, envelopes=envelopes) == "hybrid"
    assert wish_of(post_quantum=False, envelopes=envelopes, is_named=True) == "rsa"
