"""A key that is the same in every run, and an envelope that it opens, from the vectors."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

from gitopskit.redaction import Plaintext
from gitopskit.sealing.keys import read_private_keys

if TYPE_CHECKING:
    from gitopskit.sealing.keys import PrivateKey

_VECTOR: Final = Path(__file__).parent.parent / "vectors" / "sealing" / "success-strict.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Vector:
    """An envelope, its label, the value in it, and the key that opens it."""

    key: PrivateKey
    label: bytes
    sealed: bytes
    value: Plaintext


@cache
def vector() -> Vector:
    """Return the vector of the strict scope."""
    fields = json.loads(_VECTOR.read_text())
    (key,) = read_private_keys(fields["private_key"].encode(), where=_VECTOR.name)
    return Vector(
        key=key,
        label=fields["label"].encode(),
        sealed=base64.b64decode(fields["sealed"]),
        value=Plaintext(base64.b64decode(fields["plaintext"])),
    )
