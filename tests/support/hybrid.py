"""Hybrid keys for tests: made once per run."""

from __future__ import annotations

from datetime import timedelta
from functools import cache
from typing import TYPE_CHECKING, Final

from gitopskit.sealing.hybrid import HybridPrivateKey, new_seed
from gitopskit.sealing.hybrid_pem import dump_private, dump_public
from gitopskit.sealing.keys import KeyPair, SealingCertificate, load_certificate
from tests.support.sealing import BORN

if TYPE_CHECKING:
    from pathlib import Path

    from gitopskit.redaction import Plaintext

UNTIL: Final = BORN + timedelta(days=3650)
"""When the keys end that begin with those of sealing.py."""


def hybrid_seed(number: int = 0) -> Plaintext:
    """Return the seed of a hybrid key, the same for the same number."""
    return _made(number)


def hybrid_key(number: int = 0) -> HybridPrivateKey:
    """Return the key of that seed."""
    return HybridPrivateKey.from_seed(_made(number))


def hybrid_pair(number: int = 0) -> KeyPair:
    """Return both halves of that key as PEM."""
    return KeyPair(
        private_pem=dump_private(_made(number)),
        certificate_pem=dump_public(hybrid_key(number).public_key(), made=BORN, until=UNTIL),
    )


def hybrid_certificate(number: int = 0) -> SealingCertificate:
    """Return the public half of that key as it is used."""
    return load_certificate(hybrid_pair(number).certificate_pem, where="hybrid.pub")


def write_hybrid_pair(folder: Path, number: int = 0) -> tuple[Path, Path]:
    """Write that key into a folder and return the paths of its private and its public half."""
    private_key, public_key = folder / "hybrid.key", folder / "hybrid.pub"
    private_key.write_bytes(hybrid_pair(number).private_pem.reveal())
    public_key.write_bytes(hybrid_pair(number).certificate_pem)
    return private_key, public_key


@cache
def _made(number: int) -> Plaintext:
    del number
    return new_seed()
