"""What is where: every Application and every SealedSecret of a cluster, in one look.

Reading is one listing per kind; what a row says is decided by pure functions.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Final

from gitopskit.errors import ApiNotFound
from gitopskit.kube.resources import APPLICATIONS, SEALED_SECRETS
from gitopskit.manifests.settled_names import APPLICATIONS_NAMESPACE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gitopskit.kube.client import KubeClient
    from gitopskit.kube.resources import ResourceType
    from gitopskit.manifests.json_types import JsonObject

_REVISION_LENGTH: Final = 8
_COLUMNS: Final = ("kind", "namespace", "name", "state", "health", "revision", "message")


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

    @property
    def is_well(self) -> bool:
        """Tell whether nothing has to be done about it."""
        return self.state in {"Synced", "Unsealed"} and self.health in {"Healthy", ""}


async def read_status(api: KubeClient) -> tuple[Row, ...]:
    """Return a row per Application and SealedSecret, Applications first.

    Raises:
        ApiError: the API server refused or did not answer. A kind that it does not serve has
            no rows.
    """
    applications = await _list(api, APPLICATIONS, APPLICATIONS_NAMESPACE)
    sealed = await _list(api, SEALED_SECRETS, "")
    return (*map(application_row, applications), *map(sealed_secret_row, sealed))


def application_row(content: JsonObject) -> Row:
    """Return the row of an Application."""
    status = content.get("status") or {}
    sync = status.get("sync") or {}
    conditions = [str(c.get("message") or "") for c in status.get("conditions") or []]
    return Row(
        kind="Application",
        namespace=content["metadata"]["namespace"],
        name=content["metadata"]["name"],
        state=str(sync.get("status") or "not yet seen"),
        health=str((status.get("health") or {}).get("status") or "Unknown"),
        revision=str(sync.get("revision") or "")[:_REVISION_LENGTH],
        message="; ".join(filter(None, conditions)),
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


def table(rows: Sequence[Row]) -> str:
    """Return the rows as aligned columns under a header; the last column is as wide as it is."""
    lines = [tuple(column.upper() for column in _COLUMNS)]
    lines += [tuple(str(value) for value in asdict(row).values()) for row in rows]
    widths = [max(len(line[i]) for line in lines) for i in range(len(_COLUMNS) - 1)]
    return "\n".join(
        "  ".join(
            [*(cell.ljust(width) for cell, width in zip(line, widths, strict=False)), line[-1]]
        ).rstrip()
        for line in lines
    )


def _message(synced: JsonObject) -> str:
    is_well = synced.get("status") == "True"
    return "" if is_well else str(synced.get("message") or synced.get("reason") or "")


async def _list(api: KubeClient, kind: ResourceType, namespace: str) -> tuple[JsonObject, ...]:
    try:
        return (await api.list(kind, namespace)).items
    except ApiNotFound:
        return ()
