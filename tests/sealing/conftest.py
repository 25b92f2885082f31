"""Keys for the tests: made once, RSA-2048 because they protect nothing."""

from datetime import UTC, datetime

import pytest

from gitopskit.sealing.keys import (
    KeyPair,
    PrivateKey,
    SealingCertificate,
    new_sealing_key,
    read_certificate,
    read_private_keys,
)
from gitopskit.sealing.unseal import Keyring

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)


@pytest.fixture(scope="session")
def now() -> datetime:
    return NOW


@pytest.fixture(scope="session")
def pair() -> KeyPair:
    return new_sealing_key(now=NOW, size_bits=2048)


@pytest.fixture(scope="session")
def other_pair() -> KeyPair:
    return new_sealing_key(now=NOW, size_bits=2048)


@pytest.fixture(scope="session")
def certificate(pair: KeyPair) -> SealingCertificate:
    return read_certificate(pair.certificate_pem, where="tls.crt", now=NOW)


@pytest.fixture(scope="session")
def private_key(pair: KeyPair) -> PrivateKey:
    return read_private_keys(pair.private_pem.reveal(), where="tls.key")[0]


@pytest.fixture(scope="session")
def other_key(other_pair: KeyPair) -> PrivateKey:
    return read_private_keys(other_pair.private_pem.reveal(), where="other.key")[0]


@pytest.fixture(scope="session")
def keyring(private_key: PrivateKey) -> Keyring:
    return Keyring((private_key,))
