"""Alert memory: what one receiver was told, and the key by which it knows what comes twice.

Pure. The key of a message follows from the one before it on the same topic of an Application, and
is recorded together with what was told. So who sends a message again, after a restart or in place
of a leader that died before it was recorded, sends it with the same key; no other message has it.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from gitopskit.reconciler.alerting import TOPICS, Alert, after, read_told, write_told

if TYPE_CHECKING:
    from gitopskit.reconciler.alerting import CommitVerdict, Told

_DIGITS: Final = 32
_KEY: Final = re.compile(rf"[0-9a-f]{{{_DIGITS}}}")
_MARK: Final = "key:"
"""Before the topic of a line that has a key."""


@dataclass(slots=True)
class Memory:
    """What a receiver was told, by Application; ``keys`` are those of the last messages, by topic.

    ``seed`` is what the first keys follow from: which record this is.
    """

    told: dict[str, Told] = field(default_factory=dict)
    keys: dict[str, dict[str, str]] = field(default_factory=dict)
    seed: str = ""

    def key_of(self, name: str, item: Alert, *, uid: str) -> str:
        """Return the key of a message about an Application with that UID."""
        before = self.keys.get(name, {}).get(item.topic) or f"{self.seed} {uid}"
        matter = f"{name}\0{item.topic}\0{item.state}\0{item.told}\0{before}"
        return hashlib.sha256(matter.encode(errors="surrogateescape")).hexdigest()[:_DIGITS]

    def note(self, name: str, item: Alert | CommitVerdict, *, key: str) -> bool:
        """Note that a receiver was told something; return whether that is new."""
        known = after(self.told.get(name, {}), item)
        if known == self.told.get(name, {}):
            return False
        if known:
            self.told[name] = known
        else:
            del self.told[name]
        if isinstance(item, Alert):
            self.keys.setdefault(name, {})[item.topic] = key
        return True

    def forget(self, name: str) -> bool:
        """Forget an Application that is gone; return whether anything was known of it."""
        found = (self.told.pop(name, None), self.keys.pop(name, None))
        return any(found)


def read_memory(text: str) -> Memory:
    """Return what a text keeps; lines in another form are left out."""
    keys: dict[str, dict[str, str]] = {}
    for line in text.split("\n"):
        name, _, rest = line.partition("\t")
        mark, _, key = rest.partition("\t")
        topic = mark.removeprefix(_MARK)
        if name and mark != topic and topic in TOPICS and _KEY.fullmatch(key):
            keys.setdefault(name, {})[topic] = key
    return Memory(told=read_told(text), keys=keys)


def write_memory(memory: Memory) -> str:
    """Return lines that ``read_memory`` reads, in an order that is always the same."""
    keys = {
        name: {f"{_MARK}{topic}": key for topic, key in found.items()}
        for name, found in memory.keys.items()
    }
    return "\n".join(filter(None, (write_told(memory.told), write_told(keys))))
