"""Inventory: which objects an Application has applied, kept in ConfigMaps of bounded size.

Pure. It is a write-ahead log: what is about to be applied is in it before the first write, and
what could not be deleted stays. An entry never moves from one shard to another, because two
ConfigMaps cannot be written at once and a move could lose it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from gitopskit.errors import IntegrityFault, UnsupportedField
from gitopskit.manifests.identity import ObjectRef
from gitopskit.reconciler import names
from gitopskit.reconciler.names import Applier

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from gitopskit.manifests.json_types import JsonObject

APPLICATION_ANNOTATION: Final = "gitopskit.io/inventory-of"
"""The full name of the Application, which the ConfigMap's own name may shorten."""

SHARD_SIZE_BYTES: Final = 500_000
"""What one ConfigMap holds at most; the API server refuses more than 1 MiB of data."""

_KEY: Final = "entries.json"
_RECORD_DIGITS: Final = 20
_FEW: Final = 10
"""So many records may be out of date, or one in so many: each costs one request at a restart."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One applied object; ``uid`` is empty until it is known which instance is ours.

    ``record`` tells what our last write left behind; that of an older write does no harm.
    ``is_taken``: it was another Application's before.
    """

    ref: ObjectRef
    version: str
    applier: Applier
    uid: str = ""
    is_adopted: bool = False
    is_hook: bool = False
    is_taken: bool = False
    record: str = ""

    @property
    def size_bytes(self) -> int:
        """Return how much of a shard the entry takes."""
        return len(json.dumps(_encoded(self), ensure_ascii=False).encode()) + 2


@dataclass(frozen=True, slots=True)
class Inventory:
    """The entries of one Application, by shard; a shard number keeps its place when empty."""

    shards: tuple[tuple[Entry, ...], ...] = ()
    _by_ref: dict[ObjectRef, Entry] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Index the entries: thousands are looked for one by one."""
        first = {entry.ref: entry for entry in reversed(list(self))}
        object.__setattr__(self, "_by_ref", first)

    def __iter__(self) -> Iterator[Entry]:
        """Yield every entry."""
        for shard in self.shards:
            yield from shard

    def find(self, ref: ObjectRef) -> Entry | None:
        """Return the entry of an object."""
        return self._by_ref.get(ref)

    def by_ref(self) -> dict[ObjectRef, Entry]:
        """Return the entries by object."""
        return {entry.ref: entry for entry in self}

    def ahead(self, entries: Iterable[Entry]) -> Inventory:
        """Return an inventory that also lists those entries; known objects keep their entry."""
        known = {entry.ref for entry in self}
        shards = [list(shard) for shard in self.shards]
        sizes = [sum(entry.size_bytes for entry in shard) for shard in shards]
        for entry in entries:
            if entry.ref in known:
                continue
            known.add(entry.ref)
            place = _place(sizes, entry.size_bytes)
            if place == len(shards):
                shards.append([])
                sizes.append(0)
            shards[place].append(entry)
            sizes[place] += entry.size_bytes
        return Inventory(tuple(map(tuple, shards)))

    def settled(self, survivors: Mapping[ObjectRef, Entry]) -> Inventory:
        """Return an inventory of the survivors only, each where it was."""
        return Inventory(
            tuple(
                tuple(survivors[entry.ref] for entry in shard if entry.ref in survivors)
                for shard in self.shards
            )
        )

    def is_worth_writing(self, before: Inventory) -> bool:
        """Tell whether this says more than an earlier one; few new records can wait for others."""
        if tuple(map(len, self.shards)) != tuple(map(len, before.shards)):
            return True
        pairs = [(new, old) for new, old in zip(self, before, strict=True) if new != old]
        has_news = any(replace(new, record=old.record) != old for new, old in pairs)
        return has_news or len(pairs) > max(_FEW, len(self._by_ref) // _FEW)

    def with_hooks(self, refs: Collection[ObjectRef]) -> Inventory:
        """Return an inventory that knows of those objects that they are hooks."""
        return self.settled(
            {
                entry.ref: replace(entry, is_hook=True) if entry.ref in refs else entry
                for entry in self
            }
        )

    def with_entry(self, changed: Entry) -> Inventory:
        """Return an inventory in which one object's entry is replaced."""
        survivors = self.by_ref()
        return self.settled({**survivors, changed.ref: changed})


def record_of(resource_version: str, desired_digest: str) -> str:
    """Return what is kept of a write: the version that it left, and of what was written a part."""
    return f"{resource_version}:{desired_digest[:_RECORD_DIGITS]}"


def is_record_of(record: str, desired_digest: str) -> bool:
    """Tell whether just that was written when a record was made."""
    return record.partition(":")[2] == desired_digest[:_RECORD_DIGITS]


def forgotten(entry: Entry) -> Entry:
    """Return the entry without its UID: the object is about to be made anew."""
    return replace(entry, uid="", record="", is_taken=False)


def to_config_map(application: str, shard: int, entries: Iterable[Entry]) -> JsonObject:
    """Return the ConfigMap of one shard."""
    encoded = json.dumps([_encoded(entry) for entry in entries], ensure_ascii=False)
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {
            "name": names.inventory_name(application, shard),
            "namespace": names.SYSTEM_NAMESPACE,
            "annotations": {APPLICATION_ANNOTATION: application},
        },
        "data": {_KEY: encoded},
    }


def from_config_map(content: JsonObject) -> tuple[Entry, ...]:
    """Return the entries of one shard.

    Raises:
        IntegrityFault: the ConfigMap holds something else; nothing may be pruned on its word.
    """
    try:
        items = json.loads(content["data"][_KEY])
        return tuple(_decoded(item) for item in items)
    except (KeyError, TypeError, ValueError, UnsupportedField) as error:
        name = (content.get("metadata") or {}).get("name", "")
        raise IntegrityFault(
            "the inventory cannot be read",
            where=f"ConfigMap/{names.SYSTEM_NAMESPACE}/{name}",
            hint="restore the ConfigMap, or delete it to start an empty inventory:"
            " then nothing that it listed is ever pruned",
        ) from error


def _place(sizes: list[int], size: int) -> int:
    """Return the first shard with room, or the number of a new one."""
    for place, used in enumerate(sizes):
        if used + size <= SHARD_SIZE_BYTES:
            return place
    return len(sizes)


def _encoded(entry: Entry) -> JsonObject:
    ref = entry.ref
    return {
        "group": ref.group,
        "kind": ref.kind,
        "namespace": ref.namespace,
        "name": ref.name,
        "version": entry.version,
        "uid": entry.uid,
        "adopted": entry.is_adopted,
        "applier": str(entry.applier),
        **({"hook": True} if entry.is_hook else {}),
        **({"taken": True} if entry.is_taken else {}),
        **({"record": entry.record} if entry.record else {}),
    }


def _decoded(item: JsonObject) -> Entry:
    return Entry(
        ref=ObjectRef(item["group"], item["kind"], item["namespace"], item["name"]),
        version=str(item["version"]),
        uid=str(item["uid"]),
        is_adopted=item["adopted"] is True,
        is_hook=item.get("hook") is True,
        is_taken=item.get("taken") is True,
        record=str(item.get("record", "")),
        applier=Applier.parse(str(item["applier"]), default_namespace=item["namespace"]),
    )
