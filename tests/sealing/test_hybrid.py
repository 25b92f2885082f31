"""The bytes of one value that is sealed to a hybrid key."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

import pytest
from cryptography.hazmat.bindings._rust import openssl
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite
from hypothesis import given, settings
from hypothesis import strategies as st

from gitopskit.redaction import Plaintext
from gitopskit.sealing.hybrid import (
    HybridPrivateKey,
    HybridPublicKey,
    is_hybrid,
    open_hybrid,
    seal_hybrid,
)
from tests.support.hybrid import hybrid_key, hybrid_seed

_VECTORS: Final = sorted((Path(__file__).parents[1] / "vectors" / "hpke").glob("*.json"))
_KDFS: Final = {1: KDF.HKDF_SHA256, 17: KDF.SHAKE256}
_LABEL: Final = b"shop/db"
_MORE_TIME: Final = settings(deadline=None)


def _sealed(value: bytes = b"correct horse", *, label: bytes = _LABEL) -> bytes:
    return seal_hybrid(Plaintext(value), public_key=hybrid_key().public_key(), label=label)


@_MORE_TIME
@given(value=st.binary(max_size=4096), label=st.binary(max_size=400))
def test_what_is_sealed_opens_again(value: bytes, label: bytes) -> None:
    sealed = _sealed(value, label=label)

    opened = open_hybrid(sealed, private_key=hybrid_key(), label=label)

    assert opened == Plaintext(value)
    assert len(sealed) == 1144 + len(value)
    assert sealed[:8].hex() == "ffff647a00010002"


@_MORE_TIME
@given(blob=st.binary(max_size=1400))
def test_arbitrary_bytes_open_to_nothing(blob: bytes) -> None:
    assert open_hybrid(blob, private_key=hybrid_key(), label=_LABEL) is None
    assert open_hybrid(_sealed()[:8] + blob, private_key=hybrid_key(), label=_LABEL) is None


@_MORE_TIME
@given(at=st.integers(0, 1144 + 12), bit=st.integers(0, 7))
def test_no_bit_of_an_envelope_can_be_changed(at: int, bit: int) -> None:
    changed = bytearray(_sealed())
    changed[at] ^= 1 << bit

    assert open_hybrid(bytes(changed), private_key=hybrid_key(), label=_LABEL) is None


@_MORE_TIME
@given(size=st.integers(0, 1144 + 12))
def test_an_envelope_that_is_cut_off_opens_to_nothing(size: int) -> None:
    assert open_hybrid(_sealed()[:size], private_key=hybrid_key(), label=_LABEL) is None


@pytest.mark.parametrize("label", [b"", b"shop", b"shop/cache", b"db/shop"])
def test_another_label_opens_nothing(label: bytes) -> None:
    assert open_hybrid(_sealed(), private_key=hybrid_key(), label=label) is None


def test_another_key_opens_nothing() -> None:
    assert open_hybrid(_sealed(), private_key=hybrid_key(1), label=_LABEL) is None


def test_a_share_of_low_order_opens_to_nothing() -> None:
    sealed = _sealed()
    changed = sealed[: 8 + 1088] + bytes(32) + sealed[8 + 1120 :]

    assert open_hybrid(changed, private_key=hybrid_key(), label=_LABEL) is None


def test_two_envelopes_of_one_value_have_nothing_but_the_header_in_common() -> None:
    first, second = _sealed(), _sealed()

    assert first[:8] == second[:8]
    assert first[8:40] != second[8:40]
    assert first[1096:1128] != second[1096:1128]
    assert first[1128:] != second[1128:]


def test_the_suite_is_part_of_what_is_agreed_on() -> None:
    other = Suite(KEM.MLKEM768_X25519, KDF.SHAKE256, AEAD.AES_256_GCM)
    sealed = other.encrypt(b"value", hybrid_key().public_key().library_key, info=_LABEL)

    assert open_hybrid(_sealed()[:8] + sealed, private_key=hybrid_key(), label=_LABEL) is None


def test_an_envelope_is_known_by_its_mark() -> None:
    assert is_hybrid(_sealed())
    assert not is_hybrid(b"\x02\x00" + bytes(600))
    assert not is_hybrid(b"\xff")


def test_a_seed_always_gives_the_same_key() -> None:
    again = HybridPrivateKey.from_seed(Plaintext(hybrid_seed().reveal()))

    assert again == hybrid_key()
    assert {again, hybrid_key()} == {hybrid_key()}
    assert {again.public_key()} == {hybrid_key().public_key()}
    assert again.public_key().fingerprint == hybrid_key().public_key().fingerprint
    assert hybrid_key(1) != hybrid_key()


@pytest.mark.parametrize("size", [0, 31, 33, 96])
def test_a_seed_of_another_size_is_refused(size: int) -> None:
    with pytest.raises(ValueError, match="a seed has 32 bytes"):
        HybridPrivateKey.from_seed(Plaintext(bytes(size)))


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        bytes(1215),
        bytes(1217),
        b"\xff" * 1216,
        hybrid_key().public_key().raw[:1184] + bytes(32),
    ],
    ids=["nothing", "too short", "too long", "coefficients too large", "of low order"],
)
def test_bytes_that_nothing_can_be_sealed_to_are_no_key(raw: bytes) -> None:
    with pytest.raises(ValueError, match=r".+"):
        HybridPublicKey.from_raw(raw)


def test_a_key_shows_nothing_of_its_seed() -> None:
    seed, key = hybrid_seed().reveal(), hybrid_key()
    shown = f"{key!r} {key} {key.public_key()!r}"

    assert seed.hex() not in shown
    assert repr(seed) not in shown
    assert not any(seed in part for part in (key.public_key().raw, key.public_key().digest))


@pytest.mark.parametrize("file", _VECTORS, ids=lambda file: file.stem)
def test_the_published_vectors_of_hpke_open(file: Path) -> None:
    vector = json.loads(file.read_text())
    given = {name: bytes.fromhex(text) for name, text in vector.items() if name in _FIELDS}
    suite = Suite(KEM.MLKEM768_X25519, _KDFS[vector["kdf_id"]], AEAD.CHACHA20_POLY1305)

    key = HybridPrivateKey.from_seed(Plaintext(given["skRm"]))
    opened = openssl.hpke._decrypt_with_aad(
        suite, given["enc"] + given["ct"], key.library_key, info=given["info"], aad=given["aad"]
    )

    assert (vector["kem_id"], vector["aead_id"]) == (0x647A, 3)
    assert opened == given["pt"]
    assert key.public_key().raw == given.get("pkRm", key.public_key().raw)


_FIELDS: Final = frozenset({"skRm", "pkRm", "enc", "info", "aad", "ct", "pt"})
