"""Files of age: what opens them, and what is told of those that nothing opens."""

from __future__ import annotations

import subprocess
from contextlib import suppress
from functools import cache
from typing import TYPE_CHECKING, Final

import pyrage
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gitopskit.errors import InputError, Undecryptable
from gitopskit.redaction import Plaintext
from gitopskit.sealedfiles.age_files import (
    decrypt_with_identities,
    decrypt_with_passphrase,
    encrypt_to_recipients,
    encrypt_with_passphrase,
    is_age,
    lock_of,
    read_recipients,
)
from tests.support.age import open_with_identity

if TYPE_CHECKING:
    from pathlib import Path

_CONTENT: Final = Plaintext(b"s3cr3t-canary-value\n" * 8000)
_PASSPHRASE: Final = Plaintext("vier Wörter sind genug".encode())
_IDENTITY: Final = pyrage.x25519.Identity.generate()
_RECIPIENT: Final = str(_IDENTITY.to_public())


@cache
def _locked() -> bytes:
    return encrypt_with_passphrase(_CONTENT, _PASSPHRASE)


@cache
def _encrypted() -> bytes:
    return encrypt_to_recipients(_CONTENT, [_RECIPIENT])


def _identity(identity: object = _IDENTITY) -> Plaintext:
    return Plaintext(f"# created: today\n{identity}\n".encode())


def _ssh_key(folder: Path, kind: str, passphrase: str = "") -> tuple[str, Plaintext]:
    file = folder / kind
    command = ["ssh-keygen", "-q", "-t", kind, "-N", passphrase, "-f", str(file)]
    subprocess.run(command, check=True, timeout=60)
    return file.with_suffix(".pub").read_text(), Plaintext(file.read_bytes())


def test_a_passphrase_opens_what_it_locked() -> None:
    assert lock_of(_locked(), where="") == "passphrase"
    assert decrypt_with_passphrase(_locked(), _PASSPHRASE, where="") == _CONTENT


def test_an_identity_opens_what_is_encrypted_to_its_recipient() -> None:
    assert lock_of(_encrypted(), where="") == "recipients"
    assert decrypt_with_identities(_encrypted(), [_identity()], where="") == _CONTENT


def test_the_file_is_what_the_format_says() -> None:
    assert open_with_identity(_encrypted(), str(_IDENTITY)) == _CONTENT.reveal()


@pytest.mark.parametrize("kind", ["ed25519", "rsa"])
def test_a_key_of_ssh_opens_what_is_encrypted_to_it(tmp_path: Path, kind: str) -> None:
    recipient, identity = _ssh_key(tmp_path, kind)
    data = encrypt_to_recipients(_CONTENT, [_RECIPIENT, recipient])

    assert decrypt_with_identities(data, [identity], where="") == _CONTENT
    assert decrypt_with_identities(data, [_identity()], where="") == _CONTENT


def test_a_file_without_armour_is_opened_too() -> None:
    data = pyrage.encrypt(b"content", [_IDENTITY.to_public()])

    assert lock_of(data, where="") == "recipients"
    assert decrypt_with_identities(data, [_identity()], where="") == Plaintext(b"content")


def test_line_ends_of_windows_do_no_harm() -> None:
    data = b"\r\n" + _encrypted().replace(b"\n", b"\r\n")

    assert decrypt_with_identities(data, [_identity()], where="") == _CONTENT


def test_recipients_are_listed_one_a_line() -> None:
    assert read_recipients("# us\nage1a\n\n  ssh-ed25519 b c\n") == ["age1a", "ssh-ed25519 b c"]


@pytest.mark.parametrize("passphrase", [b"another", b"vier", b"x" * 1000])
def test_a_wrong_passphrase_opens_nothing(passphrase: bytes) -> None:
    with pytest.raises(Undecryptable) as caught:
        decrypt_with_passphrase(_locked(), Plaintext(passphrase), where="keys.age")

    assert str(caught.value).startswith("the passphrase does not open the file: ")
    assert passphrase.decode() not in str(caught.value)
    assert "type it again" in caught.value.hint


def test_another_identity_opens_nothing() -> None:
    other = _identity(pyrage.x25519.Identity.generate())

    with pytest.raises(Undecryptable, match="no identity given opens the file"):
        decrypt_with_identities(_encrypted(), [other], where="keys.age")


