"""Files encrypted with age: to recipients' public keys, or with a passphrase. pyrage's only user.

Owns what is told of a file that does not open. Knows nothing of what is in it.

Source: age-encryption.org/v1 (C2SP, age.md).
"""

from __future__ import annotations

import base64
import binascii
import re
from typing import TYPE_CHECKING, Final, Literal

import pyrage

from gitopskit.errors import InputError, Undecryptable
from gitopskit.redaction import Plaintext, scrub

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

AgeLock = Literal["passphrase", "recipients"]
"""What opens a file."""

_BEGIN: Final = b"-----BEGIN AGE ENCRYPTED FILE-----"
_END: Final = b"-----END AGE ENCRYPTED FILE-----"
_VERSION: Final = b"age-encryption.org/v1\n"
_STANZA: Final = b"-> "
_MAC: Final = b"---"
_BY_PASSPHRASE: Final = b"scrypt"
_IDENTITY: Final = "AGE-SECRET-KEY-"
_OPENSSH: Final = re.compile(rb"-----BEGIN [A-Z ]*PRIVATE KEY-----")
_DAMAGED: Final = "take another copy of the file"


def is_age(data: bytes) -> bool:
    """Whether a text or bytes begin as a file of age does, whole or not."""
    return data.lstrip().startswith((_BEGIN, _VERSION))


def encrypt_with_passphrase(content: Plaintext, passphrase: Plaintext) -> bytes:
    """Return an armoured file that the passphrase opens; that takes a second or two on purpose.

    Raises:
        InputError: the passphrase is empty, or no text.
    """
    return bytes(pyrage.passphrase.encrypt(content.reveal(), _text_of(passphrase), armored=True))


def encrypt_to_recipients(content: Plaintext, recipients: Sequence[str]) -> bytes:
    """Return an armoured file that the identity of any of the recipients opens.

    A recipient is a public key: of age (``age1…``), or of SSH (Ed25519 or RSA).

    Raises:
        InputError: one is no such key.
    """
    keys = [_recipient(text) for text in recipients]
    return bytes(pyrage.encrypt(content.reveal(), keys, armored=True))


def read_recipients(text: str) -> list[str]:
    """Return the recipients in a file: one a line, ``#`` begins a comment."""
    lines = (line.strip() for line in text.splitlines())
    return [line for line in lines if line and not line.startswith("#")]


def lock_of(data: bytes, *, where: str) -> AgeLock:
    """Return what opens a file; only its beginning is looked at, and whether its end is there.

    Raises:
        InputError: it is no file of age, or is cut off.
    """
    if not is_age(data):
        raise InputError(
            "this is no file of age", where=where, hint="give what `gitopskit keys backup` wrote"
        )
    kinds = set(_stanzas(_without_armour(data.strip(), where=where), where=where))
    return "passphrase" if _BY_PASSPHRASE in kinds else "recipients"


def decrypt_with_passphrase(data: bytes, passphrase: Plaintext, *, where: str) -> Plaintext:
    """Return what is in a file that a passphrase locks.

    Raises:
        InputError: it is no file of age, is cut off, or is locked otherwise.
        Undecryptable: the passphrase does not open it, or it was changed.
    """
    if lock_of(data, where=where) != "passphrase":
        raise InputError(
            "no passphrase opens the file", where=where, hint="give its key with --identity FILE"
        )
    try:
        return Plaintext(pyrage.passphrase.decrypt(data.strip(), _text_of(passphrase)))
    except pyrage.DecryptError as error:
        raise Undecryptable(
            f"the passphrase does not open the file: {scrub(str(error))}",
            where=where,
            hint=f"type it again; if it is the right one, the file was changed: {_DAMAGED}",
        ) from error


def decrypt_with_identities(
    data: bytes, identities: Sequence[Plaintext], *, where: str
) -> Plaintext:
    """Return what is in a file that is encrypted to recipients; see ``read_identities``.

    Raises:
        InputError: it is no file of age, is cut off, or is locked with a passphrase; or an
            identity cannot be read.
        Undecryptable: no identity opens it, or it was changed.
    """
    keys = [key for text in identities for key in _identities(text)]
    if lock_of(data, where=where) != "recipients":
        raise InputError(
            "a passphrase opens the file, and no key", where=where, hint="leave out --identity"
        )
    try:
        return Plaintext(pyrage.decrypt(data.strip(), keys))
    except pyrage.DecryptError as error:
        raise Undecryptable(
            f"no identity given opens the file: {scrub(str(error))}",
            where=where,
            hint=f"give another one; if it is the right one, the file was changed: {_DAMAGED}",
        ) from error


def _recipient(text: str) -> pyrage.x25519.Recipient | pyrage.ssh.Recipient:
    kind = pyrage.ssh.Recipient if text.startswith("ssh-") else pyrage.x25519.Recipient
    try:
        return kind.from_str(text.strip())
    except pyrage.RecipientError as error:
        raise InputError(
            f"this is no recipient: {scrub(text, limit=60)}",
            hint="give a public key of age (`age1…`), or of SSH (`ssh-ed25519 …`, `ssh-rsa …`)",
        ) from error


def _identities(text: Plaintext) -> Iterator[pyrage.x25519.Identity | pyrage.ssh.Identity]:
    """Yield the private keys in the text of an identity file. It is never quoted."""
    try:
        if _OPENSSH.match(text.reveal().lstrip()):
            yield pyrage.ssh.Identity.from_buffer(text.reveal())
            return
        lines = read_recipients(text.reveal().decode())
        if not lines or not all(line.startswith(_IDENTITY) for line in lines):
            raise InputError(
                "this is no identity", hint="give the file that `age-keygen` or `ssh-keygen` made"
            )
        yield from map(pyrage.x25519.Identity.from_str, lines)
    except (pyrage.IdentityError, UnicodeDecodeError) as error:
        raise InputError(
            "the identity cannot be read",
            hint="give a file of `age-keygen`, or an SSH key (Ed25519 or RSA) without a passphrase",
        ) from error


def _text_of(passphrase: Plaintext) -> str:
    try:
        text = passphrase.reveal().decode()
    except UnicodeDecodeError as error:
        raise InputError("the passphrase is not UTF-8") from error
    if not text:
        raise InputError("the passphrase is empty")
    return text


def _without_armour(data: bytes, *, where: str) -> bytes:
    """Return the bytes behind the armour, if there is one."""
    if not data.startswith(_BEGIN):
        return data
    if not data.endswith(_END):
        raise _cut_off(where)
    try:
        return base64.b64decode(data[len(_BEGIN) : -len(_END)], validate=False)
    except binascii.Error as error:
        raise _cut_off(where) from error


def _stanzas(data: bytes, *, where: str) -> Iterator[bytes]:
    """Yield the kinds of locks that a file has."""
    position = len(_VERSION)
    while not data.startswith(_MAC, position):
        end = data.find(b"\n", position)
        if end < 0 or not data.startswith(_VERSION):
            raise _cut_off(where)
        line = data[position:end]
        if line.startswith(_STANZA):
            yield line.removeprefix(_STANZA).partition(b" ")[0]
        position = end + 1


def _cut_off(where: str) -> InputError:
    return InputError("the file is cut off or damaged", where=where, hint=_DAMAGED)
