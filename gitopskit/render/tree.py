"""What a name in a revision's files points at: always a place inside the revision.

Names in these files are untrusted: no URL, no absolute path, no way out, no symbolic link out.
"""

from __future__ import annotations

import os
import posixpath
import re
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final

from gitopskit.errors import PathMissing, RenderFailed

LARGEST_FILE_BYTES: Final = 32 * 1024 * 1024

_REMOTE: Final = re.compile(
    r"://|^(git|gh|hg|s3|gcs|https?|oci|file|ssh)::?|^github\.com[/:]|^[^/@\s]+@[^/\s]+[:/]|\?.*="
    r"|^[\w.-]+\.[a-z]{2,}:",
    re.IGNORECASE,
)
"""What kustomize takes for the address of a repository or of a file on a server.

Source: kustomize api/internal/git/repospec.go and kyaml's hasher of remote targets; wider on
purpose, since a local name that looks like this would be fetched.
"""

_LONGEST_SHOWN: Final = 120
_LONGEST_NAME: Final = 4096


@dataclass(frozen=True, slots=True)
class Tree:
    """The files of a revision. ``root`` is a real path, without symbolic links."""

    root: Path

    @classmethod
    def at(cls, root: Path) -> Tree:
        """Return the tree below a folder."""
        return cls(Path(os.path.realpath(root)))

    def absolute(self, place: PurePosixPath) -> Path:
        """Return the absolute path of a place in the tree."""
        return self.root / place

    def resolve(self, folder: PurePosixPath, name: str, *, where: str) -> PurePosixPath:
        """Return the place that a name in a folder's file points at, symbolic links followed.

        Raises:
            RenderFailed: it is a URL or an absolute path, or leads out of the revision.
            PathMissing: it is not there.
        """
        shown = f"`{name[:_LONGEST_SHOWN]}`"
        if _REMOTE.search(name):
            raise RenderFailed(
                f"{shown} is not in this revision but on a server",
                where=where,
                hint="copy what it refers to into the repository",
            )
        if not name or "\0" in name or "\n" in name or len(name) > _LONGEST_NAME:
            raise RenderFailed(
                "this is not the path of a file",
                where=where,
                hint="use a short name without line breaks",
            )
        joined = posixpath.normpath(posixpath.join(str(folder), name))
        if name.startswith("/") or joined == ".." or joined.startswith("../"):
            raise _outside(f"{shown} is outside of the repository", where)
        real = Path(os.path.realpath(self.root / joined))
        if not real.is_relative_to(self.root):
            raise _outside(f"{shown} leads out of the repository through a symbolic link", where)
        if not real.exists():
            raise PathMissing(
                f"{shown} does not exist", where=where, hint="correct the path, or commit the file"
            )
        return PurePosixPath(real.relative_to(self.root).as_posix())

    def lacks(self, folder: PurePosixPath, name: str) -> bool:
        """Tell whether a name points at a place inside the revision where nothing is.

        Of what leads out it says nothing, or it would tell what else is on this machine.
        """
        joined = posixpath.normpath(posixpath.join(str(folder), name))
        is_outside = name.startswith("/") or joined.partition("/")[0] == ".."
        if is_outside or "\0" in name or _REMOTE.search(name):
            return False
        real = Path(os.path.realpath(self.root / joined))
        return real.is_relative_to(self.root) and not real.exists()

    def read(self, place: PurePosixPath) -> bytes:
        """Return the content of a file.

        Raises:
            RenderFailed: it is no regular file, or is larger than 32 MiB.
        """
        path = self.absolute(place)
        if not path.is_file():
            raise RenderFailed("this is not a file", where=str(place))
        if path.stat().st_size > LARGEST_FILE_BYTES:
            raise RenderFailed("the file is larger than 32 MiB", where=str(place))
        return path.read_bytes()


def _outside(what: str, where: str) -> RenderFailed:
    return RenderFailed(
        what, where=where, hint="refer to files inside the repository, by relative paths"
    )
