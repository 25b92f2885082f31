"""A target with defects, by which the tests know that a defect is found and shown."""

from __future__ import annotations

import zlib
from typing import Final

_HANG: Final = zlib.crc32(b"hang")


def check(data: bytes) -> None:
    """Fail for what begins with ``crash``, which chance alone does not draw; hang for ``hang``.

    The second is behind a checksum, so that looking for the first does not end there.
    """
    if data[:1] == b"c" and data[1:2] == b"r" and data[2:3] == b"a" and data[3:5] == b"sh":
        raise AssertionError("planted")
    while zlib.crc32(data) == _HANG:
        pass
