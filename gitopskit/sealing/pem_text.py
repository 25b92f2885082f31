"""PEM text: which blocks are in it, and what a person gave us in place of what we need.

Owns the armour around keys and certificates. No error ever quotes the input.
"""

from __future__ import annotations

import re
from bisect import bisect
from collections import defaultdict
from typing import TYPE_CHECKING, Final

from cryptography.exceptions import InternalError, UnsupportedAlgorithm

from gitopskit.errors import UnusableKey

if TYPE_CHECKING:
    from collections.abc import Iterator

CERTIFICATE_HINT: Final = "give the sealing certificate (`tls.crt`) in PEM form"
PRIVATE_KEY_HINT: Final = "give a PEM private key, or the Secret that holds it"

UNREADABLE: Final = (ValueError, UnsupportedAlgorithm, InternalError)
"""What the library raises for a key that it cannot read; a short key on Curve448 is the last."""

_LONGEST_KIND: Final = 40
CERTIFICATE: Final = b"CERTIFICATE"
_PRIVATE_KEY: Final = b"PRIVATE KEY"
_BEGIN: Final = re.compile(rb"^-----BEGIN ([A-Z0-9 ]+)-----", re.MULTILINE)
_ARMOUR: Final = re.compile(
    rb"^-----(?P<side>BEGIN|END) (?P<kind>[A-Z0-9 ]+)-----\s*?$", re.MULTILINE
)
"""The lines around a block. Source: RFC 7468 section 3."""

_PRIVATE_KEY_BEGIN: Final = re.compile(rb"-----BEGIN [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----")


def is_pem(data: bytes) -> bool:
    """Whether a text holds a PEM block at the start of a line, as no YAML or JSON does."""
    return _BEGIN.search(data) is not None


def private_key_blocks(data: bytes) -> Iterator[bytes]:
    """Yield the blocks of a text that hold private keys of any kind."""
    for kind, block in _blocks(data):
        if kind.endswith(_PRIVATE_KEY):
            yield block


def mentions_private_key(data: bytes) -> bool:
    """Whether a private key begins anywhere in a text, readable or not, at a line's start or not.

    For texts that must not hold one: what no reader of keys takes may still be a key.
    """
    return _PRIVATE_KEY_BEGIN.search(data) is not None


def blocks_of(data: bytes, wanted: bytes) -> Iterator[bytes]:
    """Yield the blocks of a kind with their armour, each ending in one newline."""
    for kind, block in _blocks(data):
        if kind == wanted:
            yield block.rstrip() + b"\n"


def first_block(data: bytes, wanted: bytes) -> bytes | None:
    """Return the first block of a kind, as ``blocks_of`` does; None without one."""
    return next(blocks_of(data, wanted), None)


def certificate_block(data: bytes, *, where: str) -> bytes:
    """Return the first certificate of a text with its armour, ending in one newline.

    Raises:
        UnusableKey: there is none; the error says what there is instead.
    """
    block = first_block(data, CERTIFICATE)
    if block is not None:
        return block
    begin = _BEGIN.search(data)
    raise UnusableKey(_what_it_is(begin[1] if begin else b""), where=where, hint=CERTIFICATE_HINT)


def _blocks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield kind and text of every block.

    Each line is looked at once: a megabyte of first lines without a last one must not keep a
    controller busy for minutes.
    """
    lines = list(_ARMOUR.finditer(data))
    ends: defaultdict[bytes, list[int]] = defaultdict(list)
    for line in lines:
        if line["side"] == b"END":
            ends[line["kind"]].append(line.end())
    past = 0
    for line in lines:
        if line["side"] == b"END" or line.start() < past:
            continue
        places = ends[line["kind"]]
        at = bisect(places, line.start())
        if at < len(places):
            past = places[at]
            yield line["kind"], data[line.start() : past]


def _what_it_is(kind: bytes) -> str:
    if kind.endswith(_PRIVATE_KEY):
        return "this is a private key, not a certificate"
    if kind == CERTIFICATE:
        return "the PEM certificate is cut off"
    if 0 < len(kind) <= _LONGEST_KIND:
        return f"this is a {kind.decode().lower()}, not a certificate"
    return "this is no PEM certificate"
