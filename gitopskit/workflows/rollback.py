"""`gitopskit rollback`: from an Application's status to the commit that goes back in Git."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from gitopskit.errors import InputError, IntegrityFault
from gitopskit.manifests.snapshot import Snapshot
from gitopskit.reconciler import rollback, status
from gitopskit.reconciler.fields import mapping
from gitopskit.redaction import scrub, show_controls
from gitopskit.render.inputs import EVERYTHING, folders_read
from gitopskit.render.sources import RenderSource
from gitopskit.workflows.rollback_plan import (
    RollbackPlan,
    message,
    named_files,
    narrowed,
    replaced,
    tag_of,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gitopskit.git.clone import Clone
    from gitopskit.manifests.json_types import JsonObject

_SHORT: Final = 8
_MOST_NAMED: Final = 5
_MOST_TAGS: Final = 1000

_SHALLOW: Final = "this clone is shallow: commits may be missing among those that are listed"
_REWRITTEN: Final = "the good commit is not in the history of the bad one: it was rewritten"
_GUESSED: Final = (
    "what it reads beside its own path is not known: look at the files, or name more with --path"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Way:
    """From where to where, and why."""

    good: str
    bad: str
    why: str = ""


def plan_rollback(
    clone: Clone, content: JsonObject, *, to: str = "", more_paths: Sequence[str] = ()
) -> RollbackPlan:
    """Return what has to be committed on top of HEAD so that an Application goes back.

    ``to`` names the revision to go back to; without it, it is the last healthy one of an
    Application that was rolled back.

    Raises:
        InputError: there is nowhere to go back to, or the clone lacks a commit.
        IntegrityFault: files were changed again after the bad commit.
        GitFailed: git cannot read the repository.
    """
    name = str(mapping(content.get("metadata")).get("name", ""))
    source = _only_source(content, name)
    told = status.status_of(content)
    way = _asked_way(clone, to) if to else _told_way(clone, told, name)
    _require_known(clone, way, more_paths)
    paths, notes = _paths(clone, way, source, more_paths)
    changes = clone.changes(way.bad, way.good, paths)
    head = clone.commit_of("HEAD")
    blobs, later = replaced(changes, clone.entries(head, paths))
    if later:
        raise _changed_later(later, way)
    if clone.is_shallow():
        notes.append(_SHALLOW)
    if not clone.is_within(way.good, way.bad):
        notes.append(_REWRITTEN)
    return RollbackPlan(
        application=name,
        good=way.good,
        bad=way.bad,
        why=way.why,
        paths=paths,
        commits=clone.commits(way.good, way.bad),
        concerned=frozenset(it.id for it in clone.commits(way.good, way.bad, paths)),
        blobs=blobs,
        notes=tuple(notes),
    )


def tree_of(clone: Clone, plan: RollbackPlan) -> str:
    """Return the tree that is to be committed.

    Raises:
        GitFailed: git cannot write it.
    """
    return clone.tree_with(clone.commit_of("HEAD"), plan.blobs)


def commit_rollback(clone: Clone, plan: RollbackPlan, *, branch: str = "") -> str:
    """Commit a plan, on a new branch if one is named, and return the commit.

    Raises:
        InputError: the clone is not ready, the branch exists, or HEAD is on none.
        GitFailed: git or a hook refused; all is as it was.
    """
    clone.require_ready()
    if branch and clone.has(f"refs/heads/{branch}"):
        raise InputError(
            f"there is a branch {scrub(branch)} already",
            where=str(clone.root),
            hint="choose another name with --branch",
        )
    if not branch and not clone.branch():
        raise InputError(
            "no branch is checked out in this clone",
            where=str(clone.root),
            hint="switch to one, or name a new one with --branch",
        )
    return clone.commit_tree(tree_of(clone, plan), message(plan), branch=branch)


def tag_rollback(clone: Clone, plan: RollbackPlan) -> str:
    """Tag HEAD as a rollback and return the name of the tag.

    Raises:
        GitFailed: git refused.
    """
    names = (tag_of(plan.application, plan.bad, number=n) for n in range(1, _MOST_TAGS))
    name = next(it for it in names if not clone.has(f"refs/tags/{it}"))
    clone.tag(name, message(plan))
    return name


def _only_source(content: JsonObject, name: str) -> JsonObject:
    """Return the one source in Git that an Application has.

    Raises:
        InputError: it has several, or a chart of a Helm repository.
    """
    spec = mapping(content.get("spec"))
    sources = spec.get("sources") or [spec.get("source")]
    found = list(map(mapping, sources if isinstance(sources, list) else ()))
    if len(found) != 1 or found[0].get("chart"):
        raise InputError(
            "only an Application with one source in Git is rolled back",
            where=f"Application/{name}",
            hint="revert the commit with git",
        )
    return found[0]


def _asked_way(clone: Clone, to: str) -> _Way:
    good, head = clone.commit_of(to), clone.commit_of("HEAD")
    if not head:
        raise InputError("this clone has no commit yet", where=str(clone.root))
    if not good:
        raise _missing(clone, to)
    return _Way(good=good, bad=head)


def _told_way(clone: Clone, told: JsonObject, name: str) -> _Way:
    memory = rollback.memory_of(told)
    if memory is None:
        raise InputError(
            "the Application was not rolled back: name the revision to go back to with --to",
            where=f"Application/{name}",
            hint=_known(told),
        )
    for commit in (memory.bad, memory.good):
        if not clone.commit_of(commit):
            raise _missing(clone, commit)
    if not clone.is_within(memory.bad, clone.commit_of("HEAD")):
        raise InputError(
            f"the bad commit {memory.bad[:_SHORT]} is not in what is checked out here",
            where=str(clone.root),
            hint="switch to the branch that the Application follows, and `git pull`",
        )
    return _Way(good=memory.good, bad=memory.bad, why=memory.why)


def _known(told: JsonObject) -> str:
    """Return what is known of revisions that one could go back to."""
    healthy = rollback.healthy_of(told)
    history = [it["revision"] for it in told.get("history") or ()][::-1]
    known = dict.fromkeys(scrub(it)[:_SHORT] for it in [*([healthy] if healthy else []), *history])
    listed = ", ".join(list(known)[:_MOST_NAMED])
    return f"deployed were, the newest first: {listed}" if listed else "nothing was deployed so far"


def _missing(clone: Clone, revision: str) -> InputError:
    how = "`git fetch --unshallow`" if clone.is_shallow() else "`git fetch --tags`"
    return InputError(
        f"this clone has no commit {scrub(revision)}",
        where=str(clone.root),
        hint=f"is it a clone of the Application's repository? get what is missing with {how}",
    )


def _require_known(clone: Clone, way: _Way, paths: Sequence[str]) -> None:
    for path in paths:
        if not any(clone.entries(commit, [path]) for commit in (way.good, way.bad)):
            raise InputError(
                f"neither revision has {scrub(path)}",
                where=str(clone.root),
                hint="give --path a file or a folder, relative to the root of the repository",
            )


def _paths(
    clone: Clone, way: _Way, source: JsonObject, more: Sequence[str]
) -> tuple[tuple[str, ...], list[str]]:
    """Return what the Application is rendered from in both commits, and what to know of that."""
    own = named_files(source)
    found, notes = {*own, *more}, []
    for commit in (way.good, way.bad):
        with clone.files(commit) as folder:
            snapshot = Snapshot(revision=commit, root=folder)
            read = folders_read(snapshot, RenderSource(path=own[0]))
        if read == EVERYTHING:
            notes = [] if own[0] == "." else [_GUESSED]
        else:
            found.update(map(str, read))
    return narrowed(sorted(found)), notes


def _changed_later(later: Sequence[bytes], way: _Way) -> IntegrityFault:
    named = ", ".join(show_controls(it.decode(errors="replace")) for it in later[:_MOST_NAMED])
    more = len(later) - _MOST_NAMED
    return IntegrityFault(
        f"files were changed again after {way.bad[:_SHORT]}: {named}"
        + (f" and {more} more" if more > 0 else ""),
        hint=f"to lose that as well, go back from what is checked out: --to {way.good[:_SHORT]}",
    )
