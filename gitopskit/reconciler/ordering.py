"""Ordering: what comes after what it needs, and what needs itself in a circle.

Pure. Takes as long as there are needs, however they are arranged: repositories and Applications
say what needs what, and not all of them are friends.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from typing import TypeVar

Item = TypeVar("Item", bound=Hashable)

Needs = Mapping[Item, Sequence[Item]]
"""What each item needs; what is none of the items counts as not there."""


def in_order(needs: Needs[Item], starts: Iterable[Item]) -> list[Item]:
    """Return items and all that they need, each after what it needs as far as there is no circle.

    Source: depth-first search, with a stack of its own in place of the interpreter's.
    """
    ordered: list[Item] = []
    seen: set[Item] = set()
    for start in starts:
        todo = _entered(start, needs, seen)
        while todo:
            item, rest = todo[-1]
            following = next((entry for it in rest if (entry := _entered(it, needs, seen))), [])
            todo.extend(following)
            if not following:
                ordered.append(item)
                todo.pop()
    return ordered


def in_circles(needs: Needs[Item]) -> set[Item]:
    """Return the items that need themselves, be it through others.

    Source: Kosaraju's algorithm for strongly connected components.
    """
    needed_by: defaultdict[Item, list[Item]] = defaultdict(list)
    for item, others in needs.items():
        for other in others:
            needed_by[other].append(item)
    found: set[Item] = set()
    seen: set[Item] = set()
    for start in reversed(in_order(needs, needs)):
        if start in seen:
            continue
        seen.add(start)
        together = [start]
        for item in together:
            news = [it for it in dict.fromkeys(needed_by[item]) if it not in seen]
            seen.update(news)
            together.extend(news)
        if len(together) > 1 or start in needs[start]:
            found.update(together)
    return found


def _entered(item: Item, needs: Needs[Item], seen: set[Item]) -> list[tuple[Item, Iterator[Item]]]:
    """Return the beginning of a way through an item; nothing if it was seen or is not there."""
    if item in seen or item not in needs:
        return []
    seen.add(item)
    return [(item, iter(needs[item]))]
