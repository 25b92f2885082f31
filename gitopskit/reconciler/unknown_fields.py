"""Unknown fields: what the API server does not know of an object is left out, where that is asked.

Server-side apply refuses an object for a field that its kind does not have, whatever is asked for.
A dry run of a creation names all such fields before it looks at anything else, so that they can be
taken out; whatever else is wrong with the object is left for the apply to tell.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from gitopskit.errors import ApiError
from gitopskit.reconciler import names

if TYPE_CHECKING:
    from gitopskit.kube.client import KubeClient
    from gitopskit.kube.resources import ResourceType
    from gitopskit.manifests.json_types import JsonObject, JsonValue

_NAMED: Final = re.compile(r'unknown field "([^"]+)"')
"""Source: sigs.k8s.io/json, strict decoding."""

_PLACE: Final = re.compile(r"\[([0-9]+)\]\.?")
_ROUNDS: Final = 10
"""How often more fields may be named than before: one answer does not name very many."""


async def known_part(
    api: KubeClient, kind: ResourceType, content: JsonObject, *, as_user: str
) -> JsonObject:
    """Return an object without the fields that the API server does not know."""
    for _ in range(_ROUNDS):
        fields = await _unknown(api, kind, content, as_user)
        shorter = without(content, fields)
        if shorter == content:
            break
        content = shorter
    return content


def without(content: JsonObject, fields: list[str]) -> JsonObject:
    """Return a copy without some fields, named as in ``spec.containers[0].image``; pure."""
    for field in fields:
        content = _without(content, field)
    return content


async def _unknown(
    api: KubeClient, kind: ResourceType, content: JsonObject, as_user: str
) -> list[str]:
    try:
        await api.create(
            kind,
            content,
            field_manager=names.OBJECT_MANAGER,
            dry_run=True,
            is_strict=True,
            as_user=as_user,
        )
    except ApiError as error:
        return _NAMED.findall(error.what)
    return []


def _without(node: JsonValue, field: str) -> JsonValue:
    if isinstance(node, list):
        found = _PLACE.match(field)
        rest = field[found.end() :] if found else ""
        place = int(found[1]) if found else -1
        return [_without(it, rest) if at == place else it for at, it in enumerate(node)]
    if not isinstance(node, dict) or not field:
        return node
    return {
        name: _without(inner, field[len(name) :].removeprefix("."))
        if field.startswith((f"{name}.", f"{name}["))
        else inner
        for name, inner in node.items()
        if name != field
    }
