"""The environment of programs that build: they find no program, and reach no address unasked."""

from __future__ import annotations

from typing import Final

_DEAD_PROXY: Final = "http://127.0.0.1:9"
"""Port 9 (discard) answers nobody: whatever tries the network fails at once."""

_PROXY_NAMES: Final = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy")


def isolated(home: str, *, is_online: bool = False) -> dict[str, str]:
    """Return the whole environment of a program whose home is an empty folder."""
    proxies = {} if is_online else dict.fromkeys(_PROXY_NAMES, _DEAD_PROXY)
    return {
        "HOME": home,
        "KUBECONFIG": "/dev/null",
        "KUBERC": "off",
        "NO_PROXY": "",
        "PATH": home,
        "TMPDIR": home,
        "XDG_CONFIG_HOME": home,
        **proxies,
    }
