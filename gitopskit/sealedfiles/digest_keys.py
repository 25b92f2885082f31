"""The key for digests of values, from a file that is not in Git."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gitopskit.errors import InputError
from gitopskit.sealing.key_records import DigestKey

if TYPE_CHECKING:
    from pathlib import Path

_LEAST_BYTES: Final = 32
_MOST_BYTES: Final = 4096
_HINT: Final = "make one outside the repository: `head -c 32 /dev/urandom > FILE`"


def read_digest_key(path: Path) -> DigestKey:
    """Return the key in a file: its bytes as they are.

    Raises:
        InputError: it cannot be read, is shorter than 32 bytes or longer than 4096, or lies in a
            Git work tree: who has it can test guesses of every value that it was used for.
    """
    try:
        with path.open("rb") as file:
            key = file.read(_MOST_BYTES + 1)
    except OSError as error:
        raise InputError(
            f"cannot read the digest key: {error.strerror}", where=str(path), hint=_HINT
        ) from error
    if not _LEAST_BYTES <= len(key) <= _MOST_BYTES:
        raise InputError(
            f"the digest key has not between {_LEAST_BYTES} and {_MOST_BYTES} bytes",
            where=str(path),
            hint=_HINT,
        )
    if any((folder / ".git").exists() for folder in path.resolve().parents):
        raise InputError("the digest key lies in a Git work tree", where=str(path), hint=_HINT)
    return DigestKey(key)
