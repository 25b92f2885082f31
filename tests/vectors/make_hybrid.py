"""Writes the vectors of hybrid envelopes anew: ``python -m tests.vectors.make_hybrid``.

They are the files ``hybrid-*.json`` of ``tests/vectors/sealing``, of the form of the others there.
They are for opening only: sealing draws its entropy inside the library.
"""

from datetime import UTC, datetime
from typing import Final

from gitopskit.redaction import Plaintext
from gitopskit.sealing.hybrid import HybridPublicKey, seal_hybrid
from gitopskit.sealing.hybrid_keys import new_hybrid_key
from gitopskit.sealing.keys import KeyPair, load_certificate, new_sealing_key
from tests.vectors.make_sealing import (
    FOLDER,
    STRICT,
    VALUE,
    Vector,
    flip,
    tampered,
    truncated,
    write,
)

_HEADER: Final = 8
_SHARE: Final = _HEADER + 1088
_BODY: Final = _HEADER + 1120
_TAG: Final = 16


def _new_pair() -> KeyPair:
    return new_hybrid_key(now=datetime.now(UTC))


def _seal(pair: KeyPair, *, label: bytes = STRICT, value: bytes = VALUE) -> bytes:
    public_key = load_certificate(pair.certificate_pem, where="new").public_key
    assert isinstance(public_key, HybridPublicKey)
    return seal_hybrid(Plaintext(value), public_key=public_key, label=label)


def _successes() -> dict[str, Vector]:
    cases = {
        "strict": (STRICT, VALUE, "scope strict: info namespace/name"),
        "namespace-wide": (b"shop", VALUE, "scope namespace-wide"),
        "cluster-wide": (b"", VALUE, "scope cluster-wide: empty info"),
        "empty-value": (STRICT, b"", "a value of no bytes: the body is the tag alone"),
        "binary-value": (STRICT, bytes(range(256)), "every byte there is"),
    }
    vectors = {}
    for name, (label, value, comment) in cases.items():
        pair = _new_pair()
        vectors[f"success-{name}"] = Vector(
            comment=comment,
            expect="success",
            sealed=_seal(pair, label=label, value=value),
            pair=pair,
            label=label,
            plaintext=value,
        )
    return vectors


def _wrong_keys() -> dict[str, Vector]:
    sealed = _seal(_new_pair())
    cases = {
        "hybrid": _new_pair(),
        "rsa": new_sealing_key(now=datetime.now(UTC), size_bits=2048),
    }
    return {
        f"wrong-key-{name}": Vector(
            comment=f"sealed to another hybrid key, opened with one of the kind {name}",
            expect="wrong key",
            sealed=sealed,
            pair=pair,
            label=STRICT,
        )
        for name, pair in cases.items()
    }


def _wrong_scopes() -> dict[str, Vector]:
    pair = _new_pair()
    sealed = _seal(pair)
    cases = {"other-name": b"shop/cache", "namespace-wide": b"shop", "cluster-wide": b""}
    return {
        f"wrong-scope-{name}": Vector(
            comment=f"sealed with the info shop/database, opened with {label.decode()!r}",
            expect="wrong scope",
            sealed=sealed,
            pair=pair,
            label=label,
        )
        for name, label in cases.items()
    }


def _wrong_suites() -> dict[str, Vector]:
    pair = _new_pair()
    sealed = _seal(pair)
    suites = {
        "kem": "005000010002",
        "kdf": "647a00110002",
        "aead": "647a00010003",
        "nothing": "000000000000",
    }
    return {
        f"wrong-suite-{name}": Vector(
            comment=f"the suite in the envelope is {suite}",
            expect="wrong suite",
            sealed=sealed[:2] + bytes.fromhex(suite) + sealed[_HEADER:],
            pair=pair,
            label=STRICT,
        )
        for name, suite in suites.items()
    }


def _truncated() -> dict[str, Vector]:
    pair = _new_pair()
    sealed = _seal(pair)
    cases = {
        "1-half-of-the-mark": 1,
        "2-mark-only": 2,
        "3-in-the-suite": 5,
        "4-header-only": _HEADER,
        "5-in-the-ciphertext": _SHARE - 1,
        "6-in-the-share": _BODY - 1,
        "7-without-the-body": _BODY,
        "8-without-the-tag": len(sealed) - _TAG,
        "9-without-the-last-byte": len(sealed) - 1,
    }
    return truncated(sealed, cases, pair=pair)


def _tampered() -> dict[str, Vector]:
    pair = _new_pair()
    sealed = _seal(pair)
    flips = {
        "mark": 1,
        "ciphertext-first-byte": _HEADER,
        "ciphertext-last-byte": _SHARE - 1,
        "share-first-byte": _SHARE,
        "share-last-byte": _BODY - 1,
        "body-first-byte": _BODY,
        "tag-last-byte": len(sealed) - 1,
    }
    cases = {name: flip(sealed, position) for name, position in flips.items()}
    cases["one-byte-more"] = sealed + b"\x00"
    cases["share-of-low-order"] = sealed[:_SHARE] + bytes(32) + sealed[_BODY:]
    cases["body-of-another"] = sealed[:_BODY] + _seal(pair)[_BODY:]
    cases["share-of-another"] = sealed[:_SHARE] + _seal(pair)[_SHARE:_BODY] + sealed[_BODY:]
    return tampered(cases, pair=pair)


def main() -> None:
    """Replace the vectors of hybrid envelopes."""
    for old in FOLDER.glob("hybrid-*.json"):
        old.unlink()
    groups = (_successes(), _wrong_keys(), _wrong_scopes(), _wrong_suites())
    write((*groups, _truncated(), _tampered()), prefix="hybrid-")


if __name__ == "__main__":
    main()
