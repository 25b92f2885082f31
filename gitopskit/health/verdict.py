"""Health as a value, and the reading of conditions that every rule shares. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gitopskit.manifests.json_types import JsonObject, JsonValue

Status = Literal["Healthy", "Progressing", "Degraded", "Suspended", "Missing", "Unknown"]

_FROM_BEST: Final[tuple[Status, ...]] = (
    "Healthy",
    "Suspended",
    "Progressing",
    "Missing",
    "Degraded",
    "Unknown",
)
"""Source: Argo CD's order of health, in which the worst of an Application's objects counts."""


@dataclass(frozen=True, slots=True)
class Health:
    """A status in Argo CD's words, and what a person should know about it."""

    status: Status
    message: str = ""


HEALTHY: Final = Health("Healthy")


def worst(healths: Iterable[Health]) -> Health:
    """Return the worst of several; nothing at all is healthy."""
    return max(healths, key=lambda health: _FROM_BEST.index(health.status), default=HEALTHY)


def condition(content: JsonObject, kind: str) -> JsonObject:
    """Return one condition of an object's status; empty where it has none."""
    conditions = _mapping(content.get("status")).get("conditions")
    for found in conditions if isinstance(conditions, list) else ():
        if isinstance(found, dict) and found.get("type") == kind:
            return found
    return {}


def message_of(found: JsonObject) -> str:
    """Return what a condition says, or at least its reason."""
    return str(found.get("message") or found.get("reason") or "")


def is_observed(content: JsonObject) -> bool:
    """Tell whether the status speaks of the present spec; without a statement it does."""
    generation = _mapping(content.get("metadata")).get("generation")
    observed = _mapping(content.get("status")).get("observedGeneration")
    if not isinstance(generation, int) or not isinstance(observed, int):
        return True
    return observed >= generation


def parts(content: JsonObject) -> tuple[JsonObject, JsonObject]:
    """Return the spec and the status of an object; empty where it has none."""
    return _mapping(content.get("spec")), _mapping(content.get("status"))


def waiting(message: str) -> Health:
    """Return the health of what is on its way."""
    return Health("Progressing", message)


def by_condition(content: JsonObject, kind: str) -> Health:
    """Return the health that one condition tells; without it, an object is healthy."""
    found = condition(content, kind)
    if found.get("status") == "False":
        return Health("Degraded", message_of(found))
    if found.get("status") == "Unknown":
        return waiting(message_of(found))
    return HEALTHY


def _mapping(value: JsonValue) -> JsonObject:
    return value if isinstance(value, dict) else {}
