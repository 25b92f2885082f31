"""Tracked Applications and goals, for tests that need no server."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gitopskit.reconciler.state import Goal, Tracked
from tests.support.desiring import an_application

if TYPE_CHECKING:
    from gitopskit.manifests.json_types import JsonObject
    from gitopskit.reconciler.application import SyncPolicy
    from gitopskit.reconciler.desired import Desired


def a_goal(
    *objects: Desired, digest: str = "g1", commit: str = "c1", policy: SyncPolicy | None = None
) -> Goal:
    return Goal(
        application=an_application(policy=policy),
        commit=commit,
        key="k1",
        digest=digest,
        source_types=("Directory",),
        objects=objects,
    )


def tracked(goal: Goal | None = None, *, status: JsonObject | None = None) -> Tracked:
    return Tracked(
        name="web",
        content={"metadata": {"name": "web"}, "spec": {"project": "shop"}},
        fingerprint="f1",
        status=status or {},
        goal=goal,
    )
