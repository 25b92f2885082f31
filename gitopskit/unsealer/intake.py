"""Intake: what the watches show goes into the memory, and what needs a look into the queue.

Owns which changes are urgent and which can wait. Only the copy that leads queues anything; the
others keep their memory fresh, so that they can take over without listing anew.
"""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING, Any, Final

import structlog

from gitopskit.backoff import Backoff
from gitopskit.controller.fights import Fights
from gitopskit.controller.queue import WorkQueue
from gitopskit.kube.watch import Listed
from gitopskit.unsealer.contents import SEEN, Contents
from gitopskit.unsealer.evidence import of_secret
from gitopskit.unsealer.memory import Memory
from gitopskit.unsealer.records import Key, Mark

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from gitopskit.clock import Clock
    from gitopskit.kube.watch import Change
    from gitopskit.manifests.json_types import JsonObject
    from gitopskit.unsealer.metrics import UnsealerMetrics
    from gitopskit.unsealer.records import Seen

_LOG: Final = structlog.get_logger("unsealer")

_FAULTS: Final = Backoff(initial_seconds=0.2, maximum_seconds=60.0)


class Level(IntEnum):
    """How urgent a look is: something just changed; it waits since the start; it can wait."""

    FRESH = 0
    BACKLOG = 1
    LATER = 2


