"""TreeHashes: whether folders of one commit hold the same as those of another, without a look.

Pure. Git names every folder by a hash of all that is below it.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_FOLDER: Final = b"tree"
_PLAIN_MODES: Final = frozenset({b"100644", b"100755"})
"""Source: git-fast-import(1): the others are symbolic links (120000) and submodules (160000)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TreeHashes:
    """The folders of a commit by their hashes; ``whole`` stands for all of it.

    ``is_plain`` is False where a folder's hash does not cover all that is read through it: with
    symbolic links and submodules, or where the hashes are not known.
    """

    whole: str
    folders: Mapping[PurePosixPath, str] = field(default_factory=dict)
    is_plain: bool = False

    def of(self, folders: Iterable[PurePosixPath]) -> str:
        """Return a digest that is equal for two commits only if these folders are equal in both.

        The root stands for everything; a folder that is not there counts as such.
        """
        wanted = sorted(set(folders))
        if not self.is_plain or PurePosixPath() in wanted:
            return self.whole
        lines = "".join(f"{self.folders.get(folder, '')} {folder}\0" for folder in wanted)
        return hashlib.sha256(lines.encode(errors="surrogateescape")).hexdigest()


def read_tree_hashes(listing: bytes) -> TreeHashes:
    """Return the hashes of ``git ls-tree -r -t -z``."""
    folders: dict[PurePosixPath, str] = {}
    is_plain = True
    for entry in listing.split(b"\0")[:-1]:
        described, _, path = entry.partition(b"\t")
        mode, kind, name = described.split()[:3]
        if kind == _FOLDER:
            place = PurePosixPath(path.decode(errors="surrogateescape"))
            folders[place] = name.decode()
        elif mode not in _PLAIN_MODES:
            is_plain = False
    whole = hashlib.sha256(listing).hexdigest()
    return TreeHashes(whole=whole, folders=folders, is_plain=is_plain)
