"""Tokens and identifiers from random bytes."""

from __future__ import annotations

import base64
import uuid
from string import ascii_letters, digits
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitopskit.errors import InputError
from gitopskit.generators.token import ENCODINGS, new_token, new_uuid

if TYPE_CHECKING:
    from gitopskit.generators.token import TokenEncoding


def _decode(text: bytes, encoding: TokenEncoding) -> bytes:
    if encoding == "hex":
        return bytes.fromhex(text.decode())
    if encoding == "base64":
        return base64.b64decode(text, validate=True)
    return base64.b64decode(text + b"=" * (-len(text) % 4), altchars=b"-_", validate=True)


@given(st.integers(16, 1024), st.sampled_from(ENCODINGS))
def test_a_token_decodes_to_its_size(size_bytes: int, encoding: TokenEncoding) -> None:
    token = new_token(size_bytes, encoding)

    assert len(_decode(token.reveal(), encoding)) == size_bytes


def test_a_token_fit_for_urls_has_no_character_that_they_change() -> None:
    token = new_token(1024, "base64url")

    assert len(token) == 1366
    assert set(token.reveal().decode()) <= {*ascii_letters, *digits, "-", "_"}


def test_two_tokens_differ() -> None:
    assert new_token() != new_token()


@pytest.mark.parametrize("size_bytes", [-1, 15, 1025])
def test_a_token_of_another_size_is_refused(size_bytes: int) -> None:
    with pytest.raises(InputError, match=r"^a token cannot have this size$") as caught:
        new_token(size_bytes)

    assert caught.value.hint == "choose from 16 to 1024 bytes"


def test_a_uuid_is_one_of_version_4() -> None:
    text = new_uuid().reveal().decode()

    assert str(uuid.UUID(text)) == text
    assert uuid.UUID(text).version == 4
    assert uuid.UUID(text).variant == uuid.RFC_4122


def test_two_uuids_differ() -> None:
    assert new_uuid() != new_uuid()
