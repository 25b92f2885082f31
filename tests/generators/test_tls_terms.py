"""Hosts that a certificate can name."""

from __future__ import annotations

from ipaddress import ip_address

import pytest
from cryptography import x509
from hypothesis import example, given
from hypothesis import strategies as st

from gitopskit.errors import InputError
from gitopskit.generators.tls_terms import Host, read_hosts

_LONGEST_NAME = ".".join(["a" * 63] * 3 + ["b" * 61])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("db", "db"),
        ("DB.Shop.svc", "db.shop.svc"),
        ("xn--bcher-kva.example", "xn--bcher-kva.example"),
        ("1a.4you.example", "1a.4you.example"),
        ("*.example", "*.example"),
        (_LONGEST_NAME, _LONGEST_NAME),
        ("192.0.2.1", ip_address("192.0.2.1")),
        ("2001:DB8:0::1", ip_address("2001:db8::1")),
    ],
    ids=["label", "upper case", "punycode", "digits", "wildcard", "longest", "IPv4", "IPv6"],
)
def test_names_and_addresses_are_read(text: str, expected: Host) -> None:
    assert read_hosts([text]) == (expected,)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "https://a.example",
        "a.example:443",
        "a.example.",
        "a..example",
        "-a.example",
        "a_b.example",
        "bücher.example",
        "\u212aelvin.example",
        "a.example\n",
        "a.*.example",
        "*",
        "256.0.2.1",
        "192.0.2",
        "[::1]",
        "10.0.0.0/8",
        "a" * 64,
        _LONGEST_NAME + "b",
    ],
    ids=[
        "empty",
        "URL",
        "port",
        "root",
        "empty label",
        "hyphen first",
        "underscore",
        "beyond ASCII",
        "a sign whose lower case is k",
        "line end",
        "wildcard inside",
        "bare wildcard",
        "number too large",
        "number missing",
        "brackets",
        "network",
        "long label",
        "long name",
    ],
)
def test_what_is_neither_name_nor_address_is_refused_unquoted(text: str) -> None:
    with pytest.raises(InputError) as caught:
        read_hosts(["a", text])

    assert str(caught.value) == "host 2 of 2 is neither a DNS name nor an address"
    assert "without a scheme or a port" in caught.value.hint


def test_an_address_with_a_zone_is_refused() -> None:
    with pytest.raises(InputError) as caught:
        read_hosts(["fe80::1%eth0"])

    assert (
        str(caught.value) == "host 1 of 1 is an address with a zone, which no certificate can hold"
    )
    assert caught.value.hint == "leave out the `%` and what follows"


@pytest.mark.parametrize("count", [0, 101])
def test_a_number_of_hosts_out_of_bounds_is_refused(count: int) -> None:
    with pytest.raises(InputError) as caught:
        read_hosts([f"host-{number}" for number in range(count)])

    assert str(caught.value) == "a certificate cannot be for so many hosts"
    assert caught.value.hint == "name 1 to 100 hosts"


def test_a_hundred_hosts_are_not_too_many() -> None:
    assert len(read_hosts([f"host-{number}" for number in range(100)])) == 100


@given(st.text() | st.from_regex(r"[a-zA-Z0-9.*:%_-]{1,20}", fullmatch=True))
@example("::1")
@example("*.a.example")
def test_any_text_is_a_host_that_an_extension_can_hold_or_is_refused(text: str) -> None:
    try:
        (host,) = read_hosts([text])
    except InputError:
        return

    name = x509.DNSName(host) if isinstance(host, str) else x509.IPAddress(host)
    x509.SubjectAlternativeName([name]).public_bytes()
    assert read_hosts([str(host)]) == (host,)
