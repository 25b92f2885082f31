"""Hooks of deletions: which finalizers say that they are to run, and what one run of them is.

Pure. An Application in whose sources there are such hooks carries a finalizer for each phase, and
a second one for taking them away; a finalizer that is gone says that this was done.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING

from gitopskit.reconciler import names

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from gitopskit.manifests.json_types import JsonObject
    from gitopskit.reconciler.state import Goal
    from gitopskit.reconciler.sync_run import Seen, SyncRun


def finalizers_of(content: JsonObject) -> list[str]:
    """Return the finalizers of an Application."""
    return [str(it) for it in content["metadata"].get("finalizers") or ()]


def armed(finalizers: Sequence[str], goal: Goal) -> list[str]:
    """Return the finalizers of an Application of which the hooks of deletions are known."""
    phases = {it.phase for it in goal.deletion_hooks}
    wanted = list(finalizers)
    for phase, name in names.HOOK_FINALIZERS.items():
        for finalizer in (name, f"{name}{names.CLEANUP}"):
            if phase in phases and finalizer not in wanted:
                wanted.append(finalizer)
            elif phase not in phases and finalizer in wanted:
                wanted.remove(finalizer)
    return wanted


def aim(goal: Goal, phase: str, *, uid: str) -> Goal:
    """Return a goal of nothing but the hooks of one phase of an Application's end.

    No policy takes a hook away while its run is not told: it would run again after a restart.
    """
    hooks = tuple(
        replace(it, hook_delete_policies=frozenset())
        for it in goal.deletion_hooks
        if it.phase == phase
    )
    matter = " ".join([uid, phase, *sorted(it.digest for it in hooks)])
    digest = hashlib.sha256(matter.encode()).hexdigest()
    return replace(goal, objects=(), hooks=hooks, digest=digest)


def is_to_be_repeated(run: SyncRun, seen: Seen) -> bool:
    """Tell whether a person took away a hook that failed, which asks for another attempt."""
    return run.phase == "Failed" and any(seen(ref) is None for ref in run.failures)


def problems(run: SyncRun, failures: Collection[str], phase: str) -> list[str]:
    """Return what holds a deletion, in words."""
    failed = [f"{ref}: {message}" for ref, message in run.failures.items()]
    return failed or [f"the {phase} hooks cannot be made: {it}" for it in failures]
