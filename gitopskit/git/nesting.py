"""Snapshots with submodules in them: the files of a commit, and of those that it points to.

Blocking; call it from a thread. Git itself never follows a submodule; here each is read as any
other repository is, and only where the rule allows it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gitopskit.errors import InputError
from gitopskit.git.submodules import DEEPEST

if TYPE_CHECKING:
    from collections.abc import Callable

    from gitopskit.git.remotes import Remote
    from gitopskit.git.repository import Mirror
    from gitopskit.git.submodules import SubmoduleRule
    from gitopskit.manifests.snapshot import Snapshot

    Open = Callable[[str], tuple[Mirror, Remote]]


def nested_snapshot(
    open_url: Open, url: str, commit: str, *, rule: SubmoduleRule, depth: int = 0
) -> Snapshot:
    """Return the files of a commit with those of its submodules, and of theirs.

    ``open_url`` returns the mirror of a repository, and its address with its credential.

    Raises:
        InputError: a submodule may not be used, or they are nested too deeply.
        GitFailed: a repository cannot be read.
    """
    mirror, remote = open_url(url)
    found = mirror.find_nested(commit, rule)
    if found is not None:
        return found
    snapshot = mirror.snapshot(remote, commit)
    submodules = mirror.submodules(remote, commit, rule)
    if not submodules:
        return snapshot
    if depth >= DEEPEST:
        raise InputError(f"submodules are nested deeper than {DEEPEST} levels", where=url)
    parts = {
        it.path: nested_snapshot(open_url, it.url, it.commit, rule=rule, depth=depth + 1).root
        for it in submodules
    }
    return mirror.nest(commit, rule, parts)
