"""The values of a SealedSecret as a text for a person to edit, and the way back.

Owns the form of that text. It is plaintext: where it may lie is known to memory_folder.py.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from gitopskit.errors import InputError, MalformedDocument, Undecryptable
from gitopskit.manifests.documents import read_value
from gitopskit.manifests.write import dump_documents
from gitopskit.redaction import Plaintext
from gitopskit.sealedfiles.closed_items import closed_item
from gitopskit.sealing.envelope import open_value
from gitopskit.sealing.secret_values import read_secret_values

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gitopskit.manifests.json_types import JsonObject
    from gitopskit.sealedfiles.sealed_text import SealedPart
    from gitopskit.sealing.unseal import Keyring

_SECTIONS: Final = frozenset({"stringData", "data"})
_HEADER: Final = """\
# The values of {ref}, opened for editing.
#
# `stringData` holds texts as they are, `data` holds base64. What you change,
# add or remove here is sealed, added or removed when you save the text and
# leave the editor; all other items stay as they are. If nothing is changed,
# or the editor ends with an error, nothing happens.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """What editing did: items with a new value, and items that are gone."""

    changed: Mapping[str, Plaintext]
    removed: tuple[str, ...]

    def __bool__(self) -> bool:
        """Whether it did anything."""
        return bool(self.changed or self.removed)


def open_items(part: SealedPart, *, keyring: Keyring) -> dict[str, Plaintext]:
    """Return the values of a SealedSecret by item; for the person who holds the private keys.

    Items that are ``SealedPart.unreadable`` are left out: there is nothing to be had of them.

    Raises:
        Undecryptable: no key opens some items; each is explained.
    """
    label, keys = part.sealed.binding.label, part.keys
    values: dict[str, Plaintext] = {}
    closed: list[str] = []
    unreadable = part.unreadable
    for item, blob in part.sealed.encrypted_data.items():
        if item in unreadable:
            continue
        private_keys = [key.key for key in keyring.first(keys[item])]
        try:
            values[item] = open_value(blob, private_keys=private_keys, label=label)
        except Undecryptable:
            closed.append(item)
    if closed:
        findings = [closed_item(part, item, keyring=keyring) for item in closed]
        raise Undecryptable(
            "; ".join(finding.message for finding in findings),
            where=findings[0].where,
            hint=findings[0].hint,
        )
    return values


def dump_values(values: Mapping[str, Plaintext], *, ref: str) -> Plaintext:
    """Return the text to edit: YAML, with texts in ``stringData`` and all else in ``data``."""
    texts = {item: text for item, value in values.items() if (text := _text_of(value)) is not None}
    content: JsonObject = {"stringData": texts}
    others = {
        item: base64.b64encode(value.reveal()).decode()
        for item, value in values.items()
        if item not in texts
    }
    if others:
        content["data"] = others
    return Plaintext((_HEADER.format(ref=ref) + dump_documents([content])).encode())


def read_edited(data: bytes, *, path: str) -> dict[str, Plaintext]:
    """Return the values by item in an edited text; an item in both sections is that of stringData.

    Raises:
        MalformedDocument: it is no YAML, or no mapping.
        InputError: a part of it is not what it should be. No value is quoted.
    """
    content = read_value(data, path=path)
    if not isinstance(content, dict) or not content.keys() <= _SECTIONS:
        raise MalformedDocument(
            "there is something else in it than `stringData` and `data`",
            where=path,
            hint="put items into one of the two",
        )
    return read_secret_values(content, where=path)


def difference(
    before: Mapping[str, Plaintext], after: Mapping[str, Plaintext], *, allows_empty: bool
) -> Difference:
    """Return what became of values.

    Raises:
        InputError: a value became empty.
    """
    changed = {item: value for item, value in after.items() if before.get(item) != value}
    empty = [item for item, value in changed.items() if not len(value)]
    if empty and not allows_empty:
        raise InputError(
            f"the value of {', '.join(f'`{item}`' for item in empty)} is empty",
            hint="remove the item to remove it; give --allow-empty if it is meant to be empty",
        )
    return Difference(changed=changed, removed=tuple(item for item in before if item not in after))


def _text_of(value: Plaintext) -> str | None:
    """Return a value as a text that YAML gives back unchanged, or None."""
    try:
        text = value.reveal().decode()
        is_kept = read_value(dump_documents([[text]]), path="") == [text]
    except (UnicodeDecodeError, MalformedDocument):
        return None
    return text if is_kept else None
