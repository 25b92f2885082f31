"""Hybrid envelopes and blocks of hybrid keys: what was altered is refused, and nothing else.

The input is taken as what follows the header of an envelope, as the bytes in a block of each kind,
and as changes to an envelope and to blocks that are sound: four bytes a change.
"""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Final

from gitopskit.errors import Undecryptable, UnusableKey
from gitopskit.sealing.envelope import measure, open_value
from gitopskit.sealing.hybrid import MARK, SUITE, HybridPrivateKey
from gitopskit.sealing.hybrid_pem import PRIVATE, PUBLIC, dump_public, load_private, load_public
from gitopskit.sealing.keys import load_certificate, read_private_keys
from tests.fuzz.envelope import changed, require_usual
from tests.fuzz.judgement import require_told
from tests.fuzz.vector import hybrid_vector
from tests.support.sealing import BORN

if TYPE_CHECKING:
    from collections.abc import Callable

_LEAST_TELLING: Final = 16
"""Characters of base64 that no error would say by chance."""


def check(data: bytes) -> None:
    """Raise where something opens that was never sealed, or a block is read that was altered."""
    _check_envelopes(data)
    known = hybrid_vector()
    assert isinstance(known.key.key, HybridPrivateKey)
    private = _body(known.private_pem)
    public = _body(dump_public(known.key.key.public_key(), made=BORN, until=BORN))
    for body in (data, SUITE + data, changed(private, data)):
        _check_block(_armoured(PRIVATE, body), is_sound=body == private, read=_read_private)
    for body in (data, SUITE + data, changed(public, data)):
        _check_block(_armoured(PUBLIC, body), is_sound=body == public, read=_read_public)


def _check_envelopes(data: bytes) -> None:
    known = hybrid_vector()
    for blob in (MARK + data, MARK + SUITE + data, changed(known.sealed, data)):
        try:
            opened = open_value(blob, private_keys=[known.key.key], label=known.label)
        except Undecryptable as error:
            require_usual(error)
            assert blob != known.sealed
        else:
            assert (blob, opened) == (known.sealed, known.value)
        sizes = measure(blob)
        assert not (sizes.is_cut_off and sizes.is_of_unknown_suite)


def _check_block(pem: bytes, *, is_sound: bool, read: Callable[[bytes], object]) -> None:
    try:
        read(pem)
    except UnusableKey as error:
        require_told(error)
        assert not is_sound
        said = f"{error} {error.hint}".encode()
        text = b"".join(pem.split(b"\n")[1:-2])
        starts = range(0, len(text) - _LEAST_TELLING, _LEAST_TELLING)
        assert not any(text[at : at + _LEAST_TELLING] in said for at in starts)
    else:
        assert is_sound


def _read_private(pem: bytes) -> None:
    key = load_private(pem, where="hybrid.key")
    assert [each.key for each in read_private_keys(pem, where="hybrid.key")] == [key]


def _read_public(pem: bytes) -> None:
    load_public(pem, where="hybrid.pub")
    assert load_certificate(pem, where="hybrid.pub").is_hybrid


def _body(pem: bytes) -> bytes:
    return base64.b64decode(b"".join(pem.split(b"\n")[1:-2]))


def _armoured(kind: bytes, body: bytes) -> bytes:
    text = base64.encodebytes(body)
    return b"-----BEGIN " + kind + b"-----\n" + text + b"-----END " + kind + b"-----\n"
