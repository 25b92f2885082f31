"""The keys of tests/support/sealing.py as fixtures."""

from datetime import datetime

import pytest

from gitopskit.sealing.keys import KeyPair, PrivateKey, SealingCertificate, read_certificate
from gitopskit.sealing.unseal import Keyring
from tests.support.sealing import BORN, private_key_of, sealing_pair


@pytest.fixture(scope="session")
def now() -> datetime:
    return BORN


@pytest.fixture(scope="session")
def pair() -> KeyPair:
    return sealing_pair()


@pytest.fixture(scope="session")
def other_pair() -> KeyPair:
    return sealing_pair(1)


@pytest.fixture(scope="session")
def certificate(pair: KeyPair) -> SealingCertificate:
    return read_certificate(pair.certificate_pem, where="tls.crt", now=BORN)


@pytest.fixture(scope="session")
def private_key(pair: KeyPair) -> PrivateKey:
    return private_key_of(pair)


@pytest.fixture(scope="session")
def other_key(other_pair: KeyPair) -> PrivateKey:
    return private_key_of(other_pair)


@pytest.fixture(scope="session")
def keyring(private_key: PrivateKey) -> Keyring:
    return Keyring((private_key,))
