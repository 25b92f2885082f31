"""Submodules as values: which a commit has, and where they are. What leads elsewhere is refused.

Pure. Source: gitmodules(5); git-submodule(1), "add", for relative URLs.
"""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Final

from gitopskit.errors import InputError
from gitopskit.git.remotes import Remote, parse_remote
from gitopskit.redaction import scrub

if TYPE_CHECKING:
    from collections.abc import Callable

MOST_SUBMODULES: Final = 32
MOST_OF_ALL: Final = 128
"""Submodules of one commit on all levels together."""
DEEPEST: Final = 4

_GITLINK: Final = b"160000"
_KEY: Final = re.compile(r"submodule\.(?P<name>.*)\.(?P<field>path|url)", re.DOTALL)
_RELATIVE: Final = ("./", "../")


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmoduleRule:
    """From where submodules may come; ``key`` is another one for another rule."""

    key: str
    permits: Callable[[str], bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class Submodule:
    """A folder of a commit that is a commit of another repository."""

    path: str
    url: str
    commit: str


def read_gitlinks(listing: bytes) -> dict[str, str]:
    """Return the commits by their paths, of what ``git ls-tree -r -z`` printed."""
    found: dict[str, str] = {}
    for entry in listing.split(b"\0")[:-1]:
        described, _, path = entry.partition(b"\t")
        mode, _, commit = described.split()[:3]
        if mode == _GITLINK:
            found[path.decode(errors="surrogateescape")] = commit.decode()
    return found


def read_urls(config: bytes) -> dict[str, str]:
    """Return the URLs by their paths, of what ``git config --list -z`` printed of .gitmodules."""
    fields: dict[str, dict[str, str]] = {}
    for entry in config.decode(errors="surrogateescape").split("\0"):
        key, _, value = entry.partition("\n")
        found = _KEY.fullmatch(key)
        if found is not None:
            fields.setdefault(found["name"], {})[found["field"]] = value
    return {it["path"]: it["url"] for it in fields.values() if {"path", "url"} <= it.keys()}


def submodules_of(
    parent: Remote, *, gitlinks: dict[str, str], urls: dict[str, str], rule: SubmoduleRule
) -> tuple[Submodule, ...]:
    """Return the submodules of a commit, in the order of their paths.

    Raises:
        InputError: one has no URL, lies outside, is on another host, or may not be used.
    """
    if len(gitlinks) > MOST_SUBMODULES:
        raise InputError(f"the commit has more than {MOST_SUBMODULES} submodules", where=parent.url)
    return tuple(
        Submodule(path=path, url=_permitted(parent, path, urls.get(path, ""), rule), commit=commit)
        for path, commit in sorted(gitlinks.items())
    )


def _permitted(parent: Remote, path: str, url: str, rule: SubmoduleRule) -> str:
    where = f"{parent.url} {path[:80]}"
    parts = PurePosixPath(path).parts
    if not url or path.startswith("/") or {"..", ".git"} & {part.lower() for part in parts}:
        raise InputError("the submodule has no URL in .gitmodules, or no usable path", where=where)
    found = resolve(parent, url)
    remote = parse_remote(found, allow_local=parent.scheme == "file")
    if (remote.scheme == "file", remote.host) != (parent.scheme == "file", parent.host):
        raise InputError(
            f"the submodule lies on another host: {scrub(found)}",
            where=where,
            hint="submodules are read from the host of their repository alone",
        )
    if not rule.permits(found):
        raise InputError(
            f"the project does not allow the submodule {scrub(found)}",
            where=where,
            hint="add it to the project's sourceRepos",
        )
    return found


def resolve(parent: Remote, url: str) -> str:
    """Return the whole URL of a submodule, whose own may be relative to its parent's.

    Raises:
        InputError: it leads above the root of the parent's host.
    """
    if not url.startswith(_RELATIVE):
        return url
    base = parent.url.rstrip("/").removesuffix(parent.path.rstrip("/"))
    path = posixpath.normpath(posixpath.join(parent.path.rstrip("/"), url))
    climbs = url.count("../") + url.endswith("..")
    if path.startswith("..") or climbs > len(PurePosixPath(parent.path.strip("/")).parts):
        raise InputError("the submodule's URL leads above its host", where=parent.url)
    return base + path
