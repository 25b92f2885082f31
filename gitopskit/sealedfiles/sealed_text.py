"""The SealedSecrets of one text, and the change of single items that leaves every other byte alone.

Owns which SealedSecret of a text is meant, and what a change of an item does to the key records.
Reads and writes no file, and knows no keys. Start at ``SealedText.read``.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from gitopskit.errors import InputError
from gitopskit.manifests.documents import Document, Manifest, as_manifest, expand_lists, read_values
from gitopskit.manifests.edit import REMOVED, Edit, apply_edits
from gitopskit.manifests.settled_names import KEY_RECORDS_ANNOTATION
from gitopskit.sealing import sealed_secret
from gitopskit.sealing.base64_text import decode_base64
from gitopskit.sealing.key_records import (
    KeyRecord,
    dump_records,
    key_of,
    read_records,
    record_of,
)
from gitopskit.sealing.seal import require_room

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from gitopskit.manifests.edit import Pointer
    from gitopskit.manifests.json_types import JsonObject, JsonValue
    from gitopskit.sealing.sealed_secret import SealedSecret


@dataclass(frozen=True, slots=True, kw_only=True)
class SealedPart:
    """One SealedSecret of a text, and where it is written."""

    manifest: Manifest
    sealed: SealedSecret

    @property
    def records(self) -> dict[str, KeyRecord]:
        """Return which key each item was sealed to, as far as that is written down."""
        return read_records(self.sealed.annotations)

    @property
    def keys(self) -> dict[str, str]:
        """Return the fingerprint of each item's key, empty where it is unknown."""
        records = self.records
        blobs = self.sealed.encrypted_data
        return {item: key_of(records, item, blob) for item, blob in blobs.items()}

    def where(self, item: str) -> str:
        """Return ``path:line:column`` of an item."""
        return self.manifest.where_of(("spec", "encryptedData", item))

    @property
    def unreadable(self) -> dict[str, str]:
        """Return the items that nothing can open, for they are not even base64, and what they are.

        Their envelopes have no bytes.
        """
        found: dict[str, str] = {}
        for item, encoded in _items(self.manifest.content).items():
            try:
                decode_base64(encoded)
            except ValueError as error:
                found[item] = str(error)
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class NewEnvelope:
    """What an item becomes: an envelope, and the key and the value's digest to record with it."""

    envelope: bytes = field(repr=False)
    fingerprint: str
    value_digest: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PartChange:
    """New envelopes by item for one SealedSecret, None for an item to remove.

    Key records are kept up where the manifest has them, and begun if ``begins_records``.
    ``recorded`` are records to write for items whose envelope stays, ``fields`` other values of
    the object by their pointers.
    """

    part: SealedPart
    items: Mapping[str, NewEnvelope | None]
    fields: Mapping[Pointer, JsonValue] = field(default_factory=dict)
    recorded: Mapping[str, KeyRecord] = field(default_factory=dict)
    begins_records: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SealedText:
    """A text with its documents and, among them, its SealedSecrets; Lists are taken apart."""

    text: str = field(repr=False)
    path: str
    documents: tuple[Document, ...] = field(repr=False)
    parts: tuple[SealedPart, ...]

    @classmethod
    def read(cls, data: bytes, *, path: str, is_strict: bool = False) -> SealedText:
        """Return a file's content; documents that are no SealedSecret are left alone.

        Items that are not base64 are read as ``SealedPart.unreadable``, unless ``is_strict``.

        Raises:
            MalformedDocument: it cannot be read.
            InputError: a SealedSecret in it has the wrong shape.
            UnsupportedField: one is in the form before 2019.
        """
        documents = read_values(data, path=path)
        mappings = [each for each in documents if isinstance(each.content, dict)]
        return cls(
            text=data.decode(),
            path=path,
            documents=documents,
            parts=tuple(
                _part(manifest, is_strict=is_strict)
                for manifest in expand_lists(map(as_manifest, mappings))
                if is_sealed(manifest)
            ),
        )

    def part(self, *, name: str = "", namespace: str = "") -> SealedPart:
        """Return the SealedSecret of that name and namespace, or the only one there is.

        Raises:
            InputError: there is none, or several fit.
        """
        found = [
            part
            for part in self.parts
            if name in ("", part.sealed.name) and namespace in ("", part.sealed.namespace)
        ]
        if len(found) == 1:
            return found[0]
        if not self.parts:
            raise InputError(
                "there is no SealedSecret in the file",
                where=self.path,
                hint="make one with `gitopskit seal`",
            )
        names = ", ".join(str(part.sealed.ref) for part in self.parts)
        raise InputError(
            "several SealedSecrets fit" if found else "no SealedSecret of that name is in the file",
            where=self.path,
            hint=f"choose one with --name, and --namespace if need be: {names}",
        )

    def changed(self, changes: Sequence[PartChange]) -> str:
        """Return the text with the items of its SealedSecrets changed, all else byte for byte.

        Raises:
            InputError: a place cannot be edited (it is behind an alias, for example), or a
                SealedSecret becomes larger than a cluster takes.
        """
        for change in changes:
            _require_room(change)
        edits = [edit for change in changes for edit in _edits(change)]
        if not edits:
            return self.text
        return apply_edits(self.text, edits, path=self.path, documents=self.documents)


