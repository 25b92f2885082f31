"""Looking: whether an object that nothing in Git may write still holds what Git says.

Pure. An Application whose destination is closed is compared by this, without a dry run, because a
dry run takes the right to write. What others add beside it is not looked at.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gitopskit.manifests.json_types import JsonValue


def holds(live: JsonValue, wanted: JsonValue) -> bool:
    """Tell whether a live value has everything that is wanted of it.

    Lists must be of one length and in one order; what is empty may be missing. Quantities are
    compared as they are written.
    """
    if isinstance(wanted, dict):
        fields = live if isinstance(live, dict) else {}
        return all(holds(fields.get(key), value) for key, value in wanted.items())
    if isinstance(wanted, list):
        entries = live if isinstance(live, list) else []
        return len(entries) == len(wanted) and all(map(holds, entries, wanted))
    return live == wanted or (live is None and wanted in ("", None))
