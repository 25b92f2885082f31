"""Turns: one lock for each name, as long as somebody holds it or waits for it.

Names come and go with what people register, and a lock that nobody holds says nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, TypeVar
from weakref import WeakValueDictionary

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

_Turn = TypeVar("_Turn")


class Turns(Generic[_Turn]):
    """Locks by their names; a ``with`` statement keeps the one that it got."""

    def __init__(self, make: Callable[[], _Turn]) -> None:
        """Keep what makes a lock."""
        self._make = make
        self._held: WeakValueDictionary[Hashable, _Turn] = WeakValueDictionary()

    def __getitem__(self, name: Hashable) -> _Turn:
        """Return the lock of a name: the one in use, or a new one."""
        found = self._held.get(name)
        if found is None:
            found = self._held[name] = self._make()
        return found

    def __len__(self) -> int:
        """Return how many are in use."""
        return len(self._held)
