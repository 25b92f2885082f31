from __future__ import annotations

import pytest

from gitopskit.errors import UnsupportedField
from gitopskit.kube.proxies import proxy_for

PROXY = "http://proxy.example:3128"
SERVER = "https://api.shop.example:6443"


@pytest.mark.parametrize(
    ("server", "exceptions", "expected"),
    [
        (SERVER, "", PROXY),
        (SERVER, "other.example, 10.0.0.0/8,,", PROXY),
        (SERVER, "shop.example", ""),
        (SERVER, ".shop.example", ""),
        (SERVER, "*.shop.example", ""),
        (SERVER, "hop.example", PROXY),
        (SERVER, "api.shop.example", ""),
        (SERVER, "*", ""),
        ("https://10.1.2.3:6443", "10.0.0.0/8", ""),
        ("https://10.1.2.3:6443", "10.1.2.3", ""),
        ("https://10.1.2.3:6443", "192.168.0.0/16,example", PROXY),
        ("https://127.0.0.1:6443", "", ""),
        ("https://[::1]:6443", "", ""),
        ("https://localhost:6443", "", ""),
        ("http://api.shop.example", "", ""),
    ],
)
def test_the_environments_proxy_has_exceptions(server: str, exceptions: str, expected: str) -> None:
    environment = {"HTTPS_PROXY": PROXY, "NO_PROXY": exceptions}

    assert proxy_for(server, configured="", environment=environment) == expected


def test_a_server_without_tls_has_a_proxy_of_its_own() -> None:
    environment = {"http_proxy": PROXY, "HTTPS_PROXY": "http://other.example:1"}

    found = proxy_for("http://api.shop.example", configured="", environment=environment)

    assert found == PROXY


def test_a_proxy_without_a_scheme_is_reached_over_http() -> None:
    environment = {"HTTPS_PROXY": "proxy.example:3128"}

    assert proxy_for(SERVER, configured="", environment=environment) == PROXY


def test_the_kubeconfigs_proxy_comes_first() -> None:
    environment = {"https_proxy": PROXY, "no_proxy": "*"}

    found = proxy_for(SERVER, configured="http://other.example:1", environment=environment)

    assert found == "http://other.example:1"


def test_no_variables_mean_no_proxy() -> None:
    assert proxy_for(SERVER, configured="", environment={}) == ""


def test_a_proxy_that_speaks_no_http_is_refused() -> None:
    with pytest.raises(UnsupportedField, match="only HTTP proxies"):
        proxy_for(SERVER, configured="socks5://proxy.example:1080", environment={})
