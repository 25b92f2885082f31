"""Where things lie in a repository: every command asks here and spells no path of its own.

Owns the paths and the search for the repository's root. Must not know what the files hold.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final

from gitopskit.errors import InputError

CONFIG_FILE: Final = PurePosixPath(".gitopskit/config.yaml")
ANSWERS_FILE: Final = PurePosixPath(".gitopskit/answers.yml")
CERTIFICATES: Final = PurePosixPath(".gitopskit/certs")
POLICIES: Final = PurePosixPath("policies")
_APPS: Final = PurePosixPath("apps")
_CLUSTERS: Final = PurePosixPath("clusters")
_OVERLAY_DEPTH: Final = 4


def app_folder(app: str) -> PurePosixPath:
    """Return where an app's manifests lie that all environments share."""
    return _APPS / app


def environment_folder(environment: str) -> PurePosixPath:
    """Return the folder whose kustomization builds a whole environment, for people and CI."""
    return _CLUSTERS / environment


def platform_folder(environment: str) -> PurePosixPath:
    """Return what the Application ``platform-<env>`` renders: namespaces, appliers, quotas."""
    return environment_folder(environment) / "base"


def unsealer_folder(environment: str) -> PurePosixPath:
    """Return where `unsealer install --out` writes, and `bootstrap` finds, an unsealer's files."""
    return environment_folder(environment) / "unsealer"


def overlay_folder(environment: str, app: str) -> PurePosixPath:
    """Return what the Application ``<app>-<env>`` renders."""
    return environment_folder(environment) / "apps" / app


def environment_of(path: PurePosixPath) -> str:
    """Return the environment that a path below the root belongs to, empty if it is of all."""
    return path.parts[1] if len(path.parts) > 2 and path.parts[0] == str(_CLUSTERS) else ""  # noqa: PLR2004 -- clusters, the environment, a name in it


def overlay_of(path: PurePosixPath) -> tuple[str, str]:
    """Return the environment and the app whose overlay a file below the root is in, or nothing."""
    if len(path.parts) <= _OVERLAY_DEPTH:
        return "", ""
    environment, app = path.parts[1], path.parts[3]
    is_inside = path.is_relative_to(overlay_folder(environment, app))
    return (environment, app) if is_inside else ("", "")


def registrations_folder(environment: str) -> PurePosixPath:
    """Return what the Application ``root-<env>`` renders: Applications and AppProjects."""
    return environment_folder(environment) / "registrations"


def certificate_file(environment: str) -> PurePosixPath:
    """Return where the sealing certificate of an environment is committed."""
    return CERTIFICATES / f"{environment}.pem"


@dataclass(frozen=True, slots=True)
class Repository:
    """A repository on this machine: its root, and the absolute path of what lies in it."""

    root: Path

    def path(self, relative: PurePosixPath) -> Path:
        """Return the absolute path of a path of this module."""
        return self.root / relative


def find_repository(start: Path) -> Repository:
    """Return the repository that a folder or file belongs to: the nearest with a configuration.

    Raises:
        InputError: neither the folder nor any above it has ``.gitopskit/config.yaml``.
    """
    absolute = start.absolute()
    for folder in (absolute, *absolute.parents):
        if (folder / CONFIG_FILE).is_file():
            return Repository(folder)
    raise InputError(
        f"this is no gitopskit repository: there is no {CONFIG_FILE} here or above",
        where=str(start),
        hint="go to a repository, or make one with `gitopskit init`",
    )
