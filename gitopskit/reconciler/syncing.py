"""Syncing: the writes of one Application, in order, between two writes of its inventory.

What is about to be applied is in the inventory before the first write; what was applied is in it
with its UID afterwards. So a crash at any point leaves nothing behind that nobody knows of.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from gitopskit.errors import (
    ApiConflict,
    ApiError,
    ApiNotFound,
    GitopskitError,
    IntegrityFault,
)
from gitopskit.reconciler import names, plan
from gitopskit.reconciler.application import NOTHING_IGNORED
from gitopskit.reconciler.inventory import forgotten
from gitopskit.reconciler.names import Applier
from gitopskit.reconciler.namespaces import Namespaces
from gitopskit.reconciler.outcomes import entry_of, failure_of, is_approved, result_of, settled
from gitopskit.reconciler.places import explaining
from gitopskit.reconciler.plan import Verdict
from gitopskit.reconciler.serving import kinds_for
from gitopskit.reconciler.state import Failure
from gitopskit.reconciler.turns import Turns
from gitopskit.reconciler.wishes import USUAL, Wish, manner_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from datetime import datetime

    from gitopskit.kube.client import KubeClient
    from gitopskit.manifests.identity import ObjectRef
    from gitopskit.reconciler.desired import Desired
    from gitopskit.reconciler.inventories import Inventories
    from gitopskit.reconciler.inventory import Entry, Inventory
    from gitopskit.reconciler.live import LiveObjects
    from gitopskit.reconciler.observation import Observation
    from gitopskit.reconciler.plan import DeletionOrder
    from gitopskit.reconciler.state import Goal, Registry, Tracked
    from gitopskit.reconciler.status import ResourceResult
    from gitopskit.reconciler.wishes import Brought
    from gitopskit.reconciler.writer import Writer

    Givers = Callable[[Tracked, ObjectRef], Callable[[str], bool]]

_AT_ONCE: Final = 16
"""Objects of one Application that are written at the same time."""

_ESTABLISH_SECONDS: Final = 10.0
_ESTABLISH_POLL_SECONDS: Final = 0.2
_ATTEMPTS: Final = 3


class Syncer:
    """Applies and prunes the objects of Applications."""

    def __init__(
        self,
        api: KubeClient,
        *,
        registry: Registry,
        writer: Writer,
        live: LiveObjects,
        inventories: Inventories,
    ) -> None:
        """Keep the parts."""
        self._api = api
        self._registry = registry
        self._writer = writer
        self._live = live
        self._inventories = inventories
        self.namespaces = Namespaces(api)
        self._turns = Turns(asyncio.Lock)
        self.giver_of: Givers = lambda _taker, _ref: lambda _giver: False

    async def read_inventory(self, tracked: Tracked) -> None:
        """Read an Application's inventory before its first use.

        Raises:
            IntegrityFault: it cannot be read; nothing may be written before it can.
            ApiError: the API server refused or did not answer.
        """
        if tracked.is_inventory_read:
            return
        try:
            tracked.inventory = self._inventories.load(tracked.name)
        except IntegrityFault:
            await self._inventories.read_again(tracked.name)  # a person may have mended it
            tracked.inventory = self._inventories.load(tracked.name)
        tracked.is_inventory_read = True

    async def apply(
        self, tracked: Tracked, goal: Goal, todo: Sequence[Desired]
    ) -> list[ResourceResult]:
        """Apply objects in the order of their kinds; return what that changed or failed to.

        Raises:
            ApiError: the inventory cannot be written; nothing was applied then.
        """
        await self._prepare(tracked, goal, todo)
        request = goal.application.operation
        is_part = request is not None and bool(request.resources)
        await self.list_ahead(tracked, todo if is_part else (*goal.objects, *todo))
        results: list[ResourceResult | None] = []
        for group in plan.in_ranks(todo):
            limit = asyncio.Semaphore(_AT_ONCE)
            results += await asyncio.gather(
                *(self._bring_limited(tracked, desired, limit) for desired in group)
            )
            await self._await_kinds(
                [it for it in group if it.is_definition and it.ref in tracked.applied]
            )
        return [result for result in results if result is not None]

    async def list_ahead(self, tracked: Tracked, objects: Iterable[Desired]) -> None:
        """List in the inventory what is about to be applied.

        Raises:
            ApiError: the API server refused or did not answer.
        """
        entries = [entry_of(desired) for desired in objects]
        hooks = {entry.ref for entry in entries if entry.is_hook}
        await self._write(
            tracked,
            lambda inventory: (
                inventory.ahead(entries).with_hooks(hooks) if hooks else inventory.ahead(entries)
            ),
        )

    async def look(self, tracked: Tracked, refs: Iterable[ObjectRef]) -> None:
        """Look by name at inventoried objects; what cannot be read stays as it was seen."""
        known = tracked.inventory.by_ref()
        for ref in refs:
            if ref in known:
                with suppress(GitopskitError):
                    await self._writer.look(known[ref])

    async def bring(
        self, tracked: Tracked, desired: Desired, *, is_fresh: bool = False
    ) -> Brought | None:
        """Make one object what it is to be and note how that went; None where it failed.

        ``is_fresh`` reads the object even if a watch showed it.

        Raises:
            ApiError: the inventory cannot be written.
        """
        ref = desired.ref
        known = self._live.get(ref) if self._live.is_watched(ref) and not is_fresh else None
        try:
            async with explaining(self._api, ref):
                brought = await self._writer.bring(self.wish(tracked, desired), known=known)
        except _InventoryNotWritten as error:
            raise error.problem from error
        except GitopskitError as error:
            tracked.applied.pop(ref, None)
            tracked.failures[ref] = failure_of(error)
            return None
        tracked.failures.pop(ref, None)
        tracked.applied[ref] = brought.applied
        if brought.is_adopted:
            tracked.adopted.add(ref)
        if brought.is_taken:
            tracked.taken.add(ref)
        return brought

    def wish(self, tracked: Tracked, desired: Desired) -> Wish:
        """Return an object as it is to be, with what is known about it."""
        goal = tracked.goal
        return Wish(
            application=tracked.name,
            desired=desired,
            entry=tracked.inventory.find(desired.ref) or entry_of(desired),
            ignored=goal.application.ignored(desired.ref) if goal else NOTHING_IGNORED,
            is_approved=is_approved(tracked, desired.ref, now=self.now_utc()),
            manner=manner_of(desired, goal.application.policy.options) if goal else USUAL,
            before_creation=lambda entry: self._forget_uid(tracked, entry),
            is_given=self.giver_of(tracked, desired.ref),
        )

    def now_utc(self) -> datetime:
        """Return the time by which approvals are judged."""
        return self._api.clock.now_utc()

    async def compare(self, tracked: Tracked, goal: Goal) -> None:
        """Find out, without a write, which objects differ from what they are to be."""
        differing = set()
        await self.cover(tracked, goal.objects)
        for desired in goal.objects:
            tracked.failures.pop(desired.ref, None)
            try:
                if await self.differs(tracked, goal, desired):
                    differing.add(desired.ref)
            except GitopskitError as error:
                differing.add(desired.ref)
                tracked.failures[desired.ref] = failure_of(error)
        tracked.differing = frozenset(differing)

    async def rehearse(self, tracked: Tracked, goal: Goal) -> list[ResourceResult]:
        """Return what a sync would change or fail to, without a write."""
        results = []
        for desired in goal.objects:
            ref, version = desired.ref, desired.version
            try:
                if await self.differs(tracked, goal, desired):
                    results.append(result_of(ref, version, "Synced", "would change (dry run)"))
            except GitopskitError as error:
                message = failure_of(error).message
                results.append(result_of(ref, version, "SyncFailed", message))
        return results

    async def differs(self, tracked: Tracked, goal: Goal, desired: Desired) -> bool:
        """Tell whether an object differs from what it is to be, without a write.

        Raises:
            ApiError: the API server refused or did not answer.
        """
        async with explaining(self._api, desired.ref):
            if goal.application.only_looks:
                return await self._writer.differs(desired)
            return await self._writer.would_change(self.wish(tracked, desired))

    async def see(self, entry: Entry) -> Observation | None:
        """Return what an inventoried object is now, None where it is gone.

        Raises:
            ApiError: the API server refused or did not answer.
        """
        async with explaining(self._api, entry.ref):
            return await self._writer.look(entry)

    async def forget(self, tracked: Tracked) -> None:
        """Drop the inventory of an Application that is done.

        Raises:
            ApiError: the API server refused or did not answer.
        """
        await self._write(tracked, lambda inventory: inventory.settled({}))

    async def settle(self, tracked: Tracked) -> None:
        """Write the inventory as it is now: what was applied with its UID.

        Raises:
            ApiError: the API server refused or did not answer; it is to be done again.
        """
        tracked.is_unsettled = True
        await self._write(tracked, lambda inventory: settled(inventory, tracked))
        tracked.is_unsettled = False

    async def remove(
        self, tracked: Tracked, entries: Sequence[Entry], order: DeletionOrder
    ) -> list[Verdict]:
        """Delete objects as far as that is allowed, and forget those that are gone.

        Raises:
            ApiError: the API server cannot be asked, or the inventory not be written.
        """
        await kinds_for(self._api, ((it.ref.group, it.ref.kind, "") for it in entries))
        verdicts = [await self._delete(tracked, entry, order) for entry in entries]
        gone = {verdict.entry.ref for verdict in verdicts if verdict.is_settled}
        if gone:
            await self._write(
                tracked,
                lambda inventory: inventory.settled(
                    {entry.ref: entry for entry in inventory if entry.ref not in gone}
                ),
            )
        return verdicts

    async def _delete(self, tracked: Tracked, entry: Entry, order: DeletionOrder) -> Verdict:
        user = self._user_of(tracked, entry)
        if user:
            message = f'the Application "{user}" still needs it'
            return Verdict(entry=entry, fate="failed", message=message)
        try:
            return await self._delete_as_judged(tracked, entry, order)
        except GitopskitError as error:
            if isinstance(error, ApiNotFound) and not error.is_about_kind:
                return Verdict(entry=entry, fate="gone")
            return Verdict(entry=entry, fate="failed", message=str(error))

    def _user_of(self, tracked: Tracked, entry: Entry) -> str:
        """Return who still needs an applier: without it nobody could delete what it applied."""
        ref = entry.ref
        place = ref.name if ref.kind == "Namespace" else ref.namespace
        is_applier = ref.kind in ("ServiceAccount", "RoleBinding") and ref.name == names.APPLIER
        if not is_applier and ref.kind != "Namespace":
            return ""
        return self._registry.user_of(Applier(place, names.APPLIER), but=tracked.name)

    async def _delete_as_judged(
        self, tracked: Tracked, entry: Entry, order: DeletionOrder
    ) -> Verdict:
        """Judge one object as it stands, and delete exactly that; judge again if it changed."""
        live = self._live.get(entry.ref) if self._live.is_watched(entry.ref) else None
        for _ in range(_ATTEMPTS):
            live = live or await self._writer.look(entry)
            verdict = plan.judge(entry, live, application=tracked.name, order=order)
            if verdict.fate != "delete":
                return verdict
            with suppress(ApiConflict):
                await self._writer.delete(verdict, plan.propagation_for(entry.ref, order))
                return replace(verdict, fate="leaving", message="deleted")
            live = None
        return Verdict(entry=entry, fate="failed", message=f"{entry.ref} keeps changing")

    async def _prepare(self, tracked: Tracked, goal: Goal, todo: Iterable[Desired]) -> None:
        """Watch the kinds that are about to be written, and make the namespace if it is asked."""
        await self.cover(tracked, todo)
        await self.namespaces.ensure(goal)

    async def cover(self, tracked: Tracked, objects: Iterable[Desired]) -> None:
        """Watch the kinds of objects, and of what the inventory lists, as far as we may.

        Which kinds there are is asked anew where one of the objects has another version than those
        that are known; for a kind that is not known at all, whoever found the goal has asked.

        Raises:
            ApiError: the API server refused or did not answer.
        """
        objects, kinds = tuple(objects), await self._api.kinds()
        known = [it for it in objects if kinds.find(it.ref.group, it.ref.kind)]
        kinds = await kinds_for(
            self._api, ((it.ref.group, it.ref.kind, it.version) for it in known)
        )
        refs = [item.ref for item in objects] + [entry.ref for entry in tracked.inventory]
        for group, kind in sorted({(ref.group, ref.kind) for ref in refs}):
            found = kinds.find(group, kind)
            if found is not None:
                await self._live.cover(found)

    async def _bring_limited(
        self, tracked: Tracked, desired: Desired, limit: asyncio.Semaphore
    ) -> ResourceResult | None:
        blocker = plan.blocked_by(desired, tracked.failures)
        if blocker is not None:
            message = f"{blocker} is needed first"
            tracked.failures[desired.ref] = Failure(message=message, is_passing=True)
            return result_of(desired.ref, desired.version, "SyncFailed", message)
        async with limit:
            brought = await self.bring(tracked, desired)
        if brought is None:
            failure = tracked.failures[desired.ref]
            return result_of(desired.ref, desired.version, "SyncFailed", failure.message)
        if brought.action == "unchanged":
            return None
        return result_of(desired.ref, desired.version, "Synced", brought.action)

    async def _await_kinds(self, definitions: Sequence[Desired]) -> None:
        """Wait until the API server serves the kinds that were just defined."""
        wanted = []
        for definition in definitions:
            spec = definition.content.get("spec") or {}
            wanted.append((spec.get("group", ""), (spec.get("names") or {}).get("kind", "")))
        deadline = self._api.clock.monotonic_seconds() + _ESTABLISH_SECONDS
        while wanted and self._api.clock.monotonic_seconds() < deadline:
            kinds = await self._api.kinds(refresh=True)
            if all(kinds.find(group, kind) for group, kind in wanted):
                return
            await self._api.clock.sleep(_ESTABLISH_POLL_SECONDS)

    async def _forget_uid(self, tracked: Tracked, entry: Entry) -> None:
        """Note that an object is about to be made anew: its old UID is not ours any more."""
        try:
            await self._write(tracked, lambda inventory: inventory.with_entry(forgotten(entry)))
        except ApiError as error:
            raise _InventoryNotWritten(error) from error

    async def _write(self, tracked: Tracked, change: Callable[[Inventory], Inventory]) -> None:
        async with self._turns[tracked.name]:
            inventory = change(tracked.inventory)
            try:
                await self._inventories.save(tracked.name, inventory)
            except ApiError:
                tracked.is_inventory_read = False  # what is stored may be either
                raise
            tracked.inventory = inventory


class _InventoryNotWritten(GitopskitError):
    """The inventory could not be written, so that an object was not."""

    def __init__(self, problem: ApiError) -> None:
        super().__init__(problem.what, where=problem.where, hint=problem.hint)
        self.problem = problem
