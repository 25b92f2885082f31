"""Live objects as the watches show them: one label-selected watch per kind in use.

Kept of each object is an Observation, from the moment it arrives, and never its content. A kind
that we may not watch is read by name instead, by whoever asks; Secrets are never watched, because a
watch on them reads all.
"""

from __future__ import annotations

import asyncio
from contextlib import aclosing, suppress
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Final

import structlog

from gitopskit.errors import ApiError, ApiNotFound, GitopskitError
from gitopskit.kube.requests import Selection
from gitopskit.kube.watch import Listed, watch_selection
from gitopskit.reconciler import names
from gitopskit.reconciler.jq_paths import JqPaths
from gitopskit.reconciler.observation import Observation, observe, precedes
from gitopskit.reconciler.rollouts import Rollouts

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Coroutine, Iterable, Sequence

    from gitopskit.health.declared import Kind
    from gitopskit.health.verdict import Health
    from gitopskit.kube.client import KubeClient
    from gitopskit.kube.resources import ResourceType
    from gitopskit.kube.watch import Change
    from gitopskit.manifests.identity import ObjectRef
    from gitopskit.manifests.json_types import JsonObject
    from gitopskit.reconciler.application import Ignored
    from gitopskit.reconciler.permissions import Permissions
    from gitopskit.reconciler.state import Registry

_LOG: Final = structlog.get_logger("reconciler")
_SECRET: Final = ("", "Secret")
_FIRST_LIST_SECONDS: Final = 10.0


