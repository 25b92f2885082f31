"""Lanes: which question to a server is next, so that those which are slow leave room for others.

Pure. A thread is kept for as long as a server does not answer. So what was slow lately shares a
few threads, what nobody knows yet likewise, and no server and no project has all of them.
"""

from __future__ import annotations

from collections import Counter, OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from gitopskit.controller.turns import Turns

if TYPE_CHECKING:
    Lane = Literal["quick", "new", "slow"]

AT_ONCE: Final = 24
OF_ONE: Final = {"repository": 2, "server": 12, "project": 12}
"""So many of the questions at once may be about one of each."""

_ROOM: Final[dict[Lane, int]] = {"quick": AT_ONCE, "new": 8, "slow": 8}
SLOW_SECONDS: Final = 5.0
REMEMBERED_SECONDS: Final = 600.0
"""So long what was slow counts as slow: one quick answer in between earns nothing."""

_NEVER: Final = float("-inf")
_MOST_REMEMBERED: Final = 10_000


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Question:
    """What a thread is to find out about a repository; no two of them are the same.

    ``is_transfer`` tells what brings files from what asks for a commit: who answers the one at
    once may be slow with the other.
    """

    repository: str
    server: str = ""
    project: str = ""
    is_transfer: bool = False

    @property
    def account(self) -> tuple[str, bool]:
        """Return what is quick or slow as one."""
        return self.repository, self.is_transfer

    @property
    def shares(self) -> tuple[tuple[str, str], ...]:
        """Return what may not have all threads."""
        parts = {"repository": self.repository, "server": self.server, "project": self.project}
        return tuple(parts.items())


class Lanes:
    """The questions that wait and those under way; moments are monotonic seconds."""

    def __init__(self) -> None:
        """Begin without any; every repository is new."""
        self._waiting: OrderedDict[Question, None] = OrderedDict()
        self._running: dict[Question, tuple[Lane, float]] = {}
        self._slow_at: OrderedDict[tuple[str, bool], float] = OrderedDict()

    def add(self, question: Question) -> None:
        """Put a question at the end."""
        self._waiting[question] = None

    def remove(self, question: Question) -> None:
        """Take out a question that waits."""
        del self._waiting[question]

    def begin(self, now: float) -> Question | None:
        """Begin with the first question that there is room for, and return it."""
        if len(self._running) >= AT_ONCE:
            return None
        late = {it.account for it, (_, begun) in self._running.items() if _is_slow(begun, now)}
        held = self._held(now)
        for question in self._waiting:
            lane = self._lane(question, late, now)
            shares = ((share, OF_ONE[share[0]]) for share in question.shares)
            if held["lane", lane] < _ROOM[lane] and all(held[it] < most for it, most in shares):
                del self._waiting[question]
                self._running[question] = (lane, now)
                return question
        return None

    def end(self, question: Question, now: float) -> None:
        """End a question that was begun, and remember whether it was slow."""
        _, begun = self._running.pop(question)
        before = self._slow_at.pop(question.account, _NEVER)
        self._slow_at[question.account] = now if _is_slow(begun, now) else before
        if len(self._slow_at) > _MOST_REMEMBERED:
            self._slow_at.popitem(last=False)

    def _held(self, now: float) -> Counter[tuple[str, str]]:
        """Return how many are under way in each lane, and of each share.

        What is new and does not answer goes over to what is slow, as far as there is room.
        """
        held = Counter(share for it in self._running for share in it.shares)
        held.update(("lane", lane) for lane, _ in self._running.values())
        late = sum(lane == "new" and _is_slow(begun, now) for lane, begun in self._running.values())
        late = min(late, max(0, _ROOM["slow"] - held["lane", "slow"]))
        held.update({("lane", "new"): -late, ("lane", "slow"): late})
        return held

    def _lane(self, question: Question, late: set[tuple[str, bool]], now: float) -> Lane:
        slow_at = self._slow_at.get(question.account)
        if question.account in late:
            return "slow"
        if slow_at is None:
            return "new"
        return "slow" if now - slow_at < REMEMBERED_SECONDS else "quick"


class Rounds:
    """So many questions at once, of which each repository of a project has one in turn."""

    def __init__(self, at_once: int) -> None:
        """Begin without any."""
        self._at_once = at_once
        self._waiting: Turns[Question] = Turns(lambda it: (it.repository, it.project))
        self._running = 0

    def add(self, question: Question) -> None:
        """Put a question at the end of those about its repository."""
        self._waiting.add(question)

    def remove(self, question: Question) -> None:
        """Take out a question that waits."""
        self._waiting.remove(question)

    def begin(self, now: float) -> Question | None:  # noqa: ARG002 -- as Lanes have it
        """Begin with the question whose turn it is, and return it."""
        if self._running >= self._at_once or not self._waiting:
            return None
        self._running += 1
        return self._waiting.pop()

    def end(self, question: Question, now: float) -> None:  # noqa: ARG002 -- as Lanes have it
        """End a question that was begun."""
        self._running -= 1


def _is_slow(begun: float, now: float) -> bool:
    return now - begun >= SLOW_SECONDS
