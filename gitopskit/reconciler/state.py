"""What the reconciler remembers between two looks at an Application.

Pure; changed by the event loop's thread alone. Everything here can be lost: after a restart it is
found out anew from Git, the inventory and the live objects.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from gitopskit.reconciler import application as applications
from gitopskit.reconciler.application import NOTHING_IGNORED
from gitopskit.reconciler.fields import mapping
from gitopskit.reconciler.guards import STANDARD_LIMIT, DeletionLimit
from gitopskit.reconciler.inventory import Inventory
from gitopskit.reconciler.observation import precedes
from gitopskit.reconciler.status import claims, status_of

if TYPE_CHECKING:
    from datetime import datetime

    from gitopskit.errors import InputError
    from gitopskit.health.declared import Kind, Rule
    from gitopskit.manifests.identity import ObjectRef
    from gitopskit.manifests.json_types import JsonObject
    from gitopskit.reconciler.application import Application, Follow, Ignored
    from gitopskit.reconciler.desired import Desired
    from gitopskit.reconciler.fighting import Fight
    from gitopskit.reconciler.names import Applier
    from gitopskit.reconciler.observation import Applied
    from gitopskit.reconciler.plan import Verdict
    from gitopskit.reconciler.stands import Stand, Wishes
    from gitopskit.reconciler.sync_run import SyncRun
    from gitopskit.reconciler.sync_windows import SyncWindow


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """Why an object is not as it is to be.

    ``is_foreign``: somebody else has it. ``is_passing``: others will change that, so that no
    limit of retries counts it. ``is_of_health``: it was written, and did not become healthy.
    ``is_unapproved``: a person has to approve that it is deleted to be made anew.
    """

    message: str
    is_foreign: bool = False
    is_passing: bool = False
    is_of_health: bool = False
    is_unapproved: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Goal:
    """What an Application is to become: the objects of one commit under one spec.

    ``commits`` has one for each source where there are several, ``commit`` is the first.
    """

    application: Application
    commit: str
    key: str
    digest: str
    source_types: tuple[str, ...]
    objects: tuple[Desired, ...] = ()
    hooks: tuple[Desired, ...] = ()
    deletion_hooks: tuple[Desired, ...] = ()
    commits: tuple[str, ...] = ()
    deletion_limit: DeletionLimit = STANDARD_LIMIT
    windows: tuple[SyncWindow, ...] = ()


@dataclass(slots=True, kw_only=True)
class Tracked:
    """One Application: as it was last seen, what it is to become, and how far that is.

    ``commits`` are those of ``follows``, ``told_commits`` those that the status is about, ``head``
    is the first before any rollback, ``heads`` are all, ``looked`` the fingerprint that the look at
    them began with, and ``likeness`` a commit that was bad, a
    later head, and whether both render to the same. ``wishes`` is what it was found to want at its
    heads, ``awaited`` how far those were whose news may change what happens here, and
    ``asked_others`` for which goal Git was asked what they follow, and ``patience_ends_seconds``
    when those are no longer waited for whose project rules a wish out. ``asked`` are the keys of
    what was last looked for and of the goal that it led to. ``marked_key`` is that of the goal
    whose namespace is as it is to be. ``closed`` tells which sync windows are in the way,
    ``orphaned`` what beside it is nobody's, ``asked_about`` whose deletion its status asks a person
    about, each None before it was looked at or told. ``is_told``: its status is
    what we say, from now on; ``writing`` is what is being written, or was where no answer came, and
    ``is_disputed`` that another one claims something else, which ``status`` and ``content`` do not
    have. ``is_to_end``: somebody wants the operation that is told to run to end.
    """

    name: str
    content: JsonObject
    fingerprint: str
    status: JsonObject
    inventory: Inventory = field(default_factory=Inventory)
    is_inventory_read: bool = False
    is_recalled: bool = False
    goal: Goal | None = None
    run: SyncRun | None = None
    desired: dict[ObjectRef, Desired] = field(default_factory=dict)
    applied: dict[ObjectRef, Applied] = field(default_factory=dict)
    failures: dict[ObjectRef, Failure] = field(default_factory=dict)
    fights: dict[ObjectRef, Fight] = field(default_factory=dict)
    pending: tuple[Verdict, ...] = ()
    differing: frozenset[ObjectRef] = frozenset()
    follows: tuple[Follow, ...] = ()
    commits: tuple[str, ...] = ()
    told_commits: tuple[str, ...] = ()
    head: str = ""
    likeness: tuple[str, str, bool] = ("", "", False)
    heads: dict[Follow, str] = field(default_factory=dict)
    looked: str = ""
    wishes: Wishes | None = None
    awaited: dict[str, Stand] = field(default_factory=dict)
    asked_others: str = ""
    patience_ends_seconds: float = float("inf")
    asked: tuple[str, str] = ("", "")
    failed_key: str = ""
    failed_render: InputError | None = None
    told_digest: str = ""
    waiting: str = ""
    closed: str = ""
    orphaned: str | None = None
    window_changes_at: datetime | None = None
    marked_key: str = ""
    namespace_conflicts: tuple[str, ...] = ()
    asked_about: frozenset[ObjectRef] | None = None
    is_refused: bool = False
    is_told: bool = False
    is_disputed: bool = False
    is_to_end: bool = False
    writing: JsonObject | None = None
    is_check_due: bool = False
    is_unsettled: bool = False
    attempts: int = 0
    retry_at_seconds: float = 0.0
    is_exhausted: bool = False
    adopted: set[ObjectRef] = field(default_factory=set)
    taken: set[ObjectRef] = field(default_factory=set)

    @property
    def is_as_bad(self) -> bool:
        """Tell whether the head renders to the same as the commit that was rolled back."""
        return self.likeness[1] == self.head and self.likeness[2]

    @property
    def is_deleted(self) -> bool:
        """Tell whether the Application is on its way out."""
        return bool(self.content["metadata"].get("deletionTimestamp"))

    @property
    def is_skipped(self) -> bool:
        """Tell whether a person wants the Application to be left as it is."""
        return applications.is_skipped(self.content)

    @property
    def heals(self) -> bool:
        """Tell whether what is changed in the cluster is reverted."""
        policy = self.goal.application.policy if self.goal else None
        is_willing = policy is not None and policy.is_automated and policy.heals
        is_left_alone = self.is_deleted or self.is_refused or self.is_skipped or bool(self.closed)
        return is_willing and not is_left_alone

    @property
    def may_pass(self) -> bool:
        """Tell whether what stands in its way may be made by another Application."""
        return self.is_refused or any(it.is_passing for it in self.failures.values())

    @property
    def held(self) -> str:
        """Return what a sync that is not over waits for before it goes on, or nothing."""
        is_over = self.run is not None and self.run.is_over
        return self.waiting or ("" if is_over else self.closed)

    def take(self, content: JsonObject, *, is_ours: bool = False) -> bool:
        """Keep the Application as a watch or a write shows it; False if something newer is known.

        The answer to a write and the event of a later change may come in either order. The
        fingerprint stays: a change is noticed when its event comes, not when a write shows it.
        A status that another one wrote over ours is not kept; ``is_ours`` tells that we wrote it.
        """
        versions = [it["metadata"].get("resourceVersion", "") for it in (content, self.content)]
        if precedes(*versions):
            return False
        found = status_of(content)
        self.is_disputed = not is_ours and self._is_foreign(content, found)
        if self.is_disputed:
            self.is_to_end = mapping(found.get("operationState")).get("phase") == "Terminating"
            self.content = {**content, "status": self.status}
        else:
            self.content, self.status = content, found
        return True

    def _is_foreign(self, content: JsonObject, found: JsonObject) -> bool:
        if not self.is_told or applications.is_skipped(content):
            return False
        ours = (self.status, self.writing if self.writing is not None else self.status)
        return claims(found) not in map(claims, ours)

    def forgive(self, ref: ObjectRef) -> None:
        """Forget that something beside the write of an object failed; its health is told anew."""
        failure = self.failures.get(ref)
        if failure is not None and not failure.is_of_health:
            del self.failures[ref]

    def begin_anew(self) -> None:
        """Let the next attempt be the first one again."""
        self.attempts = 0
        self.retry_at_seconds = 0.0
        self.is_exhausted = False


class Registry:
    """All Applications and projects, and which Application an object belongs to."""

    def __init__(self) -> None:
        """Begin without any."""
        self.applications: dict[str, Tracked] = {}
        self.projects: dict[str, JsonObject] = {}
        self.health_rules: dict[Kind, Rule] = {}
        self._claims: dict[str, frozenset[ObjectRef]] = {}
        self._claimants: dict[ObjectRef, tuple[str, ...]] = {}

    def see(self, content: JsonObject) -> bool:
        """Take in an Application as it stands; tell whether a person changed something."""
        name = content["metadata"]["name"]
        tracked = self.applications.get(name)
        if tracked is None or tracked.content["metadata"]["uid"] != content["metadata"]["uid"]:
            self.applications[name] = Tracked(
                name=name,
                content=content,
                fingerprint=applications.fingerprint(content),
                status=status_of(content),
            )
            return True
        if not tracked.take(content):
            return False
        before, tracked.fingerprint = tracked.fingerprint, applications.fingerprint(content)
        return tracked.fingerprint != before

    def lose(self, name: str) -> None:
        """Forget an Application that is gone."""
        self.applications.pop(name, None)
        self._claim(name, frozenset())

    def own(self, tracked: Tracked, desired: tuple[Desired, ...]) -> None:
        """Note what an Application is to consist of."""
        tracked.desired = {item.ref: item for item in desired}
        tracked.applied = {
            ref: done for ref, done in tracked.applied.items() if ref in tracked.desired
        }
        listed = frozenset(entry.ref for entry in tracked.inventory)
        self._claim(tracked.name, listed | tracked.desired.keys())

    def claimants(self, ref: ObjectRef) -> list[Tracked]:
        """Return the Applications that want or list an object, the one that has it first.

        Whoever asks for an object of somebody else must neither hide its drift from them nor have
        a say in which of its fields count.
        """
        names = self._claimants.get(ref, ())
        found = [self.applications[name] for name in names if name in self.applications]
        return sorted(found, key=lambda it: _distance(it, ref)) if found[1:] else found

    def owner(self, ref: ObjectRef) -> Tracked | None:
        """Return the Application that an object belongs to."""
        return next(iter(self.claimants(ref)), None)

    def ignored(self, ref: ObjectRef) -> Ignored:
        """Return the fields of an object that others may set."""
        tracked = self.owner(ref)
        return (
            tracked.goal.application.ignored(ref) if tracked and tracked.goal else NOTHING_IGNORED
        )

    def user_of(self, applier: Applier, *, but: str) -> str:
        """Return another Application whose objects that account must still be able to delete."""
        for name, tracked in self.applications.items():
            if name != but and any(entry.applier == applier for entry in tracked.inventory):
                return name
        return ""

    def of_project(self, project: str) -> list[str]:
        """Return the names of a project's Applications."""
        return [
            name
            for name, tracked in self.applications.items()
            if (tracked.content.get("spec") or {}).get("project") == project
        ]

    def _claim(self, name: str, refs: frozenset[ObjectRef]) -> None:
        before = self._claims.pop(name, frozenset())
        for ref in before - refs:
            left = tuple(it for it in self._claimants[ref] if it != name)
            if left:
                self._claimants[ref] = left
            else:
                del self._claimants[ref]
        for ref in refs - before:
            self._claimants[ref] = (*self._claimants.get(ref, ()), name)
        if refs:
            self._claims[name] = refs


def _distance(tracked: Tracked, ref: ObjectRef) -> int:
    """Return 0 for who applied an object, 1 for who did in an earlier life, 2 for all others."""
    if ref in tracked.applied:
        return 0
    entry = tracked.inventory.find(ref)
    return 1 if entry is not None and entry.uid else 2
