"""What a server's certificate may be asked for: names, days, and the kind of key.

Apart from tls.py, so that a wish can be judged without loading cryptography (130 ms).
"""

from __future__ import annotations

import re
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from gitopskit.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

KeyType: TypeAlias = Literal["ecdsa-p256", "ecdsa-p384", "rsa-2048", "rsa-3072", "rsa-4096"]

KEY_TYPES: Final[tuple[KeyType, ...]] = (
    "ecdsa-p256",
    "ecdsa-p384",
    "rsa-2048",
    "rsa-3072",
    "rsa-4096",
)

Host: TypeAlias = str | IPv4Address | IPv6Address
"""A DNS name in lower case, or an address."""

DEFAULT_DAYS: Final = 365
MOST_DAYS: Final = 3650
MOST_HOSTS: Final = 100

_LONGEST_NAME: Final = 253
_LABEL: Final = r"[A-Za-z0-9]([-A-Za-z0-9]{0,61}[A-Za-z0-9])?"
_NAME: Final = re.compile(rf"(\*\.)?({_LABEL}\.)*{_LABEL}")
"""Source: RFC 1123 section 2.1; RFC 9525 section 6.3 for the wildcard, the whole first label."""

_NUMBER: Final = re.compile(r"(.*\.)?[0-9]+")
"""A name that ends in a number is a mistyped address. Source: URL Standard, section 3.5."""


def read_hosts(hosts: Sequence[str]) -> tuple[Host, ...]:
    """Return the names and addresses of a server, each once; names become lower case.

    Whether a name resolves is not checked.

    Raises:
        InputError: there is none, there are more than 100, or one is neither a DNS name nor an
            address. It is named by its number and not quoted.
    """
    if not 1 <= len(hosts) <= MOST_HOSTS:
        raise InputError(
            "a certificate cannot be for so many hosts", hint=f"name 1 to {MOST_HOSTS} hosts"
        )
    return tuple(
        dict.fromkeys(
            _read_host(text, place=f"host {number} of {len(hosts)}")
            for number, text in enumerate(hosts, start=1)
        )
    )


def _read_host(text: str, *, place: str) -> Host:
    try:
        address = ip_address(text)
    except ValueError:
        return _require_name(text, place=place).lower()
    if isinstance(address, IPv6Address) and address.scope_id is not None:
        raise InputError(
            f"{place} is an address with a zone, which no certificate can hold",
            hint="leave out the `%` and what follows",
        )
    return address


def _require_name(name: str, *, place: str) -> str:
    is_name = len(name) <= _LONGEST_NAME and _NAME.fullmatch(name) is not None
    if not is_name or _NUMBER.fullmatch(name):
        raise InputError(
            f"{place} is neither a DNS name nor an address",
            hint="use a form such as db.example, *.example, 192.0.2.1 or 2001:db8::1,"
            " without a scheme or a port",
        )
    return name


def require_days(days: int) -> int:
    """Return the days if a certificate can live so long.

    Raises:
        InputError: they are not from 1 to 3650.
    """
    if not 1 <= days <= MOST_DAYS:
        raise InputError(
            "a certificate cannot live so many days", hint=f"choose from 1 to {MOST_DAYS} days"
        )
    return days
