"""Hand-over: an object that passes from one Application to another without being deleted.

Pure. The one that has it keeps it, and its line in the inventory, until the other has taken it; the
other takes it only when the first has looked at the same commits and does not want it. So there is
no moment at which nobody knows of the object, whoever looks first and wherever one of them dies.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from gitopskit.reconciler import names
from gitopskit.reconciler.observation import precedes
from gitopskit.reconciler.possible_wishes import changing, possible
from gitopskit.reconciler.stands import Stand, Wishes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from gitopskit.manifests.identity import ObjectRef
    from gitopskit.manifests.json_types import JsonObject
    from gitopskit.reconciler.application import Follow
    from gitopskit.reconciler.observation import Applied
    from gitopskit.reconciler.possible_wishes import May
    from gitopskit.reconciler.state import Tracked

    Heads = Callable[[Iterable[Follow]], Mapping[Follow, str]]

HANDING_OVER: Final = "HandingOver"
"""The condition that tells who is to take what an Application does not want any more."""

_MOST_TOLD: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Prospects:
    """What all others want, for one Application that wants to delete.

    ``awaited`` have yet to look at the commits that are there, ``bounds`` tells what some of them
    may want at most; ``doubtful`` cannot be asked, with the namespaces whose objects they may want.
    """

    others: tuple[Tracked, ...]
    awaited: frozenset[str]
    bounds: Mapping[str, May]
    doubtful: tuple[tuple[str, str], ...]

    @property
    def watched(self) -> frozenset[str]:
        """Return the Applications whose news may change what is known here."""
        return self.awaited | {name for name, _ in self.doubtful}

    def heirs_of(self, refs: Iterable[ObjectRef]) -> frozenset[str]:
        """Return the names of those who take any of some objects."""
        wanted = frozenset(refs)
        return frozenset(
            it.name
            for it in self.others
            if it.wishes is not None and not wanted.isdisjoint(it.wishes.refs)
        )

    def heir_of(self, ref: ObjectRef) -> str:
        """Return who takes an object, in words, or nothing."""
        heirs = [it for it in self.others if it.wishes is not None and ref in it.wishes.refs]
        return "; ".join(_told(it, ref) for it in heirs)

    def waiting(self, ref: ObjectRef) -> str:
        """Return who may want an object and has yet to look, in words, or nothing."""
        found = sorted(it for it in self.awaited if it not in self.bounds or self.bounds[it](ref))
        more = f" and {len(found) - _MOST_TOLD} more" if found[_MOST_TOLD:] else ""
        return f"waits for a look at {', '.join(found[:_MOST_TOLD])}{more}" if found else ""

    def doubt_of(self, ref: ObjectRef) -> str:
        """Return who might want an object and cannot be asked, in words, or nothing."""
        place = ref.name if ref.kind == "Namespace" else ref.namespace
        found = sorted({name for name, namespace in self.doubtful if namespace == place})
        return f"{', '.join(found)} cannot be read now and may want it" if found else ""


def wished(tracked: Tracked, refs: Iterable[ObjectRef]) -> Wishes:
    """Return what an Application wants as it was just found."""
    return Wishes(refs=frozenset(refs), heads=dict(tracked.heads), fingerprint=tracked.looked)


def refused(tracked: Tracked, refs: frozenset[ObjectRef] | None) -> Wishes:
    """Return the wishes of an Application that is refused; None: it could not be asked."""
    if refs is not None:
        return wished(tracked, refs)
    before = tracked.wishes.refs if tracked.wishes is not None else frozenset()
    return Wishes(
        refs=before,
        heads=dict(tracked.heads),
        fingerprint=tracked.looked,
        is_known=False,
    )


def stand(tracked: Tracked | None) -> Stand:
    """Return how far an Application is; one that is not there has come nowhere."""
    if tracked is None:
        return Stand()
    return Stand(tracked.wishes, _is_giving(tracked), frozenset(_unmet(tracked)))


def is_news(name: str, waiter: Tracked, applications: Mapping[str, Tracked]) -> bool:
    """Tell whether an Application is not as somebody who waits for it last found it."""
    other = applications.get(name)
    taken = other.applied if other is not None else {}
    has_taken = any(it.fate == "handing" and it.entry.ref in taken for it in waiter.pending)
    return has_taken or waiter.awaited[name] != stand(other)


def has_news(waiter: Tracked, applications: Mapping[str, Tracked]) -> bool:
    """Tell whether there is a reason to look again at an Application that waits for others."""
    is_handing = any(it.fate == "handing" for it in waiter.pending)
    return is_handing or any(is_news(it, waiter, applications) for it in waiter.awaited)


def gives(giver: Tracked | None, ref: ObjectRef, *, taker: Tracked, heads: Heads) -> bool:
    """Tell whether an Application agrees that another one takes an object of it."""
    if giver is None or giver.is_skipped:
        return False
    if giver.is_deleted:
        return True
    wishes = giver.wishes
    if wishes is None or not wishes.is_known or ref in wishes.refs:
        return False
    return _is_giving(giver) and not _is_behind(giver, taker.heads, heads)


def prospects(
    giver: Tracked,
    applications: Mapping[str, Tracked],
    *,
    heads: Heads,
    projects: Mapping[str, JsonObject],
) -> Prospects:
    """Return what is to be known of all others before an Application deletes anything."""
    unsettled = changing(applications.values(), projects)
    bounds: dict[str, May] = {}
    others = tuple(it for it in applications.values() if it is not giver and not it.is_deleted)
    known = {} if giver.is_deleted else giver.heads
    awaited: set[str] = set()
    doubtful: list[tuple[str, str]] = []
    for other in others:
        is_behind = _is_behind(other, known, heads)
        if is_behind and not other.is_skipped:
            awaited.add(other.name)
            bounds[other.name] = possible(other, projects, unsettled)
        elif is_behind or other.wishes is None or not other.wishes.is_known:
            doubtful.append((other.name, _namespace(other.content)))
    for parent in others:
        late, lost = _children(parent, applications)
        awaited |= late - {giver.name}
        bounds = {name: may for name, may in bounds.items() if name not in late}
        doubtful += lost
    return Prospects(
        others=others, awaited=frozenset(awaited), bounds=bounds, doubtful=tuple(doubtful)
    )


def _children(
    parent: Tracked, applications: Mapping[str, Tracked]
) -> tuple[set[str], list[tuple[str, str]]]:
    """Return who has to come first of what an Application registers, and what may never come."""
    late: set[str] = set()
    lost: list[tuple[str, str]] = []
    for ref in _unmet(parent):
        if ref in parent.failures:
            lost.append((ref.name, _namespace(parent.desired[ref].content)))
        else:
            late.add(parent.name)
    for ref, done in parent.applied.items():
        if _is_registration(ref):
            child = applications.get(ref.name)
            if child is None and ref in parent.desired:
                lost.append((ref.name, _namespace(parent.desired[ref].content)))
            elif child is not None and _is_late(child, done):
                late.add(child.name)
    return late, lost


def _told(heir: Tracked, ref: ObjectRef) -> str:
    failure = heir.failures.get(ref)
    if heir.is_skipped:
        return f'the Application "{heir.name}" is to take it, and is left as it is'
    if heir.is_refused or heir.wishes is None or not heir.wishes.is_known:
        return f'the Application "{heir.name}" is to take it, and is refused'
    if failure is not None and not failure.is_foreign:
        return f'the Application "{heir.name}" is to take it, and cannot: {failure.message}'
    if not _is_automated(heir):
        return f'the Application "{heir.name}" takes it when it is synced'
    return f'the Application "{heir.name}" takes it'


def _is_automated(tracked: Tracked) -> bool:
    return tracked.goal is not None and tracked.goal.application.policy.is_automated


def _is_giving(tracked: Tracked) -> bool:
    """Tell whether an Application lets go of what it does not want: by itself, or once synced.

    What sync windows hold back, it keeps.
    """
    run, goal = tracked.run, tracked.goal
    is_done = run is not None and goal is not None and run.digest == goal.digest and run.is_over
    return not tracked.closed and (_is_automated(tracked) or is_done)


def _is_behind(other: Tracked, known: Mapping[Follow, str], heads: Heads) -> bool:
    """Tell whether an Application has yet to look at its spec, or at commits that are there."""
    wishes = other.wishes
    if wishes is None or wishes.fingerprint != other.fingerprint:
        return True
    now = heads(other.follows)
    if wishes.is_known and dict(wishes.heads) != dict(now):
        return True
    if any(now.get(follow, head) != head for follow, head in wishes.heads.items()):
        return True
    seen = {_place(follow): head for follow, head in wishes.heads.items()}
    return any(seen.get(_place(follow), head) != head for follow, head in known.items())


def _unmet(parent: Tracked) -> Iterator[ObjectRef]:
    """Yield the Applications that one is to register or change, and has not yet."""
    if not _is_automated(parent) or parent.is_skipped or parent.is_deleted:
        return
    for ref, desired in parent.desired.items():
        if _is_registration(ref):
            done = parent.applied.get(ref)
            if done is None or done.desired_digest != desired.digest:
                yield ref


def _is_late(child: Tracked, done: Applied) -> bool:
    """Tell whether an Application was just changed, which no watch has told yet."""
    version = str(child.content["metadata"].get("resourceVersion", ""))
    return precedes(version, done.resource_version)


def _is_registration(ref: ObjectRef) -> bool:
    kind = (ref.group, ref.kind, ref.namespace)
    return kind == (names.APPLICATION_GROUP, "Application", names.APPLICATIONS_NAMESPACE)


def _namespace(content: Mapping[str, object]) -> str:
    spec = content.get("spec")
    destination = spec.get("destination") if isinstance(spec, dict) else None
    return str(destination.get("namespace", "")) if isinstance(destination, dict) else ""


def _place(follow: Follow) -> tuple[str, str, str]:
    return follow.url, follow.revision, follow.chart
