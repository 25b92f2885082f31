"""Whatever a file looks like, a changed item changes the bytes of its value and no other."""

from __future__ import annotations

import base64
import random

import pytest

from gitopskit.sealedfiles.sealed_text import NewEnvelope, PartChange, SealedText
from tests.support.formatted import formatted_file

_FILES = 2000
_AT_ONCE = 100


@pytest.mark.parametrize("first", range(0, _FILES, _AT_ONCE))
def test_only_the_value_changes_in_any_layout(first: int) -> None:
    for number in range(first, first + _AT_ONCE):
        _check(number)


def _check(number: int) -> None:
    rng = random.Random(f"change {number}")  # noqa: S311 -- which item, and what to put there
    file = formatted_file(number)
    place = rng.choice(file.places)
    envelope = b"\x02\x00" + rng.randbytes(rng.randint(20, 300))
    sealed = SealedText.read(file.text.encode(), path=f"file {number}")
    new = NewEnvelope(envelope=envelope, fingerprint="SHA256:none")

    part = sealed.part(name=place.secret)
    edited = sealed.changed([PartChange(part=part, items={place.item: new})])

    head, behind = file.text[: place.start], file.text[place.end :]
    assert edited == head + base64.b64encode(envelope).decode() + behind, f"file {number}"
