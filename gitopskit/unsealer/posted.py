"""What peers post: one SealedSecret as JSON or YAML, read within bounds. Pure.

Whoever reaches the port may post. So a text is refused for its size and for the number of its parts
before anything is made of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gitopskit.errors import InputError
from gitopskit.manifests.documents import Limits, read_value

if TYPE_CHECKING:
    from gitopskit.manifests.json_types import JsonObject

LARGEST_BODY_BYTES: Final = 10 * 1024 * 1024
"""Source: github.com/bitnami-labs/sealed-secrets, 2051."""

_LARGEST_OBJECT_BYTES: Final = 2 * 1024 * 1024
"""More than etcd takes in one request. Source: etcd.io/docs, "System limits"."""

_LIMITS: Final = Limits(size_bytes=LARGEST_BODY_BYTES, depth=32, aliases=1000, documents=2)
_SEPARATORS: Final = (b",", b":", b"[", b"{", b"- ", b"? ", b"\n", b"\r")
_MOST_SEPARATORS: Final = 100_000
"""A SealedSecret of a thousand items has some five thousand."""

_WHERE: Final = "request"


def is_too_costly(text: bytes) -> bool:
    """Tell whether a text would take far more memory to read than any SealedSecret does.

    That is if it may have many values, each of which has a separator, or if it is large and not
    ASCII: with one wide character, each of the others takes four bytes.
    """
    if is_large(text) and not text.isascii():
        return True
    counted = 0
    for separator in _SEPARATORS:
        counted += text.count(separator)
        if counted > _MOST_SEPARATORS:
            return True
    return False


def is_large(text: bytes) -> bool:
    """Tell whether a text is larger than any object that a cluster stores."""
    return len(text) > _LARGEST_OBJECT_BYTES


def read_posted(text: bytes) -> JsonObject:
    """Return the one object in a text; that it is a SealedSecret is not checked.

    Raises:
        MalformedDocument: it is neither JSON nor YAML, or holds several documents.
        InputError: it holds something else than a mapping.
    """
    content = read_value(text, path=_WHERE, limits=_LIMITS)
    if not isinstance(content, dict):
        raise InputError("this is no object", where=_WHERE)
    return content
