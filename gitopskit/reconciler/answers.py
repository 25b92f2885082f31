"""Answers: what revisions were when last asked for, or why nobody knows.

Pure. Questions about one revision may be under way at once, and their answers come in any order:
an answer to an earlier question never takes the place of one to a later.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from gitopskit.errors import GitopskitError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from gitopskit.reconciler.application import Follow

    Answer = str | GitopskitError
    """A commit, or what stood in the way."""


class Answers:
    """The answer to the latest question about each revision."""

    def __init__(self) -> None:
        """Begin without any."""
        self._numbers = itertools.count()
        self._kept: dict[Follow, tuple[int, Answer]] = {}

    def question(self) -> int:
        """Return the number of a question that is asked now."""
        return next(self._numbers)

    def find(self, follow: Follow) -> Answer | None:
        """Return the answer about a revision, if there is one."""
        return self._kept[follow][1] if follow in self._kept else None

    def keep(self, follow: Follow, answer: Answer, *, question: int) -> bool:
        """Keep the answer to a question; tell whether it counts and is another one than before."""
        number, before = self._kept.get(follow, (-1, None))
        if number > question:
            return False
        self._kept[follow] = (question, answer)
        return str(answer) != str(before)

    def commits(self, follows: Iterable[Follow]) -> dict[Follow, str]:
        """Return the commits of those revisions of which one is known."""
        found = {follow: self.find(follow) for follow in follows}
        return {follow: answer for follow, answer in found.items() if isinstance(answer, str)}

    def unread(self) -> int:
        """Return how many revisions could not be read."""
        return sum(isinstance(answer, GitopskitError) for _, answer in self._kept.values())

    def keep_only(self, follows: Collection[Follow]) -> None:
        """Forget the other revisions."""
        self._kept = {follow: held for follow, held in self._kept.items() if follow in follows}

    def forget_failures(self) -> None:
        """Let what could not be read be asked for anew."""
        self._kept = {
            follow: held for follow, held in self._kept.items() if isinstance(held[1], str)
        }
