"""What two programs' manifests say, made comparable: opened, without what is theirs or ours alone.

Left out are our key records, the name and namespace that kubeseal repeats in the template, and
nulls. Keys are sorted. Texts that are no manifests stay as they are.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, Final

from gitopskit.errors import GitopskitError
from gitopskit.manifests.documents import read_documents
from gitopskit.manifests.json_stream import looks_like_json
from gitopskit.manifests.settled_names import KEY_RECORDS_ANNOTATION
from gitopskit.sealing.unseal import Keyring, unseal_secret
from tests.support.sealing import private_key_of, sealing_pair

if TYPE_CHECKING:
    from gitopskit.manifests.json_types import JsonObject

UNOPENED: Final = "cannot be opened"


def documents(text: str | bytes) -> list[Any]:
    """Return the manifests of a text as they are compared."""
    return [_compared(manifest.content) for manifest in read_documents(text, path="result")]


def comparable(text: str | bytes) -> object:
    """Return the format and the manifests of a text, or the text where it holds none."""
    try:
        found = documents(text)
    except GitopskitError:
        return text
    return (_form(text if isinstance(text, str) else text.decode()), found) if found else text


def _form(text: str) -> str:
    """Return the format; YAML that can follow other YAML is told apart from what cannot."""
    if looks_like_json(text):
        return "JSON"
    return "YAML behind a marker" if text.startswith("---\n") else "YAML"


def has_null(text: str | bytes) -> bool:
    """Whether a manifest of a text has a null in it."""
    try:
        return any(_holds_null(each.content) for each in read_documents(text, path="result"))
    except GitopskitError:
        return False


def _holds_null(value: Any) -> bool:  # noqa: ANN401 -- any JSON
    if isinstance(value, dict):
        return any(map(_holds_null, value.values()))
    if isinstance(value, list):
        return any(map(_holds_null, value))
    return value is None


def _compared(content: JsonObject) -> JsonObject:
    if content.get("kind") != "SealedSecret":
        return dict(_bare(content))
    spec = dict(content["spec"])
    metadata = _without(content["metadata"], "annotations", KEY_RECORDS_ANNOTATION)
    template = dict(spec.pop("template", None) or {})
    own = dict(template.pop("metadata", None) or {})
    template["metadata"] = {key: own[key] for key in own if key not in ("name", "namespace")}
    values = {"values": _opened(content)}
    return dict(_bare({"metadata": metadata, "template": template, **values}))


def _opened(content: JsonObject) -> object:
    """Return the values of a SealedSecret, by item."""
    try:
        data = unseal_secret(content, keyring=_keyring(), where="").data
    except GitopskitError:
        return UNOPENED
    return {item: value.reveal().decode() for item, value in data.items()}


@cache
def _keyring() -> Keyring:
    return Keyring([private_key_of(sealing_pair(number)) for number in (0, 1)])


def _without(content: JsonObject, name: str, key: str) -> JsonObject:
    inner = {each: value for each, value in (content.get(name) or {}).items() if each != key}
    return {**content, name: inner}


def _bare(value: Any) -> Any:  # noqa: ANN401 -- any JSON
    if isinstance(value, list):
        return [_bare(each) for each in value]
    if not isinstance(value, dict):
        return value
    kept = {key: _bare(value[key]) for key in sorted(value)}
    return {key: each for key, each in kept.items() if each is not None and each not in ({}, [])}
