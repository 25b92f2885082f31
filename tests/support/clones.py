"""A person's clone: a repository with a work tree, made and looked at with plain git."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gitopskit.git.clone import Clone

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from gitopskit.manifests.json_types import JsonObject


@dataclass(frozen=True)
class PersonsClone:
    """A work tree in which ``Person`` commits; HOME is where its settings are."""

    folder: Path

    @classmethod
    def create(cls, folder: Path) -> PersonsClone:
        folder.mkdir(parents=True)
        clone = cls(folder)
        clone.git("init", "--quiet", "--initial-branch=main")
        clone.git("config", "user.name", "Person")
        clone.git("config", "user.email", "person@example.invalid")
        return clone

    def git(self, *arguments: str) -> str:
        completed = subprocess.run(
            ["git", *arguments],  # noqa: S607 -- found on PATH, as users do
            cwd=self.folder,
            env=os.environ,
            capture_output=True,
            check=True,
        )
        return completed.stdout.decode().strip()

    def write(self, files: Mapping[str, str | None]) -> None:
        for name, content in files.items():
            path = self.folder / name
            if content is None:
                path.unlink()
                continue
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content)

    def commit(self, files: Mapping[str, str | None], message: str = "change") -> str:
        """Change files, None removing one, and return the commit."""
        self.write(files)
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", f"--message={message}")
        return self.git("rev-parse", "HEAD")

    def read(self, name: str) -> str | None:
        path = self.folder / name
        return path.read_text() if path.exists() else None


def clone_of(person: PersonsClone) -> Clone:
    return Clone.at(person.folder, environment=dict(os.environ))


def application(*, good: str = "", bad: str = "", path: str = "app", **spec: object) -> JsonObject:
    said = f"{good} is deployed instead of {bad} (spec 0123456789ab): it was Degraded: broken"
    back = [{"type": "RolledBack", "message": said}] if bad else []
    return {
        "metadata": {"name": "web"},
        "spec": {"source": {"repoURL": "u", "path": path}, **spec},
        "status": {"conditions": back},
    }
