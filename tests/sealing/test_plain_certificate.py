"""Certificates that are read without X.509: as the library reads them, or not at all."""

from __future__ import annotations

import base64
import warnings
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given, settings
from hypothesis import strategies as st

from gitopskit.sealing.keys import new_sealing_key
from gitopskit.sealing.plain_certificate import read_plain
from tests.support.sealing import sealing_pair

if TYPE_CHECKING:
    from collections.abc import Callable

_INTEGER, _BITS, _OCTETS, _OBJECT, _SEQUENCE = b"\x02", b"\x03", b"\x04", b"\x06", b"\x30"
_UTC_TIME, _GENERALIZED_TIME = b"\x17", b"\x18"
_ALGORITHM: Final = bytes.fromhex("300d06092a864886f70d01010b0500")
_OTHER_ALGORITHM: Final = bytes.fromhex("300d06092a864886f70d01010c0500")
_KEY_USAGE: Final = bytes.fromhex("300e0603551d0f0101ff040403020001")
_SUBJECT_KEY: Final = bytes.fromhex("30090603551d0e04020400")
_SOMEBODY: Final = bytes.fromhex("300c310a300806035504030c0161")


def _value(tag: bytes, *parts: bytes) -> bytes:
    """Return a DER value."""
    content = b"".join(parts)
    size = len(content)
    length = size.to_bytes((size.bit_length() + 7) // 8, "big") if size > 127 else b""
    return tag + (bytes([0x80 + len(length)]) + length if length else bytes([size])) + content


def _number(number: int) -> bytes:
    return _value(_INTEGER, number.to_bytes(number.bit_length() // 8 + 1, "big"))


def _public_key() -> RSAPublicKey:
    key = x509.load_pem_x509_certificate(sealing_pair().certificate_pem).public_key()
    assert isinstance(key, RSAPublicKey)
    return key


_KEY: Final = _public_key()
_NUMBERS: Final = _KEY.public_numbers()
_RSA: Final = bytes.fromhex("300d06092a864886f70d0101010500")
_KEY_BYTES: Final = b"\0" + _value(_SEQUENCE, _number(_NUMBERS.n), _number(_NUMBERS.e))
_VALIDITY: Final = (
    _value(_UTC_TIME, b"260601120000Z"),
    _value(_UTC_TIME, b"360529120000Z"),
)


def _signed(**changes: bytes) -> bytes:
    """Return the signed part of a plain certificate, some of its values replaced by others."""
    plain = {
        "version": bytes.fromhex("a003020102"),
        "serial": _number(2**127 + 1),
        "algorithm": _ALGORITHM,
        "issuer": _value(_SEQUENCE),
        "validity": _value(_SEQUENCE, *_VALIDITY),
        "subject": _value(_SEQUENCE),
        "key": _value(_SEQUENCE, _RSA, _value(_BITS, _KEY_BYTES)),
        "extensions": _value(b"\xa3", _value(_SEQUENCE, _KEY_USAGE, _SUBJECT_KEY)),
        "more": b"",
    }
    return _value(_SEQUENCE, *(plain | changes).values())


def _certificate(signed: bytes = b"", **changes: bytes) -> bytes:
    """Return a plain certificate as DER, some of its outer values replaced by others."""
    plain = {
        "signed": signed or _signed(),
        "algorithm": _ALGORITHM,
        "signature": _value(_BITS, bytes(257)),
        "more": b"",
    }
    return _value(_SEQUENCE, *(plain | changes).values())


def _pem(der: bytes) -> bytes:
    text = base64.b64encode(der)
    lines = [text[start : start + 64] for start in range(0, len(text), 64)]
    return b"\n".join([b"-----BEGIN CERTIFICATE-----", *lines, b"-----END CERTIFICATE-----", b""])


def _by_library(pem: bytes) -> tuple[bytes, datetime, datetime]:
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # what the library is going to refuse is not plain either
        certificate = x509.load_pem_x509_certificate(pem)
    key = certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return key, certificate.not_valid_before_utc, certificate.not_valid_after_utc


def _read(pem: bytes) -> tuple[bytes, datetime, datetime] | None:
    fields = read_plain(pem)
    if fields is None:
        return None
    key = fields[0].public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return key, *fields[1:]


def _valid(first: bytes, last: bytes) -> bytes:
    return _pem(_certificate(_signed(validity=_value(_SEQUENCE, first, last))))


@pytest.mark.parametrize(
    "pem",
    [
        sealing_pair().certificate_pem,
        new_sealing_key(
            now=datetime(2026, 6, 1, 23, 59, 59, tzinfo=UTC), size_bits=2048, days=36500
        ).certificate_pem,
        _pem(_certificate()),
        _pem(_certificate(_signed(extensions=_value(b"\xa3", _value(_SEQUENCE, _SUBJECT_KEY))))),
        _valid(_value(_UTC_TIME, b"500101000000Z"), _value(_UTC_TIME, b"491231235959Z")),
    ],
    ids=["ours", "for a century", "Bitnami's", "one extension", "both ends of two digits"],
)
def test_a_plain_certificate_is_read_as_the_library_reads_it(pem: bytes) -> None:
    assert _read(pem) == _by_library(pem)


_UNEVEN: Final = _value(_BITS, b"\1" + _KEY_BYTES[1:])
_OTHERWISE: Final[dict[str, Callable[[], bytes]]] = {
    "nothing": lambda: b"",
    "no sequence": lambda: _value(_OCTETS, b"1"),
    "cut off": lambda: _certificate()[:-1],
    "cut off in a length": lambda: b"\x30",
    "cut off in a long length": lambda: b"\x30\x82",
    "more behind it": lambda: _certificate() + b"\0",
    "more in it": lambda: _certificate(more=b"\5\0"),
    "length longer than need be": lambda: b"\x30\x83\0" + _certificate()[2:],
    "short length in the long form": lambda: b"\x30\x81\x05abcde",
    "length without an end": lambda: b"\x30\x80" + _certificate()[4:] + b"\0\0",
    "length of four bytes": lambda: b"\x30\x84\1\0\0\0",
    "another outer algorithm": lambda: _certificate(algorithm=_OTHER_ALGORITHM),
    "another inner algorithm": lambda: _certificate(_signed(algorithm=_OTHER_ALGORITHM)),
    "no signature": lambda: _certificate(signature=_value(_BITS, b"\0")),
    "empty signature": lambda: _certificate(signature=_value(_BITS)),
    "uneven signature": lambda: _certificate(signature=_value(_BITS, b"\1" + bytes(256))),
    "of version 1": lambda: _certificate(_signed(version=b"", extensions=b"")),
    "of version 2": lambda: _certificate(_signed(version=bytes.fromhex("a003020101"))),
    "negative serial number": lambda: _certificate(_signed(serial=b"\2\1\xff")),
    "no serial number": lambda: _certificate(_signed(serial=b"\2\1\0")),
    "serial number with a zero before it": lambda: _certificate(_signed(serial=b"\2\2\0\1")),
    "a named issuer": lambda: _certificate(_signed(issuer=_SOMEBODY)),
    "a named subject": lambda: _certificate(_signed(subject=_SOMEBODY)),
    "a third date": lambda: _certificate(
        _signed(validity=_value(_SEQUENCE, *_VALIDITY, _VALIDITY[0]))
    ),
    "another kind of key": lambda: _certificate(
        _signed(key=_value(_SEQUENCE, _ALGORITHM, _value(_BITS, _KEY_BYTES)))
    ),
    "uneven key": lambda: _certificate(_signed(key=_value(_SEQUENCE, _RSA, _UNEVEN))),
    "more behind the key": lambda: _certificate(
        _signed(key=_value(_SEQUENCE, _RSA, _value(_BITS, _KEY_BYTES), b"\5\0"))
    ),
    "more in the key": lambda: _certificate(
        _signed(key=_value(_SEQUENCE, _RSA, _value(_BITS, _KEY_BYTES + b"\5\0")))
    ),
    "an even exponent": lambda: _certificate(
        _signed(
            key=_value(
                _SEQUENCE,
                _RSA,
                _value(_BITS, b"\0", _value(_SEQUENCE, _number(_NUMBERS.n), _number(4))),
            )
        )
    ),
    "no extensions": lambda: _certificate(_signed(extensions=b"")),
    "an empty list of extensions": lambda: _certificate(
        _signed(extensions=_value(b"\xa3", _value(_SEQUENCE)))
    ),
    "more behind the extensions": lambda: _certificate(_signed(more=b"\5\0")),
    "more in the extensions": lambda: _certificate(
        _signed(extensions=_value(b"\xa3", _value(_SEQUENCE, _KEY_USAGE), b"\5\0"))
    ),
    "a zero behind an extension": lambda: _certificate(
        _signed(extensions=_value(b"\xa3", _value(_SEQUENCE, _KEY_USAGE, b"\0\0")))
    ),
    "an extension of somebody's": lambda: _certificate(
        _signed(
            extensions=_value(b"\xa3", _value(_SEQUENCE, bytes.fromhex("300906032a030404020400")))
        )
    ),
    "an extension that says it is not critical": lambda: _certificate(
        _signed(
            extensions=_value(
                b"\xa3", _value(_SEQUENCE, bytes.fromhex("300c0603551d0e01010004020400"))
            )
        )
    ),
}
_MOMENTS: Final = {
    "a century in the short form": _value(_UTC_TIME, b"20260601120000Z"),
    "this century in the long form": _value(_GENERALIZED_TIME, b"20260601120000Z"),
    "without seconds": _value(_UTC_TIME, b"2606011200Z"),
    "in another zone": _value(_UTC_TIME, b"260601120000+0100"),
    "without a zone": _value(_UTC_TIME, b"2606011200000"),
    "with letters": _value(_UTC_TIME, b"26060112000aZ"),
    "no ASCII": _value(_UTC_TIME, "26060112000é".encode()),
    "a thirteenth month": _value(_UTC_TIME, b"261301120000Z"),
    "the hour 24": _value(_UTC_TIME, b"260601240000Z"),
    "no moment": _value(_INTEGER, b"1"),
}


@pytest.mark.parametrize("make", _OTHERWISE.values(), ids=_OTHERWISE.keys())
def test_what_is_written_otherwise_is_left_to_the_library(make: Callable[[], bytes]) -> None:
    assert read_plain(_pem(make())) is None


@pytest.mark.parametrize("moment", _MOMENTS.values(), ids=_MOMENTS.keys())
def test_a_moment_that_is_written_otherwise_is_left_to_the_library(moment: bytes) -> None:
    assert read_plain(_valid(moment, _VALIDITY[1])) is None


@pytest.mark.parametrize(
    "pem",
    [b"", b"\n" * 5, _pem(_certificate()).replace(b"\n", b"\n \n", 2), b"-\n%%%%\n-\n"],
    ids=["nothing", "empty lines", "spaces", "no base64"],
)
def test_armour_that_is_written_otherwise_is_left_to_the_library(pem: bytes) -> None:
    assert read_plain(pem) is None


@st.composite
def _altered(draw: st.DrawFn) -> bytes:
    """Draw a plain certificate of which a few bytes are others, are gone, or were added."""
    der = bytearray(_certificate())
    for _ in range(draw(st.integers(1, 3))):
        at = draw(st.integers(0, len(der) - 1))
        der[at : at + draw(st.integers(0, 2))] = draw(st.binary(max_size=2))
    return _pem(bytes(der))


@settings(max_examples=1000)
@given(_altered())
def test_what_is_read_is_never_anything_else_than_what_the_library_reads(pem: bytes) -> None:
    found = _read(pem)

    assert found is None or found == _by_library(pem)
