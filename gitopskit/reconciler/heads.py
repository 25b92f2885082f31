"""Heads: which commits of a repository were seen, and who has not been looked at since.

Pure. An Application that a commit does not concern is not written, so that its status cannot tell
that the commit was seen; one record for each revision that is followed tells it for all.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from gitopskit.reconciler.application import Follow
from gitopskit.reconciler.fields import mapping

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gitopskit.manifests.json_types import JsonObject

CONFIG_MAP: Final = "gitopskit-heads"
_MOST_COMMITS: Final = 20
_MOST_OF_ALL: Final = 10_000
"""Commits that the record lists together: a ConfigMap holds 1 MiB at most."""

_NAME_DIGITS: Final = 32


@dataclass(slots=True)
class Heads:
    """The commits of each revision, the newest first, and the last one that each name passed."""

    commits: dict[Follow, tuple[str, ...]] = field(default_factory=dict)
    passed: dict[str, Mapping[Follow, str]] = field(default_factory=dict)

    def note(self, name: str, passed: Mapping[Follow, str], *, heads: Mapping[Follow, str]) -> bool:
        """Note what an Application was brought to, and what is the newest now; tell of news."""
        is_news = self.passed.get(name) != passed
        self.passed[name] = passed
        for follow, head in heads.items():
            known = self.commits.get(follow, ())
            if known[:1] != (head,):
                others = tuple(commit for commit in known if commit != head)
                self.commits[follow] = (head, *others)[:_MOST_COMMITS]
                is_news = True
        return is_news

    def keep_only(self, names: Mapping[str, object]) -> None:
        """Forget the Applications that are gone, and the revisions that nobody follows."""
        self.passed = {name: it for name, it in self.passed.items() if name in names}
        followed = {follow for passed in self.passed.values() for follow in passed}
        self.commits = {it: commits for it, commits in self.commits.items() if it in followed}

    def through(self, follow: Follow) -> list[str]:
        """Return who was looked at since the newest commit of a revision that they follow."""
        return sorted(self._through()[follow])

    def _through(self) -> dict[Follow, list[str]]:
        """Return the same for every revision, in one go over all Applications."""
        found: dict[Follow, list[str]] = {follow: [] for follow in self.commits}
        for name, passed in self.passed.items():
            for follow, commit in passed.items():
                if self.commits.get(follow, ())[:1] == (commit,):
                    found[follow].append(name)
        return found

    def is_complete(self, names: Mapping[str, object]) -> bool:
        """Tell whether all of these Applications have passed all that they follow."""
        return all(
            name in self.passed
            and all(
                self.commits.get(it, ())[:1] == (head,) for it, head in self.passed[name].items()
            )
            for name in names
        )

    def record(self, before: Mapping[str, str]) -> dict[str, str]:
        """Return what is stored; commits that an earlier record lists stay listed."""
        stored, through = {}, self._through()
        most = max(1, min(_MOST_COMMITS, _MOST_OF_ALL // max(1, len(self.commits))))
        for follow, commits in self.commits.items():
            name = name_of(follow)
            older = [it for it in _commits(before.get(name, "")) if it not in commits]
            matter = {
                "commits": [*commits, *older][:most],
                "passed": sorted(through[follow]),
            }
            stored[name] = json.dumps(matter)
        return stored


def name_of(follow: Follow) -> str:
    """Return the name of a revision's record; a URL is never shown."""
    chart = [follow.chart] if follow.chart else []
    matter = json.dumps([follow.url, follow.revision, follow.project, *chart])
    return hashlib.sha256(matter.encode(errors="surrogateescape")).hexdigest()[:_NAME_DIGITS]


def has_passed(content: JsonObject, record: Mapping[str, str], revision: str) -> bool:
    """Tell whether an Application was looked at since a commit of one of its sources was seen.

    ``revision`` may be the beginning of the commit.
    """
    spec = mapping(content.get("spec"))
    name = str(mapping(content.get("metadata")).get("name", ""))
    sources = spec.get("sources") or [spec.get("source")]
    for source in map(mapping, sources if isinstance(sources, list) else []):
        follow = Follow(
            str(source.get("repoURL", "")),
            str(source.get("targetRevision") or "HEAD"),
            str(spec.get("project", "")),
            str(source.get("chart", "")),
        )
        text = record.get(name_of(follow), "")
        is_seen = any(commit.startswith(revision) for commit in _commits(text))
        if is_seen and name in _listed(text, "passed"):
            return True
    return False


def _commits(text: str) -> list[str]:
    return _listed(text, "commits")


def _listed(text: str, part: str) -> list[str]:
    """Return a list of a record; one that somebody misshaped lists nothing."""
    try:
        found = mapping(json.loads(text)).get(part) if text else None
    except ValueError:
        return []
    return [str(item) for item in found] if isinstance(found, list) else []