def _part(manifest: Manifest, *, is_strict: bool) -> SealedPart:
    sealed = sealed_secret.parse(
        manifest.content,
        where=manifest.where,
        place_of=lambda item: manifest.where_of(("spec", "encryptedData", item)),
        keeps_unreadable=not is_strict,
    )
    return SealedPart(manifest=manifest, sealed=sealed)


def is_sealed(manifest: Manifest) -> bool:
    """Whether a manifest is a SealedSecret of the group we know, in whatever version."""
    group = manifest.api_version.partition("/")[0]
    return manifest.kind == sealed_secret.KIND and group == sealed_secret.GROUP


def _require_room(change: PartChange) -> None:
    content = change.part.manifest.content
    data = dict(_items(content))
    for item, new in change.items.items():
        data[item] = "" if new is None else base64.b64encode(new.envelope).decode()
    annotations = {**change.part.sealed.annotations}
    if _keeps_records(change):
        annotations[KEY_RECORDS_ANNOTATION] = dump_records(_new_records(change))
    larger = {
        **content,
        "metadata": {**content["metadata"], "annotations": annotations},
        "spec": {**(content.get("spec") or {}), "encryptedData": data},
    }
    require_room(larger, where=change.part.manifest.where)


def _items(content: JsonObject) -> JsonObject:
    """Return the items of a SealedSecret as they are written; it may have no spec at all."""
    return (content.get("spec") or {}).get("encryptedData") or {}


def _keeps_records(change: PartChange) -> bool:
    return change.begins_records or KEY_RECORDS_ANNOTATION in change.part.sealed.annotations


def _edits(change: PartChange) -> list[Edit]:
    edits = [_edit(change.part, pointer, value) for pointer, value in change.fields.items()]
    edits += [
        _edit(
            change.part,
            ("spec", "encryptedData", item),
            REMOVED if new is None else _as_before(change.part, item, new.envelope),
        )
        for item, new in change.items.items()
    ]
    if not _keeps_records(change):
        return edits
    text = dump_records(_new_records(change))
    if text != (change.part.sealed.annotations.get(KEY_RECORDS_ANNOTATION) or ""):
        pointer = ("metadata", "annotations", KEY_RECORDS_ANNOTATION)
        edits.append(_edit(change.part, pointer, text or REMOVED))
    return edits


def _as_before(part: SealedPart, item: str, envelope: bytes) -> str:
    """Return an envelope in base64, with the line breaks around it that the old one has.

    A block scalar ends in one, and would have to be written otherwise without it.
    """
    text = base64.b64encode(envelope).decode()
    held = _items(part.manifest.content).get(item)
    old = held if isinstance(held, str) else ""
    body = old.strip("\r\n")
    return old.replace(body, text) if body else text


def _new_records(change: PartChange) -> dict[str, KeyRecord]:
    records = change.part.records | dict(change.recorded)
    for item, new in change.items.items():
        records.pop(item, None)
        if new is not None:
            records[item] = record_of(
                new.envelope, fingerprint=new.fingerprint, value_digest=new.value_digest
            )
    return records


def _edit(part: SealedPart, pointer: Pointer, value: JsonValue) -> Edit:
    return Edit(document=part.manifest.index, pointer=part.manifest.pointer(pointer), value=value)
