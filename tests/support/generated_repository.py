"""A generated repository, and what the real kubectl builds from it."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from gitopskit.manifests.documents import read_documents
from gitopskit.process import Command, find_program, run_checked

if TYPE_CHECKING:
    from gitopskit.manifests.documents import Manifest
    from gitopskit.scaffold.answers import Answers


@dataclass(frozen=True, slots=True)
class GeneratedRepository:
    """Where it is, and what it was generated from."""

    root: Path
    answers: Answers

    def kustomize(self, relative: str) -> bytes:
        """Return what ``kubectl kustomize`` prints for a folder."""
        scripts = str(Path(sys.executable).parent)
        program = find_program("kubectl", path=f"{scripts}{os.pathsep}{os.environ['PATH']}")
        environment = {"HOME": str(self.root)}
        argv = (program or "kubectl", "kustomize", str(self.root / relative))
        return run_checked(Command(argv=argv, environment=environment))

    def build(self, relative: str) -> tuple[Manifest, ...]:
        """Return the manifests that a folder builds to."""
        return read_documents(self.kustomize(relative), path=relative)
