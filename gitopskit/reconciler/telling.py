"""Telling: what the conditions of an Application say to people, the most important first.

Pure. What is kept in conditions for the reconciler itself is left out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gitopskit.reconciler import status
from gitopskit.reconciler.fields import mapping
from gitopskit.reconciler.lingering import DELETION_PENDING
from gitopskit.reconciler.orphan_rules import ORPHANS
from gitopskit.reconciler.rollback import HEALTHY_REVISION, ROLLED_BACK, without_fingerprint

if TYPE_CHECKING:
    from gitopskit.manifests.json_types import JsonObject

_WARNINGS: Final = (
    status.NOTHING_RENDERED,
    DELETION_PENDING,
    ORPHANS,
    status.NOT_WATCHED,
)
"""What never keeps an Application from being synced and healthy."""

_FAILED: Final = ("Failed", "Error")


def rolled_back(told: JsonObject) -> str:
    """Return what a well-formed status says of a rollback, or nothing."""
    return without_fingerprint(_said(told).get(ROLLED_BACK, ""))


def reasons(told: JsonObject) -> list[str]:
    """Return why an Application is as its status says; warnings only where nothing else is told.

    A rollback is not among them.
    """
    said = _said(told)
    own = (HEALTHY_REVISION, ROLLED_BACK, *_WARNINGS)
    found = [message for kind, message in said.items() if kind not in own]
    return found or _unsaid(told) or [said[kind] for kind in _WARNINGS if kind in said]


def warning(told: JsonObject) -> str:
    """Return what is to be told even of an Application that is synced and healthy, or nothing."""
    return _said(told).get(status.NOTHING_RENDERED, "")


def _unsaid(told: JsonObject) -> list[str]:
    """Return what is wrong without a condition that says so: a failed sync, or bad health."""
    sync, health = mapping(told.get("sync")), mapping(told.get("health"))
    operation = mapping(told.get("operationState"))
    is_well = (sync.get("status"), health.get("status")) == ("Synced", "Healthy")
    found = []
    if operation.get("phase") in _FAILED and not is_well:
        found.append(str(operation.get("message") or ""))
    if health.get("status") == "Degraded":
        found.append(str(health.get("message") or ""))
    return [message for message in found if message]


def _said(told: JsonObject) -> dict[str, str]:
    return {it["type"]: it["message"] for it in told.get("conditions") or ()}
