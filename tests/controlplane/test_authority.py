from __future__ import annotations

from datetime import UTC, datetime
from ipaddress import ip_address

import pytest
from cryptography import x509
from cryptography.x509.verification import PolicyBuilder, Store

from gitopskit.controlplane.authority import new_identity

_NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    "subject",
    [x509.IPAddress(ip_address("127.0.0.1")), x509.DNSName("kubernetes.default.svc")],
    ids=["loopback", "inside"],
)
def test_the_authority_vouches_for_the_server(subject: x509.IPAddress | x509.DNSName) -> None:
    identity = new_identity(now=_NOW)
    authority = x509.load_pem_x509_certificate(identity.ca_certificate)
    server = x509.load_pem_x509_certificate(identity.certificate)

    verifier = PolicyBuilder().store(Store([authority])).time(_NOW).build_server_verifier(subject)

    assert verifier.verify(server, [])[-1] == authority


def test_keys_are_fresh_and_not_shown() -> None:
    one, other = new_identity(now=_NOW), new_identity(now=_NOW)

    assert one.private_key != other.private_key
    assert "PRIVATE KEY" not in repr(one)
