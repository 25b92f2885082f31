"""Pushes: the record by which a replica that follows passes deliveries on to the leader.

Pure. It has an item for each place that was pushed to, with a number that is greater than all
before. It tells no address and no revision: who reads it looks at what it follows already.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from gitopskit.reconciler.webhooks import Place

MOST_PLACES: Final = 200
"""Older ones leave the record; the leader has heard of them long since."""

_NUMBER: Final = re.compile(r"[1-9][0-9]{0,17}")


def noted(record: Mapping[str, str], places: Iterable[Place]) -> dict[str, str]:
    """Return the record with places that were pushed to just now; odd items are left out."""
    kept = {place: int(text) for place, text in record.items() if _NUMBER.fullmatch(text)}
    last = max(kept.values(), default=0)
    kept |= {place: last + 1 + at for at, place in enumerate(places)}
    newest = sorted(kept, key=kept.__getitem__)[-MOST_PLACES:]
    return {place: str(kept[place]) for place in newest}


def news(record: Mapping[str, str], known: Mapping[str, str]) -> set[Place]:
    """Return the places that were pushed to since the record was as it is known."""
    return {place for place, number in record.items() if known.get(place) != number}