class LiveObjects:
    """The objects of all Applications, as last seen."""

    def __init__(
        self,
        api: KubeClient,
        *,
        registry: Registry,
        permissions: Permissions,
        on_change: Callable[[ObjectRef, Observation | None, Observation | None], None],
    ) -> None:
        """Keep whom to ask and whom to tell; watches start when a kind is first used."""
        self._api = api
        self._registry = registry
        self._permissions = permissions
        self._on_change = on_change
        self._seen: dict[ObjectRef, Observation] = {}
        self._watches: dict[tuple[str, str], asyncio.Task[None]] = {}
        self._listed: dict[tuple[str, str], asyncio.Event] = {}
        self._looks: set[asyncio.Task[None]] = set()
        self._late: dict[ObjectRef, JsonObject] = {}
        self._asked: dict[ObjectRef, set[object]] = {}
        self.jq = JqPaths(api.clock)
        self.rollouts = Rollouts(api, permissions=permissions, on_news=self._hear)

    def get(self, ref: ObjectRef) -> Observation | None:
        """Return an object as last seen, by a watch or by whoever put it here."""
        return self._seen.get(ref)

    async def put(self, content: JsonObject, ref: ObjectRef) -> Observation:
        """Note an object that was just read or written, and return what is kept of it.

        One that is deleted while its expressions are asked is not noted.
        """
        token, asked = object(), self._asked.setdefault(ref, set())
        asked.add(token)
        try:
            observation = await self._examined(ref, content)
        finally:
            asked.discard(token)
            is_gone = self._asked.get(ref) is not asked
            if not (is_gone or asked):
                del self._asked[ref]
        if is_gone:
            return observation
        if not _is_older(observation, self._seen.get(ref)):
            observation = self.rollouts.judged(ref, observation)
            self._seen[ref] = observation
        return observation

    def drop(self, ref: ObjectRef) -> None:
        """Note that an object is gone."""
        self._seen.pop(ref, None)
        self._late.pop(ref, None)
        self.rollouts.end(ref)

    def is_watched(self, ref: ObjectRef) -> bool:
        """Tell whether changes of that object are seen by themselves."""
        key = (ref.group, ref.kind)
        return key in self._watches and self._listed[key].is_set()

    async def cover(self, kind: ResourceType) -> bool:
        """Watch a kind from now on, if we may; return whether its objects are watched.

        The first time it returns when everything that is there was listed, or after a while: a
        kind that cannot be listed must not hold up whoever uses it.

        Raises:
            ApiError: the API server refused or did not answer.
        """
        key = (kind.group, kind.kind)
        if key == _SECRET:
            return False
        if key not in self._watches:
            if not await self.may_read(kind):
                return False
            if key not in self._watches:
                self._listed[key] = asyncio.Event()
                self._watches[key] = asyncio.create_task(self._follow(kind))
        with suppress(TimeoutError):
            async with asyncio.timeout(_FIRST_LIST_SECONDS):
                await self._listed[key].wait()
        return key in self._watches and self._listed[key].is_set()

    async def may_read(self, kind: ResourceType) -> bool:
        """Tell whether we may read and watch a kind as ourselves.

        Raises:
            ApiError: the API server refused or did not answer.
        """
        if (kind.group, kind.kind) == _SECRET:
            return False
        return await self._permissions.allows("watch", kind, namespace=_place(kind))

    def judge_again(self, kinds: Collection[Kind]) -> None:
        """Look again at all objects of kinds whose declared health is another now."""
        for key in kinds:
            if key in self._watches:
                self._begin(self._look_again(key))

    def _begin(self, work: Coroutine[None, None, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        self._looks.add(task)
        task.add_done_callback(self._looks.discard)
        return task

    async def _look_again(self, key: Kind) -> None:
        try:
            kind = (await self._api.kinds()).find(*key)
            if kind is not None:
                keep = partial(self._kept, kind)
                listing = await self._api.list_selection(kind, _selection(kind), keep=keep)
                self._note(listing.items)
        except ApiError as error:
            _LOG.warning("health_not_judged_again", kind=key[1], problem=str(error))

    def _kept(self, kind: ResourceType, content: JsonObject) -> JsonObject:
        """Return what is kept of an object as it arrives, so that no list is ever held whole.

        An object that expressions have to be asked about is held until they have answered.
        """
        ref = kind.ref_of(content)
        try:
            ignored = self._registry.ignored(ref)
            if ignored.expressions:
                return {"ref": ref, "content": content}
            return {"ref": ref, "observation": self._observed(ref, content, ignored)}
        except Exception:  # noqa: BLE001 -- one odd object must not end the watch of the others
            _LOG.exception("object_not_understood", object=str(ref))
            return {"ref": ref, "observation": None}

    async def _examined(self, ref: ObjectRef, content: JsonObject) -> Observation:
        """Return what is kept of an object; where an expression fails, whoever writes says so."""
        ignored = self._registry.ignored(ref)
        with suppress(GitopskitError):
            ignored = await self.jq.in_live(ignored, content)
        return self._observed(ref, content, ignored)

    def _observed(self, ref: ObjectRef, content: JsonObject, ignored: Ignored) -> Observation:
        owner = self._registry.owner(ref)
        desired = owner.desired.get(ref) if owner else None
        return observe(
            content,
            ignored=ignored,
            declared=self._registry.health_rules,
            wanted=desired.content if desired else None,
        )

    async def close(self) -> None:
        """End every watch."""
        tasks = [*self._watches.values(), *self._looks]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self.jq.close()
        await self.rollouts.close()

    async def _follow(self, kind: ResourceType) -> None:
        """Follow one kind until it is gone or withheld, and then forget what was seen of it."""
        key = (kind.group, kind.kind)
        try:
            async with aclosing(
                watch_selection(self._api, kind, _selection(kind), keep=partial(self._kept, kind))
            ) as events:
                async for event in events:
                    await self._take_in(kind, event)
                    self._listed[key].set()
        except ApiError as error:
            _LOG.warning("watch_ended", kind=kind.kind, problem=str(error))
            self._permissions.forget(kind)
        finally:
            del self._watches[key]
            self._listed[key].set()
            for ref in [it for it in self._seen if (it.group, it.kind) == key]:
                self._lost(ref)

    async def _take_in(self, kind: ResourceType, event: Listed | Change) -> None:
        try:
            if isinstance(event, Listed):
                await self._relist(kind, event.items)
            elif event.kind == "DELETED":
                self._late.pop(event.object["ref"], None)
                await self._lose(kind, event.object["ref"])
            else:
                self._note([event.object])
        except Exception:  # noqa: BLE001 -- one odd event must not end the watch of the others
            _LOG.exception("event_not_understood", kind=kind.kind)

    async def _relist(self, kind: ResourceType, items: Sequence[JsonObject]) -> None:
        known = [ref for ref in self._seen if (ref.group, ref.kind) == (kind.group, kind.kind)]
        listed = {kept["ref"] for kept in items}
        await asyncio.gather(*self._note(items))
        for ref in known:
            if ref not in listed:
                await self._lose(kind, ref)

    def _note(self, items: Iterable[JsonObject]) -> list[asyncio.Task[None]]:
        """Take in objects as they were kept; return what is still asked about some of them."""
        asked = []
        for kept in items:
            if "content" in kept:
                self._late[kept["ref"]] = kept["content"]
                asked.append(self._begin(self._see_late(kept["ref"], kept["content"])))
            else:
                self._late.pop(kept["ref"], None)
                self._see(kept["ref"], kept["observation"])
        return asked

    async def _see_late(self, ref: ObjectRef, content: JsonObject) -> None:
        """Take in an object when its expressions have answered, unless more is known by then."""
        try:
            observation = await self._examined(ref, content)
            if self._late.get(ref) is content:
                del self._late[ref]
                self._see(ref, observation)
        except Exception:  # noqa: BLE001 -- one odd object must not end the watch of the others
            _LOG.exception("object_not_understood", object=str(ref))

    def _see(self, ref: ObjectRef, observation: Observation | None) -> None:
        before = self._seen.get(ref)
        if observation is None:
            return
        is_known = self._registry.owner(ref) is not None
        if not is_known and not names.tracked_by(observation.tracking_id, ref):
            return
        if _is_older(observation, before):
            return
        observation = self.rollouts.judged(ref, observation)
        if observation == before:
            return
        self._seen[ref] = observation
        self._on_change(ref, before, observation)

    async def _lose(self, kind: ResourceType, ref: ObjectRef) -> None:
        """Look again at an object that left the selection: perhaps only its label is gone."""
        if ref not in self._seen and ref not in self._asked:
            return
        try:
            content = await self._api.get(kind, ref.name, ref.namespace)
        except ApiNotFound:
            self._lost(ref)
        except ApiError as error:
            _LOG.warning("object_not_read", object=str(ref), problem=str(error))
            self._lost(ref)
        else:
            self._see(ref, await self._examined(ref, content))

    def _lost(self, ref: ObjectRef) -> None:
        """Forget an object, and tell that it is gone."""
        before = self._seen.pop(ref, None)
        self._asked.pop(ref, None)
        self.rollouts.end(ref)
        if before is not None:
            self._on_change(ref, before, None)

    def _hear(self, ref: ObjectRef, health: Health) -> None:
        """Note and tell what the Pods of a workload make of its health."""
        before = self._seen.get(ref)
        if before is not None:
            after = self._seen[ref] = replace(before, health=health)
            self._on_change(ref, before, after)


def _selection(kind: ResourceType) -> Selection:
    return Selection(namespace=_place(kind), label_selector=names.APPLICATION_LABEL)


def _place(kind: ResourceType) -> str:
    """Return the one namespace in which we may look at a kind, or nothing for all of them."""
    return names.APPLICATIONS_NAMESPACE if kind.group == names.APPLICATION_GROUP else ""


def _is_older(observation: Observation, held: Observation | None) -> bool:
    """Tell whether an observation of the same object was overtaken by a later one."""
    if held is None or held.uid != observation.uid:
        return False
    return precedes(observation.resource_version, held.resource_version)
