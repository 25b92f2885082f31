"""What the watches have shown, and what is settled: the reason why nothing is done twice.

Pure state of one process: no I/O, nothing sealed, no Secret's values. A lost memory costs reads,
never writes.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from gitopskit.unsealer.evidence import NOTHING_KNOWN
from gitopskit.unsealer.records import Key, Mark, Seen, Settled

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gitopskit.unsealer.status import Outcome


class Memory:
    """SealedSecrets and the marks of Secrets as last seen, and how each pass ended.

    ``fingerprints`` are those of the keys that there are now; see ``use_keys``.
    """

    def __init__(self) -> None:
        """Start with nothing seen."""
        self.fingerprints: frozenset[str] = frozenset()
        self._seen: dict[Key, Seen] = {}
        self._marks: dict[Key, Mark] = {}
        self._fields: dict[Key, int] = {}
        self._settled: dict[Key, Settled] = {}
        self._doubted: set[Key] = set()

    def __len__(self) -> int:
        """Return how many SealedSecrets there are."""
        return len(self._seen)

    def keys(self, namespace: str = "") -> list[Key]:
        """Return the SealedSecrets of a namespace, or all where it is empty."""
        return [key for key in self._seen if namespace in {"", key.namespace}]

    def seen(self, key: Key) -> Seen | None:
        """Return the SealedSecret as last seen."""
        return self._seen.get(key)

    def mark(self, key: Key) -> Mark | None:
        """Return the Secret's mark as last seen or written, None where there is no Secret."""
        return self._marks.get(key)

    def settled(self, key: Key) -> Settled | None:
        """Return how the last pass ended, None where there was none."""
        return self._settled.get(key)

    def see_sealed(self, key: Key, seen: Seen) -> None:
        """Remember a SealedSecret that came or changed."""
        self._seen[key] = seen

    def lose_sealed(self, key: Key) -> None:
        """Forget a SealedSecret that is gone; its Secret is the garbage collector's."""
        self._seen.pop(key, None)
        self._settled.pop(key, None)
        self._doubted.discard(key)

    def see_all_sealed(self, fresh: Mapping[Key, Seen], namespace: str = "") -> list[Key]:
        """Replace what is remembered by a fresh list; return what is gone."""
        gone = [key for key in self.keys(namespace) if key not in fresh]
        for key in gone:
            self.lose_sealed(key)
        self._seen.update(fresh)
        return gone

    def see_secret(self, key: Key, mark: Mark | None, fields: int = NOTHING_KNOWN) -> None:
        """Remember the mark of a Secret that came, changed, or (None) went."""
        self._fields.pop(key, None)
        if mark is None:
            self._marks.pop(key, None)
            return
        self._marks[key] = mark
        if fields != NOTHING_KNOWN:
            self._fields[key] = fields

    def see_all_secrets(self, fresh: Mapping[Key, tuple[Mark, int]], namespace: str = "") -> None:
        """Replace the marks of a namespace, or of all, by a fresh list."""
        for key in [key for key in self._marks if namespace in {"", key.namespace}]:
            if key not in fresh:
                self.see_secret(key, None)
        for key, (mark, fields) in fresh.items():
            self.see_secret(key, mark, fields)

    def forget(self, namespace: str) -> None:
        """Forget everything in a namespace that is watched no more."""
        self.see_all_sealed({}, namespace)
        self.see_all_secrets({}, namespace)

    def see_written(self, key: Key, *, before: Mark | None, written: Mark) -> None:
        """Remember our own write, unless the watch has shown a later state meanwhile."""
        if self._marks.get(key) == before:
            self.see_secret(key, written)

    def settle(self, key: Key, settled: Settled) -> None:
        """Remember how a pass ended, unless the SealedSecret went away during it."""
        if key not in self._seen:
            return
        previous = self._settled.get(key)
        is_repeated = previous is not None and previous.outcome == settled.outcome
        repetitions = previous.repetitions + 1 if previous and is_repeated else 0
        self._settled[key] = replace(settled, repetitions=repetitions)
        self._doubted.discard(key)

    def doubt(self, key: Key) -> None:
        """Have a SealedSecret looked at again, although nothing is known to have changed."""
        self._doubted.add(key)

    def repetitions(self, key: Key) -> int:
        """Return how often the present failure was met before."""
        settled = self._settled.get(key)
        return settled.repetitions if settled else 0

    def is_settled(self, key: Key) -> bool:
        """Tell whether another pass would find nothing to do, as far as is known."""
        if self.needs_look(key):
            return False
        settled = self._settled.get(key)
        return settled is None or settled.outcome.is_settled

    def needs_look(self, key: Key) -> bool:
        """Tell whether something changed since the last pass over a SealedSecret.

        A failure is not looked at again for its own sake: that is the back-off's business. One
        that is being deleted needs nothing more. Where there was no pass, the evidence counts, and
        is remembered as one.
        """
        seen = self._seen.get(key)
        if seen is None or seen.is_going:
            return False
        if key in self._doubted:
            return True
        settled = self._settled.get(key)
        if settled is None:
            return not self._believe(key, seen)
        return (
            settled.wish != seen.wish
            or settled.mark != self._marks.get(key)
            or not (seen.version in settled.versions or seen.tells(settled.outcome))
        )

    def is_told(self, key: Key, seen: Seen, outcome: Outcome) -> bool:
        """Tell whether the status says an outcome already, as far as read or written."""
        settled = self._settled.get(key)
        is_written = (
            settled is not None
            and settled.outcome == outcome
            and settled.wish == seen.wish
            and seen.version in settled.versions
        )
        return is_written or seen.tells(outcome)

    def use_keys(self, fingerprints: frozenset[str]) -> list[Key]:
        """Take in which keys there are now; return what they may make another of.

        What a key opened that is gone has to be told as closed; a key that came may open what
        failed.
        """
        came = fingerprints - self.fingerprints
        self.fingerprints = fingerprints
        changed: list[Key] = []
        for key, settled in list(self._settled.items()):
            if settled.outcome.opened_by - fingerprints:
                del self._settled[key]
                changed.append(key)
            elif came and not settled.outcome.is_synced:
                self.doubt(key)
                changed.append(key)
        return changed

    def unsettle_all(self) -> None:
        """Forget how the passes ended: somebody else did them since."""
        self._settled.clear()
        self._doubted.clear()

    def _believe(self, key: Key, seen: Seen) -> bool:
        """Tell whether status and metadata prove that there is nothing to do."""
        told, mark = seen.told, self._marks.get(key)
        is_proved = (
            told is not None
            and mark is not None
            and told.outcome.is_synced
            and seen.tells(told.outcome)
            and told.outcome.opened_by <= self.fingerprints
            and seen.fields != NOTHING_KNOWN
            and self._fields.get(key) == seen.fields
        )
        if is_proved and told is not None:
            self._settled[key] = Settled(
                wish=seen.wish,
                outcome=told.outcome,
                mark=mark,
                versions=frozenset({seen.version}),
            )
        return is_proved
