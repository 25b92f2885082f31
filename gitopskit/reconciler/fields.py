"""A reader of custom resources: typed fields with defaults, and the fields that nobody reads.

Pure. Owns the wording of "must be text" and the search for unknown fields; must not know which
resource it reads. Under Argo CD's own CRD the API server has checked the types already; under a
foreign or an older one it has not.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from gitopskit.durations import parse_duration
from gitopskit.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from gitopskit.manifests.json_types import JsonObject, JsonValue

ANY: Final[Mapping[str, Any]] = {}
"""In a tree of known fields: whatever is below is read by its reader, not searched."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fields:
    """A mapping inside a resource; ``path`` is where it is, ``where`` which resource it is."""

    content: JsonObject
    path: str
    where: str

    def child(self, name: str) -> Fields:
        """Return a mapping below this one; a missing one is empty.

        Raises:
            InputError: it is no mapping.
        """
        return self._mapping(self.content.get(name) or {}, self._path(name))

    def children(self, name: str) -> tuple[Fields, ...]:
        """Return a list of mappings; a missing one is empty.

        Raises:
            InputError: it is no list of mappings.
        """
        return tuple(
            self._mapping(item, f"{self._path(name)}[{index}]")
            for index, item in enumerate(self._list(name))
        )

    def texts(self, name: str) -> tuple[str, ...]:
        """Return a list of texts; a missing one is empty.

        Raises:
            InputError: it is no list of texts.
        """
        items = self._list(name)
        if not all(isinstance(item, str) for item in items):
            raise self.wrong(name, "must be a list of texts")
        return tuple(items)

    def text(self, name: str) -> str:
        """Return a text; a missing one is empty.

        Raises:
            InputError: it is something else.
        """
        value = self.content.get(name)
        if value is not None and not isinstance(value, str):
            raise self.wrong(name, "must be a text")
        return value or ""

    def pairs(self, name: str) -> tuple[tuple[str, str], ...]:
        """Return a mapping of texts; a missing one is empty.

        Raises:
            InputError: it is no mapping of texts.
        """
        items = self.child(name).content
        if not all(isinstance(value, str) for value in items.values()):
            raise self.wrong(name, "must hold texts")
        return tuple(items.items())

    def flag(self, name: str) -> bool:
        """Return a boolean; a missing one is false.

        Raises:
            InputError: it is something else.
        """
        value = self.content.get(name) or False
        if not isinstance(value, bool):
            raise self.wrong(name, "must be true or false")
        return value

    def number(self, name: str, default: int) -> int:
        """Return a whole number.

        Raises:
            InputError: it is something else.
        """
        value = self.content.get(name)
        if value is None:
            return default
        if isinstance(value, bool) or not isinstance(value, int):
            raise self.wrong(name, "must be a whole number")
        return value

    def seconds(self, name: str, default: float) -> float:
        """Return a duration such as ``5s``, ``3m`` or ``1h30m`` in seconds.

        Raises:
            InputError: it is something else.
        """
        value = self.content.get(name)
        if value is None or value == "":
            return default
        seconds = parse_duration(value) if isinstance(value, str) else None
        if seconds is None:
            raise self.wrong(name, "must be a duration such as 5s or 3m")
        return seconds

    def wrong(self, name: str, rule: str) -> InputError:
        """Return the error for a field that breaks a rule."""
        return InputError(f"{self._path(name)} {rule}", where=self.where)

    def _path(self, name: str) -> str:
        return f"{self.path}.{name}" if self.path else name

    def _list(self, name: str) -> list[JsonValue]:
        value = self.content.get(name) or []
        if not isinstance(value, list):
            raise self.wrong(name, "must be a list")
        return value

    def _mapping(self, value: JsonValue, path: str) -> Fields:
        if not isinstance(value, dict):
            raise InputError(f"{path} must be a mapping", where=self.where)
        return Fields(content=value, path=path, where=self.where)


def spec_of(content: JsonObject) -> Fields:
    """Return the spec of a resource.

    Raises:
        InputError: it is no mapping.
    """
    name = (content.get("metadata") or {}).get("name", "")
    where = f"{content.get('kind', '')}/{name}"
    return Fields(content=content, path="", where=where).child("spec")


def mapping(value: JsonValue) -> JsonObject:
    """Return a mapping, empty for anything else: what is malformed the API server refuses."""
    return value if isinstance(value, dict) else {}


def unknown_fields(value: JsonValue, known: Mapping[str, Any], path: str) -> Iterator[str]:
    """Yield the path of every field that holds something and is not in the tree of known ones."""
    if isinstance(value, list) and known:
        for index, item in enumerate(value):
            yield from unknown_fields(item, known, f"{path}[{index}]")
    if not isinstance(value, dict) or not known:
        return
    for name, item in value.items():
        if name in known:
            yield from unknown_fields(item, known[name], f"{path}.{name}")
        elif item not in (None, "", {}, []):
            yield f"{path}.{name}"
