"""The SealedSecrets under some paths, read for a report."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from gitopskit.errors import InputError
from gitopskit.manifests.findings import Finding
from gitopskit.sealedfiles.candidates import ITEMS, SEALED
from gitopskit.sealedfiles.reading import MALFORMED, SealedReading, read_sealed
from gitopskit.sealedfiles.strays import unreadable_stray
from gitopskit.sealedfiles.trees import TreeFile, TreeWalk, raise_fault, tree_files

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from gitopskit.sealedfiles.sealed_text import SealedPart

LINK: Final = "sealed-link"
"""The rule of findings about links, behind which anything may be sealed."""

STDIN: Final = "-"


@dataclass(frozen=True, slots=True)
class SealedTree:
    """What was read, file by file, in the order of the paths, and which links were not followed."""

    readings: tuple[SealedReading, ...]
    links: tuple[Finding, ...] = ()

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
    def strays(self) -> tuple[Finding, ...]:
        """Return the items that are set outside of SealedSecrets."""
        return tuple(finding for reading in self.readings for finding in reading.strays)

    @property
    def documents(self) -> int:
        """Return how many SealedSecrets there are, readable or not."""
        return sum(reading.documents for reading in self.readings)


def read_tree(
    paths: Sequence[str], *, read_stdin: Callable[[], bytes], seeks_strays: bool = False
) -> SealedTree:
    """Return the SealedSecrets in files and folders; ``-`` is standard input.

    ``seeks_strays`` looks at files, too, that only set items of a SealedSecret that is elsewhere.

    Raises:
        InputError: a path does not exist, or there is no SealedSecret in any of them.
        EnvironmentFault: a file or folder cannot be read.
    """
    links: list[Finding] = []
    walk = TreeWalk(
        words=(SEALED, ITEMS) if seeks_strays else (SEALED,),
        on_fault=raise_fault,
        on_skipped=lambda path: links.append(_not_followed(path)),
        reads_pipes=True,
    )
    readings = [read_sealed(read_stdin(), path=STDIN)] if STDIN in paths else []
    for file in tree_files([Path(path) for path in paths if path != STDIN], walk):
        reading = _reading(file, seeks_strays=seeks_strays)
        readings += [reading] if reading else []
    tree = SealedTree(tuple(readings), tuple(links))
    if not tree.documents and not tree.findings and not (seeks_strays and tree.strays):
        hint = "name the files, or the folder that they are in"
        raise InputError(
            "there is no SealedSecret in these paths",
            where=", ".join(paths),
            hint=f"{hint}; links are not followed: {links[0].path}" if links else hint,
        )
    return tree


def _reading(file: TreeFile, *, seeks_strays: bool) -> SealedReading | None:
    """Return what a file holds, or None if it turns out to be no file of ours."""
    reading = read_sealed(file.data, path=str(file.path))
    if reading.documents or (seeks_strays and reading.strays) or file.is_ours:
        return reading
    if seeks_strays and file.is_manifest and file.mentions_items and reading.findings:
        return SealedReading(path=reading.path, strays=(unreadable_stray(reading.path),))
    return None


def _not_followed(path: Path) -> Finding:
    return Finding(
        path=str(path),
        rule=LINK,
        severity="warning",
        message="a link that is not followed, so what is behind it cannot be told",
        hint="name the link itself, or what it leads to, as a path",
    )