def test_a_changed_file_opens_to_nothing() -> None:
    lines = _encrypted().split(b"\n")
    lines[-8] = lines[-8].swapcase()

    with pytest.raises(Undecryptable, match="no identity given opens the file"):
        decrypt_with_identities(b"\n".join(lines), [_identity()], where="keys.age")


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (b"", "this is no file of age"),
        (b"apiVersion: v1\nkind: List\n", "this is no file of age"),
        (b"-----BEGIN RSA PRIVATE KEY-----\n", "this is no file of age"),
        (_encrypted()[:-20], "the file is cut off or damaged"),
        (_encrypted()[:60], "the file is cut off or damaged"),
        (
            b"-----BEGIN AGE ENCRYPTED FILE-----\n====\n-----END AGE ENCRYPTED FILE-----",
            "the file is cut off or damaged",
        ),
        (
            b"-----BEGIN AGE ENCRYPTED FILE-----\nA\n-----END AGE ENCRYPTED FILE-----",
            "the file is cut off or damaged",
        ),
        (b"age-encryption.org/v1\n-> X25519 abc\n", "the file is cut off or damaged"),
        (b"age-encryption.org/v1\n", "the file is cut off or damaged"),
    ],
    ids=[
        "nothing",
        "a plain List",
        "a private key",
        "without its end",
        "without its header",
        "no content",
        "no base64",
        "without a content",
        "without a lock",
    ],
)
def test_what_is_no_whole_file_of_age_is_refused(data: bytes, what: str) -> None:
    with pytest.raises(InputError) as by_passphrase:
        decrypt_with_passphrase(data, _PASSPHRASE, where="keys.age")
    with pytest.raises(InputError) as by_identity:
        decrypt_with_identities(data, [_identity()], where="keys.age")

    for caught in (by_passphrase, by_identity):
        assert str(caught.value) == f"{what} - keys.age"
        assert caught.value.hint


def test_what_is_locked_otherwise_is_told() -> None:
    with pytest.raises(InputError, match="no passphrase opens the file"):
        decrypt_with_passphrase(_encrypted(), _PASSPHRASE, where="")
    with pytest.raises(InputError, match="a passphrase opens the file, and no key"):
        decrypt_with_identities(_locked(), [_identity()], where="")


@pytest.mark.parametrize(
    "text",
    [b"", b"# nothing\n", b"AGE-SECRET-KEY-1NONE", b"age1abc", b"\xff\xfe", b"hunter2-canary"],
    ids=["nothing", "comment", "broken", "public", "no text", "something else"],
)
def test_what_is_no_identity_is_refused_and_not_quoted(text: bytes) -> None:
    with pytest.raises(InputError) as caught:
        decrypt_with_identities(_encrypted(), [Plaintext(text)], where="")

    assert "identity" in str(caught.value)
    assert "NONE" not in str(caught.value)
    assert "canary" not in str(caught.value)


@pytest.mark.parametrize(
    ("kind", "passphrase"), [("ed25519", "locked"), ("ecdsa", "")], ids=["locked", "ecdsa"]
)
def test_a_key_of_ssh_that_cannot_be_used_is_told(
    tmp_path: Path, kind: str, passphrase: str
) -> None:
    _, identity = _ssh_key(tmp_path, kind, passphrase)

    with pytest.raises(InputError) as caught:
        decrypt_with_identities(_encrypted(), [identity], where="")

    assert "without a passphrase" in caught.value.hint


@pytest.mark.parametrize("text", ["", "age1none", "ssh-ed25519 AAAA", "alice@example.com"])
def test_what_is_no_recipient_is_told(text: str) -> None:
    with pytest.raises(InputError) as caught:
        encrypt_to_recipients(_CONTENT, [_RECIPIENT, text])

    assert str(caught.value) == f"this is no recipient: {text}"


@pytest.mark.parametrize(
    ("passphrase", "what"), [(b"", "is empty"), (b"\xff", "is not UTF-8")], ids=["empty", "bytes"]
)
def test_what_is_no_passphrase_is_refused(passphrase: bytes, what: str) -> None:
    with pytest.raises(InputError, match=what):
        encrypt_with_passphrase(_CONTENT, Plaintext(passphrase))


@settings(deadline=None)
@given(st.binary() | st.binary().map(lambda data: b"age-encryption.org/v1\n" + data))
def test_no_bytes_make_looking_at_the_lock_fail(data: bytes) -> None:
    with suppress(InputError):
        assert lock_of(data, where="x") in {"passphrase", "recipients"}
        assert is_age(data)


@settings(deadline=None, max_examples=60)
@given(position=st.integers(min_value=0, max_value=2**16), byte=st.integers(0, 255))
def test_no_changed_byte_makes_opening_fail(position: int, byte: int) -> None:
    data = bytearray(_encrypted())
    data[position % len(data)] = byte

    with suppress(InputError, Undecryptable):
        assert decrypt_with_identities(bytes(data), [_identity()], where="x") == _CONTENT
