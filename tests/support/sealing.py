"""Sealing keys for tests: made once per run, RSA-2048 because they protect nothing."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, Final

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from gitopskit.manifests.write import dump_documents
from gitopskit.sealing.keys import (
    KeyPair,
    PrivateKey,
    new_sealing_key,
    read_certificate,
    read_private_keys,
)
from gitopskit.sealing.scope import Scope
from gitopskit.sealing.seal import SealOptions, seal_secret

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

BORN: Final = datetime(2026, 6, 1, 12, tzinfo=UTC)
"""When the keys begin to be valid; they are for ten years."""


def sealing_pair(number: int = 0) -> KeyPair:
    """Return a key pair, the same for the same number."""
    return _made(number)


@cache
def _made(number: int) -> KeyPair:
    del number
    return new_sealing_key(now=BORN, size_bits=2048)


def private_key_of(pair: KeyPair) -> PrivateKey:
    """Return the private half as it is used."""
    return read_private_keys(pair.private_pem.reveal(), where="tls.key")[0]


def rsa_of(key: PrivateKey) -> RSAPrivateKey:
    """Return the RSA key in a private key that is one."""
    assert isinstance(key.key, RSAPrivateKey)
    return key.key


def write_pair(pair: KeyPair, folder: Path) -> tuple[Path, Path]:
    """Write a pair into a folder and return the paths of the private key and the certificate."""
    private_key, certificate = folder / "tls.key", folder / "tls.crt"
    private_key.write_bytes(pair.private_pem.reveal())
    certificate.write_bytes(pair.certificate_pem)
    return private_key, certificate


def sealed_manifest(
    items: Mapping[str, str],
    *,
    name: str = "db",
    scope: Scope = Scope.STRICT,
    pair: KeyPair | None = None,
    records_keys: bool = False,
) -> str:
    """Return a SealedSecret of these texts in the namespace ``shop``, as YAML."""
    certificate = read_certificate(
        (pair or sealing_pair()).certificate_pem, where="tls.crt", now=BORN
    )
    options = SealOptions(certificate=certificate, scope=scope, records_keys=records_keys)
    content = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": name, "namespace": "shop"},
        "stringData": dict(items),
    }
    return dump_documents([seal_secret(content, options)])