class Intake:
    """Memory, contents and queue, and what joins them."""

    def __init__(self, clock: Clock, *, metrics: UnsealerMetrics) -> None:
        """Begin with nothing seen, as one that follows."""
        self.memory = Memory()
        self.contents = Contents()
        self.queue: WorkQueue[Key] = WorkQueue(
            clock, backoff=_FAULTS, levels=len(Level), group=lambda key: key.namespace
        )
        self._clock = clock
        self._metrics = metrics
        self._fights: Fights[Key] = Fights()
        self._open: set[str] = set()
        self._is_leading = False

    @property
    def is_leading(self) -> bool:
        """Tell whether this copy works on what it sees."""
        return self._is_leading

    def lead(self) -> None:
        """Begin to work: queue what is neither settled nor proved to need nothing."""
        self._is_leading = True
        self.memory.unsettle_all()
        self._add_all(self.memory.keys())

    def stand_down(self) -> None:
        """Work no more; what waits, and what was settled, is for whoever leads now."""
        self._is_leading = False
        self.queue.clear()
        self.memory.unsettle_all()

    def open(self, namespace: str) -> None:
        """Work in a namespace (or in all, where it is empty) from now on: it is wholly known."""
        if namespace not in self._open:
            self._open.add(namespace)
            self._add_all(self.memory.keys(namespace))

    def close(self, namespace: str) -> None:
        """Forget a namespace that is watched no more; its Secrets stay as they are."""
        self._open.discard(namespace)
        for key in self.memory.keys(namespace):
            self._forget(key)
        self.memory.forget(namespace)

    def see_sealed(self, event: Listed | Change, namespace: str) -> None:
        """Take in what the watch of SealedSecrets showed; see ``Contents.keep``."""
        if isinstance(event, Listed):
            fresh: dict[Key, Seen] = dict(_understood(event.items, namespace))
            for key in self.memory.see_all_sealed(fresh, namespace):
                self._forget(key)
            for key, seen in fresh.items():
                self._show_condition(key, seen)
            self._add_all(fresh)
            return
        key = Key.of(event.object)
        if event.kind == "DELETED":
            self.memory.lose_sealed(key)
            self._forget(key)
            return
        seen = _seen(event.object)
        before = self.memory.seen(key)
        self.memory.see_sealed(key, seen)
        self._show_condition(key, seen)
        self._add_changed(key, is_wished=before is None or before.wish != seen.wish)

    def see_secrets(self, event: Listed | Change, namespace: str) -> None:
        """Take in what the watch of Secrets showed; see ``keep_secret``."""
        if isinstance(event, Listed):
            self.memory.see_all_secrets(dict(_understood(event.items, namespace)), namespace)
            self._add_all(self.memory.keys(namespace))
            return
        key = Key.of(event.object)
        mark, fields = (None, 0) if event.kind == "DELETED" else event.object[SEEN]
        self.memory.see_secret(key, mark, fields)
        self._add_changed(key, is_wished=False)

    def see_polled(self, key: Key, content: JsonObject | None) -> None:
        """Take in the metadata of a Secret that was looked at by name, None where there is none."""
        if content is None:
            self.memory.see_secret(key, None)
        else:
            self.memory.see_secret(key, Mark.of(content), of_secret(content))
        self._add_changed(key, is_wished=False)

    def use_keys(self, fingerprints: frozenset[str]) -> None:
        """Take in which keys there are: what they open, or open no more, is looked at again."""
        changed = self.memory.use_keys(fingerprints)
        if self._is_leading:
            for key in changed:
                self.queue.add(key, level=Level.BACKLOG)

    def doubt(self, key: Key) -> None:
        """Have a SealedSecret looked at again when there is time for it."""
        self.memory.doubt(key)
        self.queue.add(key, level=Level.LATER)

    def is_too_early(self, key: Key) -> bool:
        """Tell whether nothing changed since a failure that is looked at again by itself."""
        return self.queue.is_put_off(key) and not self.memory.needs_look(key)

    def _add_all(self, keys: Iterable[Key]) -> None:
        """Queue what needs a look; what is told as failed comes after what may be good."""
        for key in keys:
            if self._needs_work(key):
                self.queue.add(key, level=self._level(key))

    def _level(self, key: Key) -> Level:
        seen = self.memory.seen(key)
        is_known_failure = (
            seen is not None
            and seen.told is not None
            and not seen.told.outcome.is_settled
            and seen.tells(seen.told.outcome)
        )
        return Level.LATER if is_known_failure else Level.BACKLOG

    def _add_changed(self, key: Key, *, is_wished: bool) -> None:
        """Queue what just changed; who undoes our work again and again is answered more slowly."""
        if not self._needs_work(key):
            return
        settled = self.memory.settled(key)
        if is_wished or settled is None:
            self.queue.add(key, level=Level.FRESH)
            return
        delay = self._fights.delay_seconds(key, now=self._clock.monotonic_seconds())
        if delay:
            self.queue.add_after(key, delay)
        else:
            self.queue.add(key, level=Level.FRESH)

    def _needs_work(self, key: Key) -> bool:
        """Tell whether there is something to do here; what is not needed is not kept."""
        is_open = "" in self._open or key.namespace in self._open
        if not is_open:
            return False
        if not self.memory.needs_look(key):
            self.contents.drop(key)
            return False
        return self._is_leading

    def _show_condition(self, key: Key, seen: Seen) -> None:
        told = seen.told
        self._metrics.condition(
            key.namespace,
            key.name,
            is_synced=None if told is None else told.status == "True",
            instance=seen.instance,
        )

    def _forget(self, key: Key) -> None:
        self.contents.drop(key)
        self.queue.forget(key)
        self._fights.forget(key)
        self._metrics.sealed_secret_gone(*key)


def _understood(items: Iterable[JsonObject], namespace: str) -> Iterator[tuple[Key, Any]]:
    """Yield what was kept of each object of a list; one that is odd hides none of the others.

    Source: older definitions of SealedSecret, which may be installed, check nothing in ``spec``.
    """
    for item in items:
        if SEEN in item:
            yield Key.of(item), item[SEEN]
        else:
            metadata = item.get("metadata") or {}
            where = f"{metadata.get('namespace', namespace)}/{metadata.get('name', '')}"
            _LOG.error("object_not_understood", object=where)


def _seen(item: JsonObject) -> Seen:
    seen: Seen = item[SEEN]
    return seen
