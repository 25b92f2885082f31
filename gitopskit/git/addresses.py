"""When two URLs are one repository, and when one is a prefix of another.

Pure. A prefix counts in whole parts of the path: ``https://host/te`` is none of
``https://host/team/shop``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from gitopskit.errors import GitopskitError
from gitopskit.git.remotes import parse_remote


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """A URL in the form in which two are compared; ``port`` is never 0 on a network."""

    scheme: str
    user: str
    host: str
    port: int
    path: tuple[str, ...]

    def is_prefix_of(self, other: Address) -> bool:
        """Tell whether another repository lies at or below this, counted in whole parts."""
        return (
            (self.scheme, self.host, self.port) == (other.scheme, other.host, other.port)
            and self.user in {"", other.user}
            and self.path == other.path[: len(self.path)]
        )


_DEFAULT_PORTS: Final = {"https": 443, "ssh": 22}


def address_of(url: str, *, is_prefix: bool = False) -> Address | None:
    """Return a URL in the form in which two are compared, or None where it is none.

    ``.git`` and slashes at the end do not count, ``git@host:path`` equals ``ssh://git@host/path``.
    """
    if is_prefix and url.endswith(":"):
        url += "/"
    try:
        remote = parse_remote(url, allow_local=True)
    except GitopskitError:
        return None
    path = remote.path.rstrip("/").removesuffix(".git")
    return Address(
        scheme=remote.scheme,
        user=remote.user,
        host=remote.host,
        port=remote.port or _DEFAULT_PORTS.get(remote.scheme, 0),
        path=tuple(part for part in path.split("/") if part),
    )
