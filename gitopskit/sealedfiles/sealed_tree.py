"""The SealedSecrets under some paths, read for a report."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from gitopskit.errors import InputError
from gitopskit.sealedfiles.reading import MALFORMED, SealedReading, read_sealed
from gitopskit.sealedfiles.trees import sealed_files

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from gitopskit.manifests.findings import Finding
    from gitopskit.sealedfiles.sealed_text import SealedPart

STDIN: Final = "-"


@dataclass(frozen=True, slots=True)
class SealedTree:
    """What was read, file by file, in the order of the paths."""

    readings: tuple[SealedReading, ...]

    @property
    def parts(self) -> tuple[SealedPart, ...]:
        """Return the SealedSecrets that could be read."""
        return tuple(part for reading in self.readings for part in reading.parts)

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Return what could not be read."""
        return tuple(finding for reading in self.readings for finding in reading.findings)

    @property
    def malformed(self) -> tuple[Finding, ...]:
        """Return the files, or parts of them, that are no YAML or JSON."""
        return tuple(finding for finding in self.findings if finding.rule == MALFORMED)

    @property
    def documents(self) -> int:
        """Return how many SealedSecrets there are, readable or not."""
        return sum(reading.documents for reading in self.readings)


def read_tree(paths: Sequence[str], *, read_stdin: Callable[[], bytes]) -> SealedTree:
    """Return the SealedSecrets in files and folders; ``-`` is standard input.

    Raises:
        InputError: a path does not exist, or there is no SealedSecret in any of them.
        EnvironmentFault: a file or folder cannot be read.
    """
    readings = [read_sealed(read_stdin(), path=STDIN)] if STDIN in paths else []
    named = [Path(path) for path in paths if path != STDIN]
    readings += [read_sealed(data, path=str(path)) for path, data in sealed_files(named)]
    tree = SealedTree(tuple(readings))
    if not tree.documents and not tree.findings:
        raise InputError(
            "there is no SealedSecret in these paths",
            where=", ".join(paths),
            hint="name the files, or the folder that they are in",
        )
    return tree
