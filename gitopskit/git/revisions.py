"""Which commit a revision names: a branch, a tag, HEAD, a full reference, or a commit itself.

Pure: knows what may be asked of a server and how to read its answer.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from gitopskit.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping

HEAD: Final = "HEAD"

_COMMIT: Final = re.compile(r"[0-9a-f]{40}")
_LONGEST: Final = 255
_FORBIDDEN: Final = re.compile(
    r"[\x00-\x20\x7f~^:?*\[\\]|\.\.|@\{|//|^[-/]|[/.]$|(^|/)\.|\.lock(/|$)|^@$"
)
"""What no reference has. Source: git-check-ref-format(1), rules 1 to 10, and no leading hyphen."""


def is_commit(revision: str) -> bool:
    """Tell whether this is a full commit (40 lower-case hexadecimal digits)."""
    return _COMMIT.fullmatch(revision) is not None


def require_revision(revision: str) -> str:
    """Return the revision if it can be one, ``HEAD`` for an empty one.

    Raises:
        InputError: no branch, tag or commit can have this name.
    """
    if not revision:
        return HEAD
    if len(revision) > _LONGEST or _FORBIDDEN.search(revision):
        raise InputError(
            f"{revision[:80]!r} cannot be the name of a branch, a tag or a commit",
            hint="set targetRevision to a branch, a tag or a full commit of 40 digits",
        )
    return revision.lower() if _COMMIT.fullmatch(revision.lower()) else revision


def references(revision: str) -> tuple[str, ...]:
    """Return the full references that a revision may mean, the preferred one first.

    A branch comes before a tag of the same name, as with Argo CD; an annotated tag is followed to
    its commit (``^{}``).
    """
    if revision == HEAD:
        return (HEAD,)
    if revision.startswith("refs/"):
        return (f"{revision}^{{}}", revision)
    tag = f"refs/tags/{revision}"
    return (f"refs/heads/{revision}", f"{tag}^{{}}", tag)


def read_listing(listing: bytes) -> dict[str, str]:
    """Return what ``git ls-remote`` printed: reference to commit, lines of another form left out.

    Source: git-ls-remote(1), "OUTPUT": ``<oid> TAB <ref> LF``.
    """
    found: dict[str, str] = {}
    for line in listing.decode(errors="replace").splitlines():
        oid, _, reference = line.partition("\t")
        if is_commit(oid) and reference:
            found[reference] = oid
    return found


def pick(found: Mapping[str, str], revision: str) -> str:
    """Return the commit that a revision means among the listed references, or an empty string."""
    return next((found[name] for name in references(revision) if name in found), "")
