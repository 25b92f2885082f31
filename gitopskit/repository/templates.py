"""Where the templates lie that come with the package, and the reading of the platform's manifests.

Owns the look-up only: what a template means is known to scaffold, what a platform manifest is for
to the workflows. In a wheel the templates lie inside the package, in a checkout beside it.
"""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Final

from gitopskit.errors import EnvironmentFault, InputError
from gitopskit.manifests.documents import read_documents

if TYPE_CHECKING:
    from gitopskit.manifests.documents import Manifest

_PLATFORM: Final = "platform"
_FOLDER: Final = "templates"


def templates_root(package: Path | None = None) -> Path:
    """Return the folder of the templates that belong to this package.

    ``package`` is the folder of the package, by default the one that runs. The folder inside the
    package is looked at first: an editable install leaves a stale copy elsewhere, never there.

    Raises:
        EnvironmentFault: the installation has no templates.
    """
    home = Path(str(files("gitopskit"))) if package is None else package
    for candidate in (home / _FOLDER, home.parent / _FOLDER):
        if candidate.is_dir():
            return candidate
    raise EnvironmentFault(
        "the templates of gitopskit are missing from this installation",
        where=str(home),
        hint="install gitopskit again, for example `pip install --force-reinstall gitopskit`",
    )


def read_platform(relative: str) -> str:
    """Return the text of a file below ``templates/platform``, such as ``unsealer/rbac.yaml``.

    Raises:
        InputError: there is no such file, or the name leads out of the folder.
        EnvironmentFault: the installation has no templates.
    """
    root = (templates_root() / _PLATFORM).resolve()
    path = (root / relative).resolve()
    if not path.is_relative_to(root) or not path.is_file():
        raise InputError(
            "there is no platform manifest of this name",
            where=relative,
            hint="use one of " + ", ".join(_platform_files(root)),
        )
    return path.read_text(encoding="utf-8")


def platform_documents(*relatives: str) -> tuple[Manifest, ...]:
    """Return the objects of several files below ``templates/platform``, in the order given.

    Raises:
        InputError: there is no such file, or it is malformed.
        EnvironmentFault: the installation has no templates.
    """
    return tuple(
        manifest
        for relative in relatives
        for manifest in read_documents(read_platform(relative), path=relative)
    )


def _platform_files(root: Path) -> list[str]:
    return sorted(path.relative_to(root).as_posix() for path in root.rglob("*.yaml"))
