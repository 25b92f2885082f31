"""Fields of decoded objects, read with an error that names the field and never its value."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gitopskit.errors import InputError

if TYPE_CHECKING:
    from gitopskit.manifests.json_types import JsonObject

_HINT: Final = "compare the manifest with docs/sealed-format.md"


def read_mapping(content: JsonObject, name: str, *, where: str) -> JsonObject:
    """Return a field that holds a mapping, an empty one where the field is absent or null.

    Raises:
        InputError: the field holds something else.
    """
    value = content.get(name)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise wrong_shape(name, "a mapping", where=where)
    return value


def read_boolean(content: JsonObject, name: str, *, where: str) -> bool | None:
    """Return a field that holds true or false, None where the field is absent or null.

    Raises:
        InputError: the field holds something else.
    """
    value = content.get(name)
    if not isinstance(value, bool | None):
        raise wrong_shape(name, "true or false", where=where)
    return value


def read_text(content: JsonObject, name: str, *, where: str) -> str:
    """Return a field that holds a text, an empty one where the field is absent or null.

    Raises:
        InputError: the field holds something else.
    """
    value = content.get(name)
    if not isinstance(value, str | None):
        raise wrong_shape(name, "a text; quote it", where=where)
    return value or ""


def read_texts(content: JsonObject, name: str, *, where: str) -> dict[str, str]:
    """Return a field that maps names to texts, as labels do; true, 1 and null become texts.

    kubectl takes them so where they are written in YAML: ``x: y`` is read as true there.

    Raises:
        InputError: the field, or a value in it, is something else; the value is not quoted.
    """
    texts: dict[str, str] = {}
    for key, value in read_mapping(content, name, where=where).items():
        if isinstance(value, bool):
            texts[key] = "true" if value else "false"
        elif isinstance(value, str | int | None):
            texts[key] = "" if value is None else str(value)
        else:
            raise wrong_shape(f"{name}.{key}", "a text; quote it", where=where)
    return texts


def wrong_shape(name: str, expected: str, *, where: str) -> InputError:
    """Return the error for a field that is not what it should be."""
    return InputError(f"`{name}` is not {expected}", where=where, hint=_HINT)
