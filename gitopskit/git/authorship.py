"""Authorship: who wrote a commit and who made it, from its header alone.

Pure. The message is never looked at: anything may stand there. What Git says of people is foreign
text, which nobody has proven; signatures are another matter (verification.py).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from gitopskit.redaction import scrub
from gitopskit.timestamps import rfc3339

_PERSON: Final = re.compile(r"(?P<who>.*) (?P<seconds>\d{1,12}) [+-]\d{4}")
"""Source: git-commit-tree(1), and gitformat of commits: ``author NAME <EMAIL> SECONDS ZONE``."""

_LAST_SECONDS: Final = 253_402_300_799
"""The end of the year 9999, beyond which no date can be told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Authorship:
    """Names with addresses as the commit tells them, cut and scrubbed; empty where it does not."""

    author: str = ""
    committer: str = ""
    committed_at: str = ""


UNKNOWN: Final = Authorship()


def read_authorship(commit: bytes) -> Authorship:
    """Return who is named in the header of a commit object; lines of another form count as absent.

    Where a commit names several, the first counts.
    """
    header = commit.partition(b"\n\n")[0].decode(errors="replace")
    found: dict[str, tuple[str, str]] = {}
    for line in header.split("\n"):
        role, _, said = line.partition(" ")
        if role in ("author", "committer"):
            found.setdefault(role, _person(said))
    committer, moment = found.get("committer", ("", ""))
    return Authorship(
        author=found.get("author", ("", ""))[0], committer=committer, committed_at=moment
    )


def _person(said: str) -> tuple[str, str]:
    match = _PERSON.fullmatch(said)
    if match is None or int(match["seconds"]) > _LAST_SECONDS:
        return "", ""
    moment = datetime.fromtimestamp(int(match["seconds"]), UTC)
    return scrub(match["who"]), rfc3339(moment)
