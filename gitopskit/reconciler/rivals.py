"""Rivals: whether a workload runs, and what is forgotten when it did our work for a while.

Pure.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gitopskit.reconciler.fields import mapping

if TYPE_CHECKING:
    from gitopskit.manifests.json_types import JsonObject
    from gitopskit.reconciler.state import Tracked


def runs(workload: JsonObject) -> bool:
    """Tell whether a workload has copies, or is to have some; one is what the API server fills in.

    One that is scaled to nothing runs until its last copy is gone.
    """
    wanted = mapping(workload.get("spec")).get("replicas", 1)
    return wanted != 0 or bool(mapping(workload.get("status")).get("replicas"))


def begin_again(tracked: Tracked) -> None:
    """Forget what was applied, as after a restart: somebody else may have changed all of it."""
    tracked.begin_anew()
    tracked.applied.clear()
    tracked.failures.clear()
    tracked.run = None
    tracked.is_recalled = False
    tracked.is_check_due = True
