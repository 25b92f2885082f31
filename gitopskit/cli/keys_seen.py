"""What a tree's items need, as the commands about keys see it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from gitopskit.cli import output

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gitopskit.manifests.findings import Finding
    from gitopskit.sealedfiles.sealed_tree import SealedTree
    from gitopskit.sealedfiles.stored_certificates import NamedCertificate
    from gitopskit.sealedfiles.usage import KeyUse
    from gitopskit.sealing.unseal import Keyring

_STDIN: Final = "-"


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What a tree's items need, and what is known of keys beside that."""

    tree: SealedTree
    uses: list[KeyUse]
    certificates: tuple[NamedCertificate, ...]
    keyring: Keyring | None

    @property
    def unreadable(self) -> list[Finding]:
        """Return findings about what may need any key, for nothing can be told of it."""
        from gitopskit.sealedfiles.reading import UNREADABLE

        broken = (finding for finding in self.tree.findings if finding.rule in UNREADABLE)
        return [*broken, *self.tree.links, *self.tree.strays]

    @property
    def findings(self) -> list[Finding]:
        """Return all findings, in the order of their places."""
        return sorted([*self.tree.findings, *self.tree.links, *self.tree.strays])

    @property
    def known(self) -> set[str]:
        """Return the fingerprints of all keys that were met."""
        return {
            *(use.key.fingerprint for use in self.uses),
            *(each.certificate.fingerprint for each in self.certificates),
            *(key.fingerprint for key in (self.keyring.keys if self.keyring else ())),
        }


def look(paths: list[str], keyring: Keyring | None) -> Seen:
    """Return what the items under some paths need.

    Raises:
        InputError: a path does not exist, or there is no SealedSecret in them.
        EnvironmentFault: a file cannot be read.
    """
    from gitopskit.sealedfiles.sealed_tree import read_tree
    from gitopskit.sealedfiles.stored_certificates import ExpectedCertificates
    from gitopskit.sealedfiles.usage import uses_in

    tree = read_tree(paths, read_stdin=lambda: output.read_input(_STDIN), seeks_strays=True)
    stored = ExpectedCertificates()
    for reading in tree.readings:
        stored.of_file(Path(reading.path))
    return Seen(
        tree=tree,
        uses=uses_in(tree.parts, keyring=keyring),
        certificates=stored.certificates,
        keyring=keyring,
    )


def resolve(asked: str, seen: Seen, more: Iterable[str] = ()) -> str:
    """Return the whole fingerprint of the key that is meant: by name, by its beginning, by a file.

    ``more`` are fingerprints that are known beside those of the tree. What begins none of them is
    returned as it is.

    Raises:
        InputError: it is no key, or the beginning of several.
    """
    from gitopskit.sealedfiles.key_inspection import fingerprint_in
    from gitopskit.sealedfiles.usage import FINGERPRINT_PREFIX, resolve_fingerprint

    if not asked.startswith(FINGERPRINT_PREFIX):
        return fingerprint_in(output.read_input(asked), where=asked)
    return resolve_fingerprint(asked, seen.known | {*more})
