"""Guards: how much one revision may delete before a person is asked.

Pure. A wrong merge, a moved folder or a template that lost its loop looks like a wish to delete;
what tells them apart is only how much goes at once.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from gitopskit.errors import InputError
from gitopskit.reconciler import names
from gitopskit.reconciler.fields import mapping

if TYPE_CHECKING:
    from gitopskit.manifests.json_types import JsonObject

_ALL_PERCENT: Final = 100
_LIMIT: Final = re.compile(r"(?P<number>[0-9]{1,9})(?P<percent>%?)")


@dataclass(frozen=True, slots=True, kw_only=True)
class DeletionLimit:
    """The most that one revision may delete: so many objects, or such a share of all listed.

    Where both are given, only what exceeds both is too much.
    """

    count: int = 0
    percent: int = 0

    def is_exceeded(self, *, doomed: int, listed: int) -> bool:
        """Tell whether deleting ``doomed`` of ``listed`` objects needs a person."""
        return doomed > self.count and doomed * _ALL_PERCENT > self.percent * listed

    def __str__(self) -> str:
        """Return the limit in words."""
        told = [f"{self.count} objects"] if self.count or not self.percent else []
        return " and ".join([*told, *([f"{self.percent} %"] if self.percent else [])])


STANDARD_LIMIT: Final = DeletionLimit(count=9, percent=50)
"""What holds where nobody said otherwise: half of the objects, if that is ten or more."""


def limit_of(content: JsonObject, *, where: str) -> DeletionLimit | None:
    """Return the limit that an Application or AppProject sets in its annotation, if it does.

    ``10`` means so many objects, ``30%`` such a share of those that the inventory lists; ``0`` asks
    about every deletion and ``100%`` about none.

    Raises:
        InputError: it is neither a number nor a percentage.
    """
    annotations = mapping(mapping(content.get("metadata")).get("annotations"))
    text = annotations.get(names.MAX_DELETIONS_ANNOTATION)
    if text is None:
        return None
    found = _LIMIT.fullmatch(str(text).strip())
    if found is None or (found["percent"] and int(found["number"]) > _ALL_PERCENT):
        raise InputError(
            f'metadata.annotations[{names.MAX_DELETIONS_ANNOTATION}]: "{text}" is no limit',
            where=where,
            hint='write a number of objects, as in "10", or a share, as in "30%"',
        )
    number = int(found["number"])
    return DeletionLimit(percent=number) if found["percent"] else DeletionLimit(count=number)


def too_much(limit: DeletionLimit, *, doomed: int, listed: int) -> str:
    """Return why so many deletions need a person, or nothing if they do not."""
    if not limit.is_exceeded(doomed=doomed, listed=listed):
        return ""
    return f"{doomed} of {listed} objects would go at once, more than {limit}"
