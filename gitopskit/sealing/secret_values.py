"""The values of a Secret: taken out of an object, and checked against what a Secret may hold."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from gitopskit.errors import InputError
from gitopskit.redaction import Plaintext
from gitopskit.sealing.base64_text import decode_base64
from gitopskit.sealing.fields import read_mapping

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from gitopskit.manifests.json_types import JsonObject

_ITEM_KEY: Final = re.compile(r"[-._a-zA-Z0-9]{1,253}")
"""Keys that a Secret may have. Source: k8s.io/apimachinery, IsConfigMapKey."""

_LARGEST_SECRET_BYTES: Final = 1024 * 1024
"""Values of one Secret together. Source: kubernetes.io/docs, "Secrets", size limit."""


def read_secret_values(content: JsonObject, *, where: str) -> dict[str, Plaintext]:
    """Return the values of a Secret by item, those of ``stringData`` before those of ``data``.

    Raises:
        InputError: a value is not base64 or not a text, a key is none that a Secret can have, or
            the values are too large together. Neither value nor key is quoted.
    """
    values: dict[str, Plaintext] = {}
    for item, encoded in read_mapping(content, "data", where=where).items():
        try:
            values[item] = Plaintext(decode_base64(encoded or ""))
        except ValueError:
            raise _unusable_item("data", item, "base64", where=where) from None
    for item, text in read_mapping(content, "stringData", where=where).items():
        try:
            values[item] = Plaintext(("" if text is None else text).encode())
        except (AttributeError, UnicodeEncodeError):
            raise _unusable_item("stringData", item, "a text; quote it", where=where) from None
    require_item_keys(values, where=where)
    require_values_fit(values, where=where)
    return values


def require_item_keys(items: Iterable[str], *, where: str) -> None:
    """Check that a Secret can have these keys.

    Raises:
        InputError: it cannot. The key is not quoted: a value put in its place is still a value.
    """
    keys = list(items)
    for number, key in enumerate(keys, start=1):
        if not _ITEM_KEY.fullmatch(key) or key == "." or key.startswith(".."):
            raise InputError(
                f"item {number} of {len(keys)} has a key that a Secret cannot have",
                where=where,
                hint="use letters, digits, `-`, `_` and `.`",
            )


def require_values_fit(values: Mapping[str, Plaintext], *, where: str) -> None:
    """Check that values can lie in one Secret.

    Raises:
        InputError: they have more than 1 MiB together.
    """
    require_sizes_fit((len(value) for value in values.values()), where=where)


def require_sizes_fit(sizes_bytes: Iterable[int], *, where: str) -> None:
    """Check that values of these sizes can lie in one Secret.

    Raises:
        InputError: they have more than 1 MiB together.
    """
    if sum(sizes_bytes) > _LARGEST_SECRET_BYTES:
        raise InputError(
            "the values are larger than 1 MiB together, which no cluster takes",
            where=where,
            hint="split the Secret",
        )


def _unusable_item(field: str, key: str, expected: str, *, where: str) -> InputError:
    return InputError(
        f"`{field}.{key}` is not {expected}",
        where=where,
        hint="`data` holds base64, `stringData` holds the text itself",
    )
