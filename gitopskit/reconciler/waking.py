"""Waking: which Applications are looked at again because of what happened to another one. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gitopskit.reconciler import dependencies, handover

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from gitopskit.manifests.identity import ObjectRef
    from gitopskit.reconciler.observation import Observation
    from gitopskit.reconciler.state import Tracked


def after_a_look(name: str, applications: Mapping[str, Tracked]) -> Iterator[str]:
    """Yield who waits for an Application that was just looked at, or that is gone."""
    for item in applications.values():
        if name in item.awaited and handover.is_news(name, item, applications):
            item.begin_anew()
            yield item.name
        elif _waits_for_something_else(item, applications):
            yield item.name


def _waits_for_something_else(item: Tracked, applications: Mapping[str, Tracked]) -> bool:
    """Tell whether what a look found missing has changed, where a look would find that too."""
    if not item.waiting or item.is_skipped or item.is_deleted:
        return False
    return item.waiting != dependencies.missing(item, applications)


def after_a_change(
    ref: ObjectRef, after: Observation | None, applications: Mapping[str, Tracked]
) -> Iterator[str]:
    """Yield those whose namespace may just have been made ready by another Application."""
    if ref.kind != "RoleBinding" or after is None:
        return
    for item in applications.values():
        if any(it.namespace == ref.namespace for it in item.failures):
            item.begin_anew()
            yield item.name


def needs_poll(tracked: Tracked, *, is_watched: Callable[[ObjectRef], bool]) -> bool:
    """Tell whether an Application has what only a look by name shows."""
    policy = tracked.goal.application.policy if tracked.goal is not None else None
    if policy is None or not policy.is_automated or policy.namespace_metadata:
        return True
    return not all(map(is_watched, tracked.applied))
