"""What locks and opens a backup of keys: a passphrase, typed or in a file, or identities."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Final

import typer

from gitopskit.cli import output
from gitopskit.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gitopskit.redaction import Plaintext

_HINT: Final = "name a file with the passphrase (--passphrase-file FILE), `-` for standard input"
_LINE_BREAKS: Final = b"\r\n"

PassphraseFile = Annotated[
    str,
    typer.Option(
        "--passphrase-file",
        help="Take the passphrase from a file instead of asking; `-` is stdin.",
        metavar="FILE",
    ),
]
Identities = Annotated[
    list[str],
    typer.Option(
        "--identity",
        "-i",
        help="A private key of age or SSH that opens the backup; may be repeated.",
        metavar="FILE",
    ),
]


def new_passphrase(file: str) -> Plaintext:
    """Return the passphrase in a file, or one that is typed twice.

    Raises:
        InputError: there is no terminal, or nothing in it or typed.
    """
    from gitopskit.cli.prompts import ask_new_secret

    return _filled(_read(file) if file else ask_new_secret("passphrase: ", hint=_HINT))


def open_backup(
    data: bytes, *, where: str, passphrase_file: str = "", identities: Sequence[str] = ()
) -> Plaintext:
    """Return what is in a backup; a passphrase that is needed is asked for.

    Raises:
        InputError: it is no backup, is cut off, or is locked otherwise.
        Undecryptable: it does not open, or was changed.
    """
    from gitopskit.cli.prompts import ask_secret
    from gitopskit.redaction import Plaintext
    from gitopskit.sealedfiles import age_files

    lock = age_files.lock_of(data, where=where)
    if identities:
        keys = [Plaintext(output.read_input(path)) for path in identities]
        return age_files.decrypt_with_identities(data, keys, where=where)
    if lock == "recipients":
        raise InputError(
            "the backup is encrypted to a public key",
            where=where,
            hint="give its private key to `gitopskit keys restore` with --identity FILE",
        )
    passphrase = (
        _read(passphrase_file) if passphrase_file else ask_secret("passphrase: ", hint=_HINT)
    )
    return age_files.decrypt_with_passphrase(data, _filled(passphrase), where=where)


def read_keys(path: str) -> bytes:
    """Return what is in a file with private keys; a backup is opened with a passphrase.

    Raises:
        InputError: it cannot be read, or no passphrase opens it.
        Undecryptable: the passphrase does not open it.
    """
    from gitopskit.sealedfiles.age_files import is_age

    data = output.read_input(path)
    return open_backup(data, where=path).reveal() if is_age(data) else data


def _read(file: str) -> Plaintext:
    from gitopskit.redaction import Plaintext

    return Plaintext(output.read_input(file).rstrip(_LINE_BREAKS))


def _filled(passphrase: Plaintext) -> Plaintext:
    if not len(passphrase):
        raise InputError("the passphrase is empty", hint=_HINT)
    return passphrase
