"""Base64 as a cluster reads it in the fields of Secrets and SealedSecrets."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from gitopskit.manifests.json_types import JsonValue

_NO_LINE_ENDS: Final = {ord("\r"): None, ord("\n"): None}


def decode_base64(encoded: JsonValue) -> bytes:
    """Return the bytes of a standard base64 text with padding; line ends in it do not count.

    Raises:
        ValueError: it is something else; the message does not quote it.

    Source: Go's encoding/base64, which is what reads these fields in a cluster.
    """
    if not isinstance(encoded, str):
        raise ValueError("not a text")  # noqa: TRY004 -- one error for every unusable value
    text = encoded.translate(_NO_LINE_ENDS)
    try:
        decoded = base64.b64decode(text, validate=True)
    except ValueError:
        raise ValueError("not base64") from None
    if len(text) != _length_of(decoded):  # Python takes `QUJD==`, Go does not
        raise ValueError("not base64")
    return decoded


def _length_of(decoded: bytes) -> int:
    """Return how many characters of base64 with padding some bytes take."""
    return (len(decoded) + 2) // 3 * 4
