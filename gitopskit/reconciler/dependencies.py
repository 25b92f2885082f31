"""Dependencies between Applications: whose sync waits for which others.

Pure. Only the beginning of a sync waits: what is under way goes on, and what is there is kept as
it is to be. What waits is looked at again when its answer here becomes another one.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, Protocol

from gitopskit.errors import InputError
from gitopskit.reconciler import names, ordering
from gitopskit.reconciler.fields import mapping

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from gitopskit.manifests.json_types import JsonObject

WAITING: Final = "WaitingForDependencies"
_NAME: Final = re.compile(r"[a-z0-9]([-a-z0-9.]*[a-z0-9])?")


class Followed(Protocol):
    """A revision that somebody follows."""

    @property
    def url(self) -> str:
        """Return the address of the repository."""

    @property
    def revision(self) -> str:
        """Return the branch, tag, commit or range of versions."""

    @property
    def chart(self) -> str:
        """Return the chart, where it is one of a repository of charts."""


class Dependency(Protocol):
    """What is known of an Application that others may wait for."""

    name: str
    content: JsonObject
    status: JsonObject
    commits: tuple[str, ...]
    told_commits: tuple[str, ...]

    @property
    def follows(self) -> Sequence[Followed]:
        """Return what it follows."""

    @property
    def is_deleted(self) -> bool:
        """Tell whether it is on its way out."""

    @property
    def is_skipped(self) -> bool:
        """Tell whether it is left as it is."""


def depends_on(content: JsonObject, *, where: str) -> tuple[str, ...]:
    """Return the Applications that an Application names in its annotation.

    Raises:
        InputError: it names something that is no name.
    """
    found = _named(content)
    if not all(map(_NAME.fullmatch, found)):
        raise InputError(
            f"metadata.annotations[{names.DEPENDS_ON_ANNOTATION}] must name Applications",
            where=where,
            hint="separate the names by commas, as in app-a,app-b",
        )
    return found


def missing(waiter: Dependency, applications: Mapping[str, Dependency]) -> str:
    """Return what a sync has to wait for, or nothing if it may begin."""
    circle = _circle(waiter.name, applications)
    if circle:
        return f"never begins, because of a circle: {' -> '.join(circle)}"
    lacks = {name: _lack(waiter, applications.get(name)) for name in _named(waiter.content)}
    told = [f"{name} ({lack})" for name, lack in sorted(lacks.items()) if lack]
    return f"waits for {', '.join(told)}" if told else ""


def conditions(waiting: str) -> list[tuple[str, str]]:
    """Return the condition that names what is waited for."""
    return [(WAITING, waiting)] if waiting else []


def in_order(wanted: list[str], applications: Mapping[str, Dependency]) -> list[str]:
    """Return names so that each comes after those it depends on, as far as there is no circle."""
    needs = {name: _named(it.content) for name, it in applications.items()}
    asked = set(wanted)
    return [name for name in ordering.in_order(needs, wanted) if name in asked]


def _named(content: JsonObject) -> tuple[str, ...]:
    annotations = mapping(mapping(content.get("metadata")).get("annotations"))
    text = annotations.get(names.DEPENDS_ON_ANNOTATION)
    return () if text is None else tuple(part.strip() for part in str(text).split(","))


def _lack(waiter: Dependency, needed: Dependency | None) -> str:
    """Return what an Application lacks for others to begin."""
    if needed is None:
        return "there is no such Application"
    if needed.is_deleted:
        return "is being deleted"
    sync, health = (mapping(needed.status.get(part)) for part in ("sync", "health"))
    told = (sync.get("status", "Unknown"), health.get("status", "Unknown"))
    if told != ("Synced", "Healthy"):
        return ", ".join(map(str, told))
    return "" if needed.is_skipped or _has_seen(needed, waiter) else "has not seen this commit yet"


def _has_seen(needed: Dependency, waiter: Dependency) -> bool:
    """Tell whether a status is about the same commits, where both follow the same."""
    seen = dict(zip(map(_place, needed.follows), needed.told_commits, strict=False))
    shared = set(map(_place, needed.follows))
    wanted = zip(map(_place, waiter.follows), waiter.commits, strict=False)
    return all(seen.get(place) == commit for place, commit in wanted if place in shared)


def _place(follow: Followed) -> tuple[str, str, str]:
    return follow.url, follow.revision, follow.chart


def _circle(name: str, applications: Mapping[str, Dependency]) -> list[str]:
    """Return the shortest way from an Application back to itself, or nothing."""
    ways = [[name]]
    seen: set[str] = set()
    for way in ways:
        content = applications[way[-1]].content if way[-1] in applications else {}
        for needed in _named(content):
            if needed == name:
                return [*way, name]
            if needed not in seen:
                seen.add(needed)
                ways.append([*way, needed])
    return []
