"""Base64 as Go reads it in a cluster."""

from __future__ import annotations

import pytest

from gitopskit.sealing.base64_text import decode_base64


@pytest.mark.parametrize(
    ("text", "expected"),
    [("", b""), ("QQ==", b"A"), ("QUI=", b"AB"), ("QUJD", b"ABC"), ("QU\r\nJD\n", b"ABC")],
    ids=["nothing", "two signs", "one sign", "no sign", "line ends"],
)
def test_base64_with_padding_is_read(text: str, expected: bytes) -> None:
    assert decode_base64(text) == expected


@pytest.mark.parametrize(
    "text",
    ["Q", "QQ", "QUI", "QUJD=", "QUJD==", "QUJD====", "=", "QQ==QQ==", "QU JD", "QU-_", 7, None],
    ids=str,
)
def test_anything_else_is_refused(text: object) -> None:
    with pytest.raises(ValueError, match=r"not (base64|a text)"):
        decode_base64(text)
