"""The namespace that a repository gives to what lies in an overlay."""

from __future__ import annotations

import os
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from gitopskit.repository.config import load_config
from gitopskit.repository.layout import overlay_of
from gitopskit.sealedfiles.stored_certificates import repository_around

if TYPE_CHECKING:
    from gitopskit.repository.config import RepositoryConfig
    from gitopskit.repository.layout import Repository


class OverlayNamespaces:
    """Which namespace the SealedSecrets of a file are for; each folder is asked once."""

    def __init__(self) -> None:
        """Start without having looked at anything."""
        self._by_folder: dict[Path, str] = {}
        self._by_root: dict[Path, RepositoryConfig] = {}

    def of_file(self, path: Path) -> str:
        """Return the namespace that the configuration gives to the overlay around a file.

        It is empty outside of overlays, and for an app or environment that is not configured.

        Raises:
            InputError: the configuration of its repository cannot be read.
        """
        folder = path.parent
        if folder not in self._by_folder:
            repository = repository_around(folder)
            self._by_folder[folder] = self._of_folder(folder, repository) if repository else ""
        return self._by_folder[folder]

    def _of_folder(self, folder: Path, repository: Repository) -> str:
        absolute = Path(os.path.abspath(folder))  # noqa: PTH100 -- resolve() follows links, absolute() keeps ..
        inside = PurePosixPath(absolute.relative_to(repository.root))
        environment, app = overlay_of(inside / "file")
        if not app:
            return ""
        if repository.root not in self._by_root:
            self._by_root[repository.root] = load_config(repository)
        config = self._by_root[repository.root]
        named = (each for each in config.environments if each.name == environment)
        found = next(named, None)
        return found.namespace(app) if found and app in config.apps else ""
