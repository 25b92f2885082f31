"""Sync plan: the steps of a sync, and what comes next given how its objects stand.

Pure. A step is one wave of one phase. Steps follow one another; within a step objects wait only
for those that they depend on.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Final, Literal

from gitopskit.manifests.identity import apply_rank
from gitopskit.reconciler.object_options import DELETION_PHASES
from gitopskit.reconciler.ordering import in_circles

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from gitopskit.reconciler.desired import Desired
    from gitopskit.reconciler.object_options import Phase

Standing = Literal["due", "waiting", "done", "failed"]
"""How one object of a sync stands: to be written, waited for, as it is to be, or not to become."""

_PHASES: Final[Sequence[Phase]] = ("PreSync", "Sync", "PostSync", "SyncFail", *DELETION_PHASES)


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """The objects of one wave of one phase, in the order in which they are applied."""

    phase: Phase
    wave: int
    objects: tuple[Desired, ...]

    def __str__(self) -> str:
        """Return the step as people call it."""
        return f"{self.phase}, wave {self.wave}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """What comes next: ``apply`` or ``wait`` for those objects, or ``fail`` because of them."""

    kind: Literal["apply", "wait", "fail", "done"]
    objects: tuple[Desired, ...] = ()
    step: Step | None = None


def steps(objects: Iterable[Desired]) -> tuple[Step, ...]:
    """Return the steps in their order."""
    ordered = sorted(objects, key=lambda it: (*_place(it), apply_rank(it.ref)))
    return tuple(
        Step(phase=_PHASES[phase], wave=wave, objects=tuple(group))
        for (phase, wave), group in groupby(ordered, _place)
    )


def is_stepwise(objects: Sequence[Desired]) -> bool:
    """Tell whether one object waits for the health of another."""
    return any(it.is_hook or it.depends_on for it in objects) or len(steps(objects)) > 1


def next_move(plan: Sequence[Step], stands: Callable[[Desired], Standing]) -> Move:
    """Return what comes next: the first step that is not done decides.

    All of a step that can be written is written before a failure of one of it ends the sync, and
    a failure ends it before the others of the step are waited for.
    """
    for step in plan:
        standing = {it.ref: stands(it) for it in step.objects}
        due = tuple(
            it
            for it in step.objects
            if standing[it.ref] == "due"
            and all(standing.get(ref, "done") == "done" for ref in it.depends_on)
        )
        if due:
            return Move(kind="apply", objects=due, step=step)
        for kind, wanted in (("fail", {"failed"}), ("wait", {"waiting", "due"})):
            found = tuple(it for it in step.objects if standing[it.ref] in wanted)
            if found:
                return Move(kind=kind, objects=found, step=step)  # type: ignore[arg-type]  # of the table above
    return Move(kind="done")


def problems(objects: Sequence[Desired]) -> tuple[str, ...]:
    """Return the dependencies that can never be met, in words."""
    places = {it.ref: _place(it) for it in objects}
    needs = {it.ref: it.depends_on for it in objects}
    circular = in_circles(needs)
    found = []
    for desired in objects:
        for ref in desired.depends_on:
            if ref not in places:
                found.append(f"{desired.ref} depends on {ref}, which the Application has not")
            elif places[ref] > places[desired.ref]:
                found.append(f"{desired.ref} depends on {ref}, which comes in a later step")
        if desired.ref in circular:
            found.append(f"{desired.ref} depends on itself, in a circle")
    return tuple(found)


def _place(desired: Desired) -> tuple[int, int]:
    return _PHASES.index(desired.phase), desired.wave
