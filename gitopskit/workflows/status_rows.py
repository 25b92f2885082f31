"""What a row of the status says of an Application or a SealedSecret.

Pure. What is said was written by others, and is as they wrote it.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Final

from gitopskit.reconciler import telling
from gitopskit.reconciler.status import NEEDS_PERSON, status_of

if TYPE_CHECKING:
    from gitopskit.manifests.json_types import JsonObject

_REVISION_LENGTH: Final = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One object: its state in its own API's words, and what it says when it is not well."""

    kind: str
    namespace: str
    name: str
    state: str
    health: str = ""
    revision: str = ""
    message: str = ""
    is_rolled_back: bool = False
    needs_person: bool = False

    @property
    def is_well(self) -> bool:
        """Tell whether nothing has to be done about it; a rollback is to be mended in Git."""
        is_fine = self.state in {"Synced", "Unsealed"} and self.health in {"Healthy", ""}
        return is_fine and not self.is_rolled_back

    def told(self) -> JsonObject:
        """Return it as programs read it."""
        content = asdict(self)
        more = {
            "rolledBack": content.pop("is_rolled_back"),
            "needsPerson": content.pop("needs_person"),
        }
        return {**content, **more}


def application_row(content: JsonObject) -> Row:
    """Return the row of an Application."""
    told = status_of(content)
    sync, health = told.get("sync") or {}, told.get("health") or {}
    kinds = {it["type"] for it in told.get("conditions") or ()}
    back = telling.rolled_back(told)
    reasons = [f"rolled back: {back}"] if back else []
    return Row(
        kind="Application",
        namespace=content["metadata"]["namespace"],
        name=content["metadata"]["name"],
        state=str(sync.get("status") or "not yet seen"),
        health=str(health.get("status") or "Unknown"),
        revision=str(sync.get("revision") or "")[:_REVISION_LENGTH],
        message="; ".join([*reasons, *telling.reasons(told)]),
        is_rolled_back=bool(back),
        needs_person=any(it in kinds for it in NEEDS_PERSON),
    )


def sealed_secret_row(content: JsonObject) -> Row:
    """Return the row of a SealedSecret."""
    conditions = (content.get("status") or {}).get("conditions") or []
    synced = next((c for c in conditions if c.get("type") == "Synced"), None)
    states = {"True": "Unsealed", "False": "Failed"}
    return Row(
        kind="SealedSecret",
        namespace=content["metadata"]["namespace"],
        name=content["metadata"]["name"],
        state=states.get(str(synced.get("status")), "Unknown") if synced else "not yet seen",
        message=_message(synced or {}),
    )


def _message(synced: JsonObject) -> str:
    is_well = synced.get("status") == "True"
    return "" if is_well else str(synced.get("message") or synced.get("reason") or "")
