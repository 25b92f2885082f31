"""Audit: one line for each commit that was applied: which, by whom, when, in which Application.

The people are those whom the commit names; nobody has proven them, unless the project wants signed
commits. Messages of commits are never told.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from typing import TYPE_CHECKING, Final

import structlog

from gitopskit.errors import GitopskitError
from gitopskit.git.authorship import UNKNOWN
from gitopskit.reconciler.fields import mapping
from gitopskit.timestamps import rfc3339

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gitopskit.git.authorship import Authorship
    from gitopskit.manifests.json_types import JsonObject
    from gitopskit.reconciler.application import Follow
    from gitopskit.reconciler.repositories import Repositories
    from gitopskit.reconciler.state import Tracked
    from gitopskit.reconciler.status import Operation

_LOG: Final = structlog.get_logger("audit")
_MOST_KNOWN: Final = 1000
_COMMIT_DIGITS: Final = frozenset({40, 64})


class Audit:
    """Tells of every sync that ended; who made a commit is read once, from its copy."""

    def __init__(self, repositories: Repositories) -> None:
        """Keep who has the copies."""
        self._repositories = repositories
        self._known: OrderedDict[tuple[str, str], Authorship] = OrderedDict()

    async def applied(self, tracked: Tracked, operation: Operation) -> None:
        """Write a line for each source of a sync that ended, well or not."""
        if operation.finished_at is None or operation.is_rehearsal:
            return
        for follow, commit in _sources(tracked, operation):
            made = await self._authorship(follow, commit)
            _LOG.info(
                "commit_applied",
                application=tracked.name,
                project=follow.project,
                namespace=_destination(tracked.content),
                repository=follow.url,
                followed=follow.revision,
                revision=commit,
                author=made.author,
                committer=made.committer,
                committed_at=made.committed_at,
                initiated_by=_initiator(operation.asked),
                started_at=rfc3339(operation.started_at),
                finished_at=rfc3339(operation.finished_at),
                outcome=operation.phase,
                objects=sum(it.outcome == "Synced" for it in operation.results),
                pruned=sum(it.outcome == "Pruned" for it in operation.results),
            )

    async def _authorship(self, follow: Follow, commit: str) -> Authorship:
        key = (follow.project, commit)
        if key in self._known:
            self._known.move_to_end(key)
            return self._known[key]
        mirror = self._repositories.mirror(follow)
        if mirror is None or len(commit) not in _COMMIT_DIGITS:
            return UNKNOWN  # the version of a chart, or a copy that was given up meanwhile
        try:
            found = await asyncio.to_thread(mirror.authorship, commit)
        except GitopskitError:
            return UNKNOWN
        if found != UNKNOWN:
            self._known[key] = found
            if len(self._known) > _MOST_KNOWN:
                self._known.popitem(last=False)
        return found


def _sources(tracked: Tracked, operation: Operation) -> Iterator[tuple[Follow, str]]:
    commits = operation.revisions or (operation.revision,)
    return zip(tracked.follows, commits, strict=False)


def _destination(content: JsonObject) -> str:
    return str(mapping(mapping(content.get("spec")).get("destination")).get("namespace", ""))


def _initiator(asked: JsonObject | None) -> str:
    """Return who asked for a sync, as an operation names them; nobody has proven it either."""
    if asked is None:
        return "policy"
    return str(mapping(asked.get("initiatedBy")).get("username", "")) or "operation"
