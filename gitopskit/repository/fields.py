"""A strict reader of our own configuration files: every field is known, typed and placed.

Pure. Owns the wording of "this field is unknown" and "this is no text"; must not know which
fields a file has.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gitopskit.errors import InputError, UnsupportedField

if TYPE_CHECKING:
    from gitopskit.manifests.documents import Manifest
    from gitopskit.manifests.json_types import JsonValue

Pointer = tuple[str | int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fields:
    """A mapping in a file, and where it is; the caller names every field that may be in it."""

    manifest: Manifest
    content: dict[str, JsonValue]
    pointer: Pointer = ()

    @classmethod
    def of(cls, manifest: Manifest, *, known: frozenset[str]) -> Fields:
        """Return the fields of a whole document.

        Raises:
            UnsupportedField: it has a field that is not in ``known``.
        """
        fields = cls(manifest=manifest, content=manifest.content)
        fields._refuse_others(known)
        return fields

    def text(self, name: str, *, default: str | None = None) -> str:
        """Return a field that is a text; without a default it must be there.

        Raises:
            InputError: it is missing, empty or no text.
        """
        if name not in self.content and default is not None:
            return default
        value = self.content.get(name)
        if not isinstance(value, str) or not value:
            raise self.wrong(name, "must be a text that is not empty")
        return value

    def texts(self, name: str) -> tuple[str, ...]:
        """Return a field that is a list of texts; a missing one is empty.

        Raises:
            InputError: it is no list, or holds something else than texts.
        """
        items = self.content.get(name, [])
        if not isinstance(items, list) or not all(isinstance(item, str) for item in items):
            raise self.wrong(name, "must be a list of texts")
        return tuple(items)

    def mapping(self, name: str, *, known: frozenset[str]) -> Fields:
        """Return a field that is a mapping; a missing one is empty.

        Raises:
            InputError: it is no mapping.
            UnsupportedField: it has a field that is not in ``known``.
        """
        return self._child((name,), self.content.get(name, {}), known)

    def mappings(self, name: str, *, known: frozenset[str]) -> tuple[Fields, ...]:
        """Return a field that is a list of mappings; a missing one is empty.

        Raises:
            InputError: it is no list, or holds something else than mappings.
            UnsupportedField: a mapping has a field that is not in ``known``.
        """
        items = self.content.get(name, [])
        if not isinstance(items, list):
            raise self.wrong(name, "must be a list")
        return tuple(self._child((name, index), item, known) for index, item in enumerate(items))

    def wrong(self, name: str, rule: str) -> InputError:
        """Return the error for a field that breaks a rule, with its place in the file."""
        path = ".".join(map(str, (*self.pointer, name)))
        return InputError(f"{path} {rule}", where=self.where(name))

    def where(self, *names: str | int) -> str:
        """Return ``path:line:column`` of a field, or of the nearest thing that exists."""
        position = self.manifest.locate((*self.pointer, *names))
        return f"{self.manifest.path}:{position.line}:{position.column}"

    def _child(self, names: Pointer, value: JsonValue, known: frozenset[str]) -> Fields:
        pointer = (*self.pointer, *names)
        if not isinstance(value, dict):
            path = ".".join(map(str, pointer))
            raise InputError(f"{path} must be a mapping", where=self.where(*names))
        child = Fields(manifest=self.manifest, content=value, pointer=pointer)
        child._refuse_others(known)
        return child

    def _refuse_others(self, known: frozenset[str]) -> None:
        for name in self.content:
            if name not in known:
                path = ".".join(map(str, (*self.pointer, name)))
                raise UnsupportedField(
                    f"{path} is no field that this version knows",
                    where=self.where(name),
                    hint="use one of " + ", ".join(sorted(known)),
                )
