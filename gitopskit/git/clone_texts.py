"""What git prints about a person's clone, as values, and what it reads.

Pure. Paths are bytes, as git has them: any byte but NUL.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

_NOTHING: Final = "0"
_ABSENT: Final = "000000"
_UNIT: Final = "\x1f"


@dataclass(frozen=True, slots=True)
class Blob:
    """What is at a path: its mode as git writes it, and the name of its content."""

    mode: str
    oid: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """How one path differs between two commits; None where it is not there."""

    path: bytes
    old: Blob | None
    new: Blob | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Commit:
    """One commit, as people call it; what it says is foreign text."""

    id: str
    author: str
    subject: str


def read_changes(output: bytes) -> tuple[Change, ...]:
    """Return what ``git diff-tree -z --raw`` printed.

    Source: git-diff-tree(1), "RAW OUTPUT FORMAT".
    """
    parts = output.split(b"\0")[:-1]
    found = []
    for said, path in zip(parts[::2], parts[1::2], strict=True):
        old_mode, new_mode, old, new, _status = said.decode().removeprefix(":").split(" ")
        found.append(Change(path=path, old=_blob(old_mode, old), new=_blob(new_mode, new)))
    return tuple(found)


def read_entries(output: bytes) -> dict[bytes, Blob]:
    """Return what ``git ls-tree -r -z`` printed, by path.

    Source: git-ls-tree(1), "OUTPUT FORMAT".
    """
    found = {}
    for entry in output.split(b"\0")[:-1]:
        said, _, path = entry.partition(b"\t")
        mode, _kind, oid = said.decode().split(" ")
        found[path] = Blob(mode, oid)
    return found


def read_commits(output: bytes) -> tuple[Commit, ...]:
    """Return what ``git log -z`` printed in the form id, author, subject."""
    texts = [text for text in output.decode(errors="replace").split("\0") if text]
    found = []
    for text in texts:
        commit, author, subject = text.split(_UNIT, 2)
        found.append(Commit(id=commit, author=author, subject=subject))
    return tuple(found)


def index_lines(blobs: Mapping[bytes, Blob | None], *, digits: int) -> bytes:
    """Return what ``git update-index -z --index-info`` reads; None takes a path out.

    ``digits`` is how long the names of objects are in this repository.

    Source: git-update-index(1), "USING --INDEX-INFO".
    """
    lines = []
    for path, blob in sorted(blobs.items()):
        said = f"{blob.mode} {blob.oid}" if blob else f"0 {_NOTHING * digits}"
        lines.append(said.encode() + b"\t" + path + b"\0")
    return b"".join(lines)


def _blob(mode: str, oid: str) -> Blob | None:
    return None if mode == _ABSENT else Blob(mode, oid)
