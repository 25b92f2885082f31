"""Which files are looked at, and their reading.

Owns the walk: every YAML and JSON file below the given paths except what lies in ``.git`` and
except the templates of Helm charts, which are no YAML before Helm has rendered them.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

from gitopskit.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

KUSTOMIZATION_NAMES: Final = frozenset({"kustomization.yaml", "kustomization.yml", "Kustomization"})

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
        if path == "-" or os.path.isfile(path):  # noqa: PTH113 -- strings: a Path per file is slow
            found[path] = None
        elif os.path.isdir(path):  # noqa: PTH112 -- the same
            _walk(path, found, left_out)
        else:
            raise InputError("there is no such file or folder", where=path)
    return list(found), list(left_out)


def read_file(path: str) -> bytes:
    """Return the content of a file.

    Raises:
        InputError: it cannot be read.
    """
    try:
        with open(path, "rb") as file:  # noqa: PTH123 -- strings: a Path per file is slow
            return file.read()
    except OSError as error:
        raise InputError(f"cannot read the file: {error.strerror}", where=path) from error


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
