"""Envelopes: arbitrary bytes do not open, and an altered envelope does not open either.

The input is taken as an envelope, and as changes to one that opens: four bytes a change.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Final

from gitopskit.errors import Undecryptable
from gitopskit.sealing.envelope import open_and_tell, open_value
from tests.fuzz.vector import vector

if TYPE_CHECKING:
    from gitopskit.redaction import Plaintext
    from gitopskit.sealing.envelope import PrivateHalf

_CHANGE: Final = struct.Struct(">BHB")


def check(data: bytes) -> None:
    """Raise where bytes open that were never sealed, or where a refusal is not the usual one."""
    known = vector()
    for blob in (data, changed(known.sealed, data)):
        opened = _open(blob, known.key.key, known.label)
        assert opened == (known.value if blob == known.sealed else None)
        assert _open(blob, known.key.key, known.label + b"x") is None


def _open(blob: bytes, key: PrivateHalf, label: bytes) -> Plaintext | None:
    try:
        opened = open_value(blob, private_keys=[key], label=label)
    except Undecryptable as error:
        require_usual(error)
        return None
    assert open_and_tell(blob, private_keys=[key], label=label) == (opened, 0)
    return opened


def require_usual(error: Undecryptable) -> None:
    """Fail where a refusal tells more than the others do."""
    said = (str(error), error.hint, error.__context__)
    assert said == ("no key opens the sealed value", "", None)


def changed(sealed: bytes, data: bytes) -> bytes:
    """Return an envelope with a byte flipped, dropped or inserted, or its end cut, per change."""
    blob = bytearray(sealed)
    for kind, offset, byte in _CHANGE.iter_unpack(data[: len(data) // _CHANGE.size * _CHANGE.size]):
        at = offset % (len(blob) + 1)
        if kind % 4 == 0 and at < len(blob):
            blob[at] ^= byte
        elif kind % 4 == 1:
            blob.insert(at, byte)
        else:
            del blob[at : at + 1 if kind % 4 == 2 else None]
    return bytes(blob)
