"""Turns: keys that wait, of which one of each group is taken in turn. Pure state."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

K = TypeVar("K", bound=Hashable)


class Turns(Generic[K]):
    """Keys in the order they came, but no group of them has two turns before another has one."""

    def __init__(self, group: Callable[[K], Hashable]) -> None:
        """Begin empty; ``group`` tells which group a key is of."""
        self._group = group
        self._groups: OrderedDict[Hashable, OrderedDict[K, None]] = OrderedDict()
        self._count = 0

    def __len__(self) -> int:
        """Return how many keys wait."""
        return self._count

    def __contains__(self, key: K) -> bool:
        """Tell whether a key waits."""
        return key in self._groups.get(self._group(key), ())

    def add(self, key: K) -> None:
        """Put a key at the end of its group; one that waits already keeps its place."""
        if key in self:
            return
        self._groups.setdefault(self._group(key), OrderedDict())[key] = None
        self._count += 1

    def remove(self, key: K) -> None:
        """Take out a key that waits."""
        group = self._group(key)
        del self._groups[group][key]
        self._count -= 1
        if not self._groups[group]:
            del self._groups[group]

    def clear(self) -> None:
        """Take out every key."""
        self._groups.clear()
        self._count = 0

    def pop(self) -> K:
        """Take out the first key of the group whose turn it is; there must be one."""
        group, keys = next(iter(self._groups.items()))
        key = next(iter(keys))
        self.remove(key)
        if group in self._groups:
            self._groups.move_to_end(group)
        return key
