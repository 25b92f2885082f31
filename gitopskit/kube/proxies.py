"""Which HTTP proxy stands between us and a server. Pure."""

from __future__ import annotations

import contextlib
import ipaddress
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from gitopskit.errors import UnsupportedField

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

PROXY_VARIABLES: Final = (
    "HTTP_PROXY",
    "http_proxy",
    "HTTPS_PROXY",
    "https_proxy",
    "NO_PROXY",
    "no_proxy",
)
"""The variables that ``proxy_for`` looks at."""


def proxy_for(server: str, *, configured: str, environment: Mapping[str, str]) -> str:
    """Return the proxy's URL, or an empty string for none.

    A kubeconfig's ``proxy-url`` (``configured``) goes before HTTPS_PROXY, or HTTP_PROXY for a
    server without TLS; NO_PROXY and loopback addresses are honoured for those, as Go programs do.
    A proxy without a scheme is an ``http://`` one.

    Raises:
        UnsupportedField: the proxy is none that speaks HTTP.
    """
    proxy = configured or _from_environment(server, environment)
    if proxy and urlsplit(proxy).scheme not in {"http", "https"}:
        raise UnsupportedField(
            "only HTTP proxies are supported", hint="use an http:// or https:// proxy URL"
        )
    return proxy


def _from_environment(server: str, environment: Mapping[str, str]) -> str:
    parts = urlsplit(server)
    host = parts.hostname or ""
    proxy = _variable(f"{parts.scheme}_proxy", environment)
    exceptions = _variable("no_proxy", environment).split(",")
    if not proxy or _is_loopback(host) or any(map(_matcher(host), exceptions)):
        return ""
    return proxy if "://" in proxy else f"http://{proxy}"


def _variable(name: str, environment: Mapping[str, str]) -> str:
    return environment.get(name.upper()) or environment.get(name) or ""


def _matcher(host: str) -> Callable[[str], bool]:
    """Return what tells whether an entry of NO_PROXY (a name, an address, a network) is met."""
    address = _address(host)

    def matches(entry: str) -> bool:
        name = entry.strip().lower().removeprefix("*").removeprefix(".")
        if not name:
            return entry.strip() == "*"
        if address is not None:
            with contextlib.suppress(ValueError):
                return address in ipaddress.ip_network(name, strict=False)
        return host == name or host.endswith(f".{name}")

    return matches


def _is_loopback(host: str) -> bool:
    address = _address(host)
    return host == "localhost" or (address is not None and address.is_loopback)


def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None
