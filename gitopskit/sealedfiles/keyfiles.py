"""A new sealing key as two files: the private half readable by its owner only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gitopskit.errors import EnvironmentFault, InputError
from gitopskit.repository.files import replace_file
from gitopskit.sealing.hybrid_pem import PRIVATE_ITEM, PUBLIC_ITEM
from gitopskit.sealing.keys import CERTIFICATE_ITEM, PRIVATE_KEY_ITEM

if TYPE_CHECKING:
    from pathlib import Path

    from gitopskit.sealing.keys import KeyPair


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyFiles:
    """Where the halves of a sealing key lie."""

    private_key: Path
    certificate: Path


def require_free(folder: Path, *, is_hybrid: bool = False) -> KeyFiles:
    """Return the paths of a new key in a folder.

    Raises:
        InputError: one of the two exists; keys are never overwritten.
    """
    names = (PRIVATE_ITEM, PUBLIC_ITEM) if is_hybrid else (PRIVATE_KEY_ITEM, CERTIFICATE_ITEM)
    files = KeyFiles(private_key=folder / names[0], certificate=folder / names[1])
    for path in (files.private_key, files.certificate):
        if path.exists() or path.is_symlink():
            raise InputError(
                "the file exists, and keys are never overwritten",
                where=str(path),
                hint="choose another folder, or move the file away",
            )
    return files


def write_key_pair(pair: KeyPair, files: KeyFiles) -> None:
    """Write both halves of a key, or neither.

    Raises:
        EnvironmentFault: a file cannot be written.
    """
    try:
        files.private_key.parent.mkdir(parents=True, exist_ok=True)
        replace_file(files.private_key, pair.private_pem.reveal(), is_private=True)
        try:
            replace_file(files.certificate, pair.certificate_pem)
        except OSError:
            files.private_key.unlink()
            raise
    except OSError as error:
        raise EnvironmentFault(
            f"cannot write the key: {error.strerror}",
            where=str(files.private_key.parent),
            hint="check that the folder may be written",
        ) from error
