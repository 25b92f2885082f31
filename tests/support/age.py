"""Opening files of age without the library that made them, by what the format's page says.

Source: C2SP, age.md (age-encryption.org/v1); BIP 173 for the text form of keys.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from typing import Final

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

_BECH32: Final = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
_CHUNK_BYTES: Final = 64 * 1024 + 16


def open_with_identity(armoured: bytes, identity: str) -> bytes:
    """Return what is in a file that is encrypted to an X25519 recipient."""
    lines = armoured.strip().splitlines()
    assert lines[0] == b"-----BEGIN AGE ENCRYPTED FILE-----"
    assert lines[-1] == b"-----END AGE ENCRYPTED FILE-----"
    assert all(len(line) == 64 for line in lines[1:-2])
    data = base64.b64decode(b"".join(lines[1:-1]), validate=True)
    end = data.index(b"\n---") + 4
    header, (mac, payload) = data[:end], data[end:].removeprefix(b" ").split(b"\n", 1)
    version, *rest = header.decode().split("\n")
    assert version == "age-encryption.org/v1"
    file_key = _file_key(rest, identity)
    expected = hmac.digest(_derived(file_key, b"", b"header"), header, hashlib.sha256)
    assert _decoded(mac.decode()) == expected
    return _payload(payload, file_key)


def _file_key(lines: list[str], identity: str) -> bytes:
    """Return the key that the first X25519 stanza wraps for the identity."""
    at = next(number for number, line in enumerate(lines) if line.startswith("-> X25519 "))
    share = _decoded(lines[at].split(" ")[2])
    secret = X25519PrivateKey.from_private_bytes(_bech32(identity, "AGE-SECRET-KEY-"))
    own = secret.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    shared = secret.exchange(X25519PublicKey.from_public_bytes(share))
    key = _derived(shared, share + own, b"age-encryption.org/v1/X25519")
    return ChaCha20Poly1305(key).decrypt(bytes(12), _decoded(lines[at + 1]), None)


def _payload(data: bytes, file_key: bytes) -> bytes:
    cipher = ChaCha20Poly1305(_derived(file_key, data[:16], b"payload"))
    chunks = [data[at : at + _CHUNK_BYTES] for at in range(16, len(data), _CHUNK_BYTES)]
    return b"".join(
        cipher.decrypt(number.to_bytes(11, "big") + bytes([number == len(chunks) - 1]), chunk, None)
        for number, chunk in enumerate(chunks)
    )


def _derived(key: bytes, salt: bytes, info: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=salt, info=info).derive(key)


def _decoded(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), validate=True)


def _bech32(text: str, prefix: str) -> bytes:
    """Return the bytes in a Bech32 text; its checksum is not looked at."""
    digits = [_BECH32.index(letter) for letter in text.strip().removeprefix(f"{prefix}1").lower()]
    number = 0
    for digit in digits[:-6]:
        number = number << 5 | digit
    bits = 5 * len(digits[:-6])
    return (number >> bits % 8).to_bytes(bits // 8, "big")
