"""Keys that are the same in every run, and envelopes that they open, from the vectors."""

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

_VECTORS: Final = Path(__file__).parent.parent / "vectors" / "sealing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Vector:
    """An envelope, its label, the value in it, and the key that opens it."""

    key: PrivateKey
    private_pem: bytes
    label: bytes
    sealed: bytes
    value: Plaintext


@cache
def vector() -> Vector:
    """Return the vector of the strict scope."""
    return _read("success-strict.json")


@cache
def hybrid_vector() -> Vector:
    """Return the vector of the strict scope for a hybrid key."""
    return _read("hybrid-success-strict.json")


def _read(name: str) -> Vector:
    fields = json.loads((_VECTORS / name).read_text())
    pem = fields["private_key"].encode()
    (key,) = read_private_keys(pem, where=name)
    return Vector(
        key=key,
        private_pem=pem,
        label=fields["label"].encode(),
        sealed=base64.b64decode(fields["sealed"]),
        value=Plaintext(base64.b64decode(fields["plaintext"])),
    )
