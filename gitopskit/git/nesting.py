"""Snapshots with submodules in them: the files of a commit, and of those that it points to.

Blocking; call it from a thread. Git itself never follows a submodule; here each is read as any
other repository is, and only where the rule allows it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gitopskit.errors import InputError
from gitopskit.git.submodules import DEEPEST, MOST_OF_ALL

if TYPE_CHECKING:
    from collections.abc import Callable

    from gitopskit.git.remotes import Remote
    from gitopskit.git.repository import Mirror
    from gitopskit.git.submodules import SubmoduleRule
    from gitopskit.manifests.snapshot import Snapshot

    Open = Callable[[str], tuple[Mirror, Remote]]


def nested_snapshot(open_url: Open, url: str, commit: str, *, rule: SubmoduleRule) -> Snapshot:
    """Return the files of a commit with those of its submodules, and of theirs.

    ``open_url`` returns the mirror of a repository, and its address with its credential.

    Raises:
        InputError: a submodule may not be used, or there are too many, or nested too deeply.
        GitFailed: a repository cannot be read.
    """
    mirror, _ = open_url(url)
    found = mirror.find_nested(commit, rule)
    return found or _Reading(open_url, url, rule).read(url, commit, depth=0)


@dataclass(slots=True)
class _Reading:
    """The reading of one commit with all below it, which counts every submodule that it meets.

    What another reading left is not taken below the first commit: it would not be counted.
    """

    open_url: Open
    top: str
    rule: SubmoduleRule
    count: int = 0

    def read(self, url: str, commit: str, *, depth: int) -> Snapshot:
        mirror, remote = self.open_url(url)
        snapshot = mirror.snapshot(remote, commit)
        submodules = mirror.submodules(remote, commit, self.rule)
        if not submodules:
            return snapshot
        if depth >= DEEPEST:
            raise InputError(f"submodules are nested deeper than {DEEPEST} levels", where=url)
        self.count += len(submodules)
        if self.count > MOST_OF_ALL:
            raise InputError(
                f"the commit has more than {MOST_OF_ALL} submodules with theirs", where=self.top
            )
        parts = {it.path: self.read(it.url, it.commit, depth=depth + 1).root for it in submodules}
        return mirror.nest(commit, self.rule, parts)
