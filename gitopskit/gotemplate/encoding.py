"""Encodings and digests of texts, and parts of paths.

Source: masterminds.github.io/sprig, "Encoding Functions", "Cryptographic and Security Functions",
"File Path Functions".
"""

from __future__ import annotations

import base64
import hashlib
import re
import zlib
from typing import Final

from gitopskit.errors import TemplateRefused
from gitopskit.gotemplate.function import Function, Parameter

_STRING: Final = Parameter.STRING

_BASE64: Final = re.compile(rb"[A-Za-z0-9+/]*={0,2}")
_BASE32: Final = re.compile(
    rb"(?:[A-Z2-7]{8})*(?:[A-Z2-7]{2}={6}|[A-Z2-7]{4}={4}|[A-Z2-7]{5}={3}|[A-Z2-7]{7}=)?"
)
_BASE64_GROUP: Final = 4


def _b64enc(text: bytes) -> bytes:
    return base64.b64encode(text)


def _b64dec(text: bytes) -> bytes:
    """Return what a text encodes; Go makes its own complaint the result, which nobody wants."""
    encoded = _without_line_ends(text)
    if len(encoded) % _BASE64_GROUP or not _BASE64.fullmatch(encoded):
        raise TemplateRefused("the text is no base64")
    return base64.b64decode(encoded)


def _b32enc(text: bytes) -> bytes:
    return base64.b32encode(text)


def _b32dec(text: bytes) -> bytes:
    encoded = _without_line_ends(text)
    if not _BASE32.fullmatch(encoded):
        raise TemplateRefused("the text is no base32")
    return base64.b32decode(encoded)


def _without_line_ends(text: bytes) -> bytes:
    return text.translate(None, b"\r\n")


def _sha1sum(text: bytes) -> bytes:
    return hashlib.sha1(text, usedforsecurity=False).hexdigest().encode()


def _sha256sum(text: bytes) -> bytes:
    return hashlib.sha256(text).hexdigest().encode()


def _sha512sum(text: bytes) -> bytes:
    return hashlib.sha512(text).hexdigest().encode()


def _adler32sum(text: bytes) -> bytes:
    return b"%d" % zlib.adler32(text)


def _base(path: bytes) -> bytes:
    name = path.rstrip(b"/").rpartition(b"/")[2]
    return name or (b"/" if path else b".")


def _dir(path: bytes) -> bytes:
    folder, slash, _ = path.rpartition(b"/")
    return _clean(folder + slash)


def _clean(path: bytes) -> bytes:
    root = b"/" if path.startswith(b"/") else b""
    kept: list[bytes] = []
    for part in path.split(b"/"):
        if part != b"..":
            kept += [part] if part not in (b"", b".") else []
        elif kept and kept[-1] != b"..":
            kept.pop()
        elif not root:
            kept.append(part)
    return root + b"/".join(kept) or b"."


def _ext(path: bytes) -> bytes:
    _, dot, extension = path.rpartition(b"/")[2].rpartition(b".")
    return dot + extension if dot else b""


def _is_abs(path: bytes) -> bool:
    return path.startswith(b"/")


ENCODING: Final = {
    "b64enc": Function(_b64enc, (_STRING,)),
    "b64dec": Function(_b64dec, (_STRING,)),
    "b32enc": Function(_b32enc, (_STRING,)),
    "b32dec": Function(_b32dec, (_STRING,)),
    "sha1sum": Function(_sha1sum, (_STRING,)),
    "sha256sum": Function(_sha256sum, (_STRING,)),
    "sha512sum": Function(_sha512sum, (_STRING,)),
    "adler32sum": Function(_adler32sum, (_STRING,)),
    "base": Function(_base, (_STRING,)),
    "dir": Function(_dir, (_STRING,)),
    "clean": Function(_clean, (_STRING,)),
    "ext": Function(_ext, (_STRING,)),
    "isAbs": Function(_is_abs, (_STRING,)),
    "osBase": Function(_base, (_STRING,)),
    "osDir": Function(_dir, (_STRING,)),
    "osClean": Function(_clean, (_STRING,)),
    "osExt": Function(_ext, (_STRING,)),
    "osIsAbs": Function(_is_abs, (_STRING,)),
}
