"""Which files are looked at, and their reading.

Owns the walk: every YAML and JSON file below the given paths except what lies in ``.git`` and
except the templates of Helm charts, which are no YAML before Helm has rendered them.
"""

from __future__ import annotations

import os
import stat
import sys
from typing import TYPE_CHECKING, Final

from gitopskit.errors import InputError
from gitopskit.manifests.documents import Limits
from gitopskit.render.kustomization import FILE_NAMES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

KUSTOMIZATION_NAMES: Final = frozenset(FILE_NAMES)

_STDIN: Final = "-"
_MOST_READ_BYTES: Final = Limits().size_bytes + 1
"""One byte more than a document may have: whoever reads the text refuses it then."""

_SUFFIXES: Final = (".yaml", ".yml", ".json")
_CHART_FILE: Final = "Chart.yaml"
_CHART_TEMPLATES: Final = "templates"


def find_files(paths: Iterable[str]) -> tuple[list[str], list[str]]:
    """Return the files to read, in order, and the folders of Helm templates that were left out.

    A path that is a file is taken whatever its name is; ``-`` is standard input.

    Raises:
        InputError: a path does not exist.
    """
    found: dict[str, None] = {}
    left_out: dict[str, None] = {}
    for path in paths:
        if path == _STDIN or os.path.isfile(path):  # noqa: PTH113 -- strings: a Path per file is slow
            found[path] = None
        elif os.path.isdir(path):  # noqa: PTH112 -- the same
            _walk(path, found, left_out)
        else:
            raise InputError(
                "there is no such file or folder",
                where=path,
                hint="check the path, or use `-` for standard input",
            )
    return list(found), list(left_out)


def read_file(path: str) -> bytes:
    """Return the content of a file, or of standard input for ``-``; no more than can be used.

    Raises:
        InputError: it cannot be read, or is a pipe or a device, which may never end.
    """
    if path == _STDIN:
        return sys.stdin.buffer.read(_MOST_READ_BYTES)
    try:
        # without O_NONBLOCK a pipe that nobody writes to is waited for
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
        with os.fdopen(descriptor, "rb") as file:
            if stat.S_ISREG(os.fstat(descriptor).st_mode):
                return file.read(_MOST_READ_BYTES)
    except OSError as error:
        raise InputError(
            f"cannot read the file: {error.strerror}",
            where=path,
            hint="check where it leads and who may read it",
        ) from error
    raise InputError("this is not a regular file", where=path, hint="move it away, or rename it")


def _walk(top: str, found: dict[str, None], left_out: dict[str, None]) -> None:
    for folder, folders, names in os.walk(top):
        if _CHART_FILE in names and _CHART_TEMPLATES in folders:
            folders.remove(_CHART_TEMPLATES)
            left_out[os.path.normpath(os.path.join(folder, _CHART_TEMPLATES))] = None  # noqa: PTH118 -- strings
        folders[:] = sorted(name for name in folders if name != ".git")
        found.update(dict.fromkeys(_chosen(folder, names)))


def _chosen(folder: str, names: list[str]) -> Iterator[str]:
    for name in sorted(names):
        if name.endswith(_SUFFIXES) or name in KUSTOMIZATION_NAMES:
            yield os.path.normpath(os.path.join(folder, name))  # noqa: PTH118 -- strings
