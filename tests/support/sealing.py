"""Sealing keys for tests: made once per run, RSA-2048 because they protect nothing."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, Final

from gitopskit.sealing.keys import KeyPair, PrivateKey, new_sealing_key, read_private_keys

if TYPE_CHECKING:
    from pathlib import Path

BORN: Final = datetime(2026, 6, 1, 12, tzinfo=UTC)
"""When the keys begin to be valid; they are for ten years."""


@cache
def sealing_pair(number: int = 0) -> KeyPair:
    """Return a key pair, the same for the same number."""
    del number
    return new_sealing_key(now=BORN, size_bits=2048)


def private_key_of(pair: KeyPair) -> PrivateKey:
    """Return the private half as it is used."""
    return read_private_keys(pair.private_pem.reveal(), where="tls.key")[0]


def write_pair(pair: KeyPair, folder: Path) -> tuple[Path, Path]:
    """Write a pair into a folder and return the paths of the private key and the certificate."""
    private_key, certificate = folder / "tls.key", folder / "tls.crt"
    private_key.write_bytes(pair.private_pem.reveal())
    certificate.write_bytes(pair.certificate_pem)
    return private_key, certificate
