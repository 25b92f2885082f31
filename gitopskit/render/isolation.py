"""The environment of programs that build: no program is found in it and no address is reached."""

from __future__ import annotations

from typing import Final

_DEAD_PROXY: Final = "http://127.0.0.1:9"
"""Port 9 (discard) answers nobody: whatever tries the network fails at once."""

_PROXY_NAMES: Final = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy")


def isolated(home: str) -> dict[str, str]:
    """Return the whole environment of a program whose home is an empty folder."""
    return {
        "HOME": home,
        "KUBECONFIG": "/dev/null",
        "KUBERC": "off",
        "NO_PROXY": "",
        "PATH": home,
        "TMPDIR": home,
        "XDG_CONFIG_HOME": home,
        **dict.fromkeys(_PROXY_NAMES, _DEAD_PROXY),
    }
