"""PEM, key Secrets and DER behind armour: a key or a certificate comes out, or a refusal.

The input is taken as a text, and as the DER of a block of each kind.
"""

from __future__ import annotations

import base64
from datetime import UTC, datetime
from typing import Final

from gitopskit.errors import InputError, MalformedDocument, UnusableKey
from gitopskit.sealing import pem_text
from gitopskit.sealing.keys import load_certificate, read_certificate, read_private_keys
from tests.fuzz.judgement import require_told

_NOW: Final = datetime(2026, 6, 1, tzinfo=UTC)
_LEAST_TELLING: Final = 48
"""Characters of a word that no error would say by chance; a line of base64 has 64."""

_SEQUENCE: Final = b"\x30"
_KINDS: Final = ("CERTIFICATE", "PRIVATE KEY", "RSA PRIVATE KEY", "ENCRYPTED PRIVATE KEY")


def check(data: bytes) -> None:
    """Raise where a reader of keys raises something else than its own errors."""
    texts = [_armoured(kind, data) for kind in _KINDS] if data[:1] == _SEQUENCE else [data]
    for text in texts:
        _check_private_keys(text)
        _check_certificate(text)
        for block in pem_text.private_key_blocks(text):
            assert pem_text.is_pem(block)
            assert block in text


def _check_private_keys(text: bytes) -> None:
    try:
        keys = read_private_keys(text, where="tls.key")
    except (UnusableKey, MalformedDocument) as error:
        _require_discreet(error, text)
        return
    assert keys
    for key in keys:
        assert key.fingerprint.startswith("SHA256:")
        if key.certificate_pem:
            certificate = load_certificate(key.certificate_pem, where="tls.crt")
            assert certificate.fingerprint == key.fingerprint


def _check_certificate(text: bytes) -> None:
    try:
        certificate = load_certificate(text, where="tls.crt")
    except UnusableKey as error:
        _require_discreet(error, text)
        return
    assert load_certificate(certificate.pem, where="tls.crt") == certificate
    try:
        assert read_certificate(text, where="tls.crt", now=_NOW) == certificate
    except UnusableKey as error:
        _require_discreet(error, text)


def _require_discreet(error: InputError, text: bytes) -> None:
    """Fail where an error shows a word of what it was given, which may be a key."""
    require_told(error)
    said = f"{error} {error.hint}".encode()
    assert not any(word in said for word in text.split() if len(word) >= _LEAST_TELLING)


def _armoured(kind: str, der: bytes) -> bytes:
    body = base64.encodebytes(der).decode()
    return f"-----BEGIN {kind}-----\n{body}-----END {kind}-----\n".encode()
