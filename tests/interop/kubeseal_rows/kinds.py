"""What a row of the table claims: both do the same, both refuse, or they differ, and how."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.support.kubeseal_results import documents

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.kubeseal_calls import Call, Result


@dataclass(frozen=True, slots=True)
class Same:
    """Both succeed, and write the same; ``note`` is what ours says beside it on standard error."""

    name: str
    call: Call
    note: str = ""


@dataclass(frozen=True, slots=True)
class Refused:
    """Neither does anything; the errors are told in these words, ours with this exit code."""

    name: str
    call: Call
    theirs: str
    ours: str
    code: int = 2


@dataclass(frozen=True, slots=True)
class Differs:
    """A difference that docs/howto/coming-from-kubeseal.md names by this identifier.

    ``look`` returns from a result what differs, ``theirs`` and ``ours`` are what it then is.
    """

    difference: str
    name: str
    call: Call
    look: Callable[[Result], object]
    theirs: object
    ours: object


def told(result: Result) -> object:
    """Return the error, `done` if there is none."""
    return result.told


def printed(result: Result) -> object:
    """Return the manifests on standard output, the error if there is one."""
    return documents(result.stdout) if result.code == 0 else result.told


def names(result: Result) -> object:
    """Return the names of the manifests on standard output, the error if there is one."""
    if result.code:
        return result.told
    return [each["metadata"].get("name", "") for each in documents(result.stdout)]


def values(result: Result) -> object:
    """Return the values on standard output, of each manifest, the error if there is one."""
    if result.code:
        return result.told
    return [each.get("values", {}) for each in documents(result.stdout)]


def first_line(result: Result) -> object:
    """Return the first line of standard output."""
    return result.stdout.partition("\n")[0]


def written(name: str) -> Callable[[Result], object]:
    """Return what looks at the manifests of a file, or at the error."""
    return lambda result: documents(result.files[name]) if result.code == 0 else result.told
