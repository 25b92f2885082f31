"""What a rollback in Git changes, and how it is told: to the repository and to reviewers.

Pure. A rollback brings back the files that an Application is rendered from, as they were in a good
commit, and no others: a commit that also concerns somebody else is reverted in part. What commits
and conditions say is foreign text, and is scrubbed before it is told.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Final

from gitopskit.redaction import scrub, show_controls

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from gitopskit.git.clone_texts import Blob, Change, Commit
    from gitopskit.manifests.json_types import JsonObject

_SHORT: Final = 8
_LONGEST_TITLE: Final = 72
_LONGEST_REASON: Final = 1024
_MOST_LISTED: Final = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class RollbackPlan:
    """From which commit an Application goes back to which, and what that takes.

    ``commits`` are all between the two, the newest first, ``concerned`` those that touch
    ``paths``. ``blobs`` is what each changed file is to be; None where it goes. ``notes`` tell
    what a reviewer must know.
    """

    application: str
    good: str
    bad: str
    why: str = ""
    paths: tuple[str, ...] = ()
    commits: tuple[Commit, ...] = ()
    concerned: frozenset[str] = frozenset()
    blobs: Mapping[bytes, Blob | None]
    notes: tuple[str, ...] = ()

    @property
    def reverted(self) -> tuple[Commit, ...]:
        """Return the commits that are taken back, the newest first."""
        return tuple(it for it in self.commits if it.id in self.concerned)

    @property
    def left(self) -> tuple[Commit, ...]:
        """Return the commits between that do not concern the Application."""
        return tuple(it for it in self.commits if it.id not in self.concerned)

    @property
    def files(self) -> tuple[str, ...]:
        """Return the files that change, fit to be shown."""
        return tuple(show_controls(path.decode(errors="replace")) for path in sorted(self.blobs))


def replaced(
    changes: Iterable[Change], head: Mapping[bytes, Blob]
) -> tuple[dict[bytes, Blob | None], tuple[bytes, ...]]:
    """Return what files of the head become, and those that were changed after the bad commit.

    ``changes`` lead from the bad commit to the good one.
    """
    blobs: dict[bytes, Blob | None] = {}
    later = []
    for change in changes:
        here = head.get(change.path)
        if here == change.new:
            continue
        if here != change.old:
            later.append(change.path)
        blobs[change.path] = change.new
    return blobs, tuple(later)


def tag_of(application: str, bad: str, *, number: int) -> str:
    """Return the name of a tag for a rollback; ``number`` tells several of one commit apart."""
    suffix = f"-{number}" if number > 1 else ""
    return f"rollback/{application}/{bad[:_SHORT]}{suffix}"


def title(plan: RollbackPlan) -> str:
    """Return the first line of the commit, and the title of the pull request."""
    said = f"Roll back {plan.application} to {plan.good[:_SHORT]}"
    return said if len(said) <= _LONGEST_TITLE else f"Roll back to {plan.good[:_SHORT]}"


def message(plan: RollbackPlan) -> str:
    """Return the message of the commit."""
    parts = [
        title(plan),
        f"What {plan.application} is rendered from is again as it was in\n{plan.good}.",
        _reason(plan),
        _listed("Taken back, as far as it concerns it:", map(_line, plan.reverted)),
    ]
    return "\n\n".join(filter(None, parts)) + "\n"


def body(plan: RollbackPlan) -> str:
    """Return the text of the pull request, as Markdown."""
    parts = [
        f"Brings what {_code(plan.application)} is rendered from back to {_code(plan.good)}.",
        _reason(plan),
        _listed("## Taken back", map(_item, plan.reverted)),
        _listed("## Left as they are: they do not concern it", map(_item, plan.left)),
        _listed("## Files", (f"- {_code(path)}" for path in plan.files)),
        _listed("## To know", (f"- {note}" for note in plan.notes)),
    ]
    return "\n\n".join(filter(None, parts)) + "\n"


def told(plan: RollbackPlan) -> JsonObject:
    """Return the plan as programs read it."""
    return {
        "application": plan.application,
        "good": plan.good,
        "bad": plan.bad,
        "why": plan.why,
        "paths": list(plan.paths),
        "reverted": [asdict(it) for it in plan.reverted],
        "left": [asdict(it) for it in plan.left],
        "files": list(plan.files),
        "notes": list(plan.notes),
        "title": title(plan),
        "body": body(plan),
    }


def named_files(source: JsonObject) -> tuple[str, ...]:
    """Return the folder of a source and the files that its options name, from the root.

    For what is not found out by reading the folder: charts, and options with files of their own.
    """
    path = str(source.get("path") or ".")
    helm, kustomize = source.get("helm") or {}, source.get("kustomize") or {}
    beside = [
        *(str(it) for it in helm.get("valueFiles") or ()),
        *(str(it.get("path", "")) for it in helm.get("fileParameters") or ()),
        *(str(it) for it in kustomize.get("components") or ()),
        *(str(it.get("path") or "") for it in kustomize.get("patches") or ()),
    ]
    places = [_place(path, it) for it in beside if it and not it.startswith("$")]
    return tuple(dict.fromkeys([_place(path, ""), *filter(None, places)]))


def narrowed(paths: Sequence[str]) -> tuple[str, ...]:
    """Return paths in order, without those that lie below another."""
    chosen = sorted({PurePosixPath(it) for it in paths})
    return tuple(
        str(it) for it in chosen if not any(it != other and _below(it, other) for other in chosen)
    )


def _below(path: PurePosixPath, other: PurePosixPath) -> bool:
    return other == PurePosixPath() or path.is_relative_to(other)


def _place(folder: str, name: str) -> str:
    """Return where a name in a folder leads to, or nothing where that is outside of the root."""
    parts: list[str] = []
    for part in PurePosixPath("/", folder if not name.startswith("/") else "", name).parts[1:]:
        if part == ".." and not parts:
            return ""
        parts = parts[:-1] if part == ".." else [*parts, part]
    return "/".join(parts) or "."


def _reason(plan: RollbackPlan) -> str:
    said = scrub(plan.why, limit=_LONGEST_REASON)
    return f"{plan.bad} was bad: {said}" if said else ""


def _listed(head: str, lines: Iterable[str]) -> str:
    found = list(lines)
    more = len(found) - _MOST_LISTED
    shown = [*found[:_MOST_LISTED], *([f"- and {more} more"] if more > 0 else [])]
    return "\n".join([head, "", *shown]) if found else ""


def _line(commit: Commit) -> str:
    return f"- {commit.id[:_SHORT]} {scrub(commit.subject)}"


def _item(commit: Commit) -> str:
    return f"- {commit.id[:_SHORT]} {_code(commit.subject)} ({_code(commit.author)})"


def _code(text: str) -> str:
    """Return a foreign text as code, so that nothing in it is markup, a link or a mention."""
    return f"`{scrub(text).replace('`', chr(39)) or '-'}`"
