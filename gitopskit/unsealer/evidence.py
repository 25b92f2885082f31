"""Evidence that a Secret is still as it was written, without reading it. Pure.

The API server records who set each field last. If every field that a SealedSecret asks for was set
last by us, and no item by anybody else, then nobody has changed a value since: who does, becomes
the one who set it. So metadata alone tells which Secrets need no look after a restart. Compared are
digests, so that little has to be kept of many objects; values play no part in them.

Source: kubernetes.io/docs, "Server-Side Apply", managedFields and FieldsV1.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from gitopskit.unsealer.ownership import FIELD_MANAGER, MANAGED, SKIP_OWNER

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from gitopskit.manifests.json_types import JsonObject

NOTHING_KNOWN: Final = 0
"""The digest that vouches for nothing."""

_PARTS: Final = ("labels", "annotations")
_NOT_FOR_OTHERS: Final = ("f:data", "f:type", "f:immutable")
_OWNER_KEY: Final = 'k:{"uid":"'


def of_secret(content: JsonObject) -> int:
    """Return the digest of the fields that we set on a Secret, from its metadata.

    Nothing is known where somebody else set an item, the type, or whether it is immutable.
    """
    ours: set[tuple[str, str]] = set()
    for entry in content["metadata"].get("managedFields") or ():
        fields = entry.get("fieldsV1") or {}
        if entry.get("manager") == FIELD_MANAGER:
            ours.update(_set_in(fields))
        elif any(_has_fields(fields.get(name)) for name in _NOT_FOR_OTHERS):
            return NOTHING_KNOWN
    return _digest(ours) if ours else NOTHING_KNOWN


def of_sealed_secret(content: JsonObject) -> int:
    """Return the digest of the fields that we set on the Secret of a SealedSecret."""
    spec = content.get("spec") or {}
    if spec.get("data"):
        return NOTHING_KNOWN
    template = spec.get("template") or {}
    metadata = template.get("metadata") or {}
    annotations = set(metadata.get("annotations") or {})
    wanted = {("type", ""), *(("data", item) for item in _items(spec, template))}
    if (metadata.get("annotations") or {}).get(SKIP_OWNER) == "true":
        annotations.add(MANAGED)
    else:
        wanted.add(("owner", content["metadata"]["uid"]))
    wanted |= {("labels", key) for key in metadata.get("labels") or {}}
    wanted |= {("annotations", key) for key in annotations}
    if template.get("immutable") is not None:
        wanted.add(("immutable", ""))
    return _digest(wanted)


def _items(spec: JsonObject, template: JsonObject) -> set[str]:
    texts = template.get("data") or {}
    dropped = {key for key, text in texts.items() if text is None}
    return {*(spec.get("encryptedData") or {}), *texts} - dropped


def _set_in(fields: JsonObject) -> Iterator[tuple[str, str]]:
    metadata = fields.get("f:metadata") or {}
    yield from (("data", key) for key in _keys(fields.get("f:data")))
    for part in _PARTS:
        yield from ((part, key) for key in _keys(metadata.get(f"f:{part}")))
    for key in metadata.get("f:ownerReferences") or {}:
        if key.startswith(_OWNER_KEY):
            yield "owner", key.removeprefix(_OWNER_KEY).removesuffix('"}')
    for name in ("type", "immutable"):
        if f"f:{name}" in fields:
            yield name, ""


def _keys(fields: JsonObject | None) -> Iterable[str]:
    return (key.removeprefix("f:") for key in fields or {} if key.startswith("f:"))


def _has_fields(fields: Any) -> bool:  # noqa: ANN401 -- a mapping, or None
    """Tell whether somebody set a field; ``.`` alone is the mapping around the fields."""
    return fields is not None and set(fields) != {"."}


def _digest(fields: Iterable[tuple[str, str]]) -> int:
    return hash(frozenset(fields)) or 1
