"""Rollouts under way: the Pods of each workload that is not settled, watched by its own selector.

Kept of a Pod is its trouble and nothing else, of a workload a hundred Pods at most; the watch ends
when the workload is settled. What the Pods mean is decided in health/rollouts.py.
"""

from __future__ import annotations

import asyncio
from contextlib import aclosing, suppress
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

import structlog

from gitopskit.errors import ApiError
from gitopskit.health.rollouts import PodState, Rollout, followed_by, judge, state_of
from gitopskit.kube.requests import Selection
from gitopskit.kube.watch import Listed, watch_selection

if TYPE_CHECKING:
    from collections.abc import Callable

    from gitopskit.health.verdict import Health
    from gitopskit.kube.client import KubeClient
    from gitopskit.kube.watch import Change
    from gitopskit.manifests.identity import ObjectRef
    from gitopskit.manifests.json_types import JsonObject
    from gitopskit.reconciler.observation import Observation
    from gitopskit.reconciler.permissions import Permissions

_LOG: Final = structlog.get_logger("reconciler")

_HASTE_SECONDS: Final = 1.0
"""What is settled sooner needs no watch."""

_MOST_WATCHES: Final = 50
_TURN_SECONDS: Final = 300.0
"""What never comes up does not keep its place: the others that wait come next."""

_MOST_PODS: Final = 100


@dataclass(slots=True, eq=False, kw_only=True)
class _Followed:
    """A workload under way: its health by itself, its Pods in trouble, and who looks at them."""

    rollout: Rollout
    own: Health
    told: Health
    pods: dict[str, PodState] = field(default_factory=dict)
    task: asyncio.Task[None] | None = None
    later: asyncio.Task[None] | None = None

    def take(self, event: Listed | Change) -> None:
        """Take in what is kept of a Pod, or of all that are there."""
        if isinstance(event, Listed):
            before, self.pods = self.pods, {}
            for item in event.items:
                self._see(item["state"], before.get(item["state"].name))
            return
        state: PodState = event.object["state"]
        known = self.pods.pop(state.name, None)
        if event.kind != "DELETED":
            self._see(state, known)

    def _see(self, state: PodState, before: PodState | None) -> None:
        found = followed_by(before, state)
        if found.trouble is not None and len(self.pods) < _MOST_PODS:
            self.pods[state.name] = found


class Rollouts:
    """The workloads that are not settled, and what their Pods tell of them."""

    def __init__(
        self,
        api: KubeClient,
        *,
        permissions: Permissions,
        on_news: Callable[[ObjectRef, Health], None],
    ) -> None:
        """Keep whom to ask and whom to tell."""
        self._api = api
        self._permissions = permissions
        self._on_news = on_news
        self._followed: dict[ObjectRef, _Followed] = {}
        self._limit = asyncio.Semaphore(_MOST_WATCHES)

    @property
    def under_way(self) -> frozenset[ObjectRef]:
        """Return the workloads whose Pods are looked at."""
        return frozenset(self._followed)

    def judged(self, ref: ObjectRef, observation: Observation) -> Observation:
        """Return an observation with what the Pods tell; they are watched until it is settled."""
        if observation.rollout is None:
            self.end(ref)
            return observation
        followed = self._followed.get(ref)
        if followed is None or followed.rollout != observation.rollout:
            self.end(ref)
            followed = self._begin(ref, observation.rollout, observation.health)
        followed.own = observation.health
        followed.told = judge(
            followed.own, followed.pods.values(), now=self._api.clock.now_utc()
        ).health
        return replace(observation, health=followed.told)

    def end(self, ref: ObjectRef) -> None:
        """Look no more at the Pods of a workload."""
        followed = self._followed.pop(ref, None)
        for task in (followed.task, followed.later) if followed else ():
            if task is not None:
                task.cancel()

    async def close(self) -> None:
        """End every watch."""
        tasks = [followed.task for followed in self._followed.values() if followed.task]
        for ref in list(self._followed):
            self.end(ref)
        await asyncio.gather(*tasks, return_exceptions=True)

    def _begin(self, ref: ObjectRef, rollout: Rollout, own: Health) -> _Followed:
        followed = _Followed(rollout=rollout, own=own, told=own)
        self._followed[ref] = followed
        followed.task = asyncio.create_task(self._follow(ref, followed))
        return followed

    async def _follow(self, ref: ObjectRef, followed: _Followed) -> None:
        await self._api.clock.sleep(_HASTE_SECONDS)
        try:
            while await self._watch_for_a_turn(ref, followed):
                pass
        except ApiError as error:
            _LOG.warning("pods_not_watched", object=str(ref), problem=str(error))
        except Exception:  # noqa: BLE001 -- odd Pods must not end the work on anything else
            _LOG.exception("pods_not_understood", object=str(ref))

    async def _watch_for_a_turn(self, ref: ObjectRef, followed: _Followed) -> bool:
        """Watch until others may have their turn; tell whether there is anything to watch."""
        async with self._limit:
            with suppress(TimeoutError):
                async with asyncio.timeout(_TURN_SECONDS):
                    await self._watch(ref, followed)
                    return False
        return True

    async def _watch(self, ref: ObjectRef, followed: _Followed) -> None:
        kind = (await self._api.kinds()).find("", "Pod")
        if kind is None or not await self._permissions.allows("watch", kind):
            return
        rollout = followed.rollout
        selection = Selection(namespace=ref.namespace, label_selector=rollout.selector)

        def keep(pod: JsonObject) -> JsonObject:
            state = state_of(pod, now=self._api.clock.now_utc())
            return {"state": state if rollout.has(pod) else PodState(name=state.name)}

        events = watch_selection(self._api, kind, selection, keep=keep)
        async with aclosing(events):
            async for event in events:
                followed.take(event)
                self._tell(ref, followed)

    def _tell(self, ref: ObjectRef, followed: _Followed) -> None:
        """Tell of a health that the Pods changed, and judge again when time may change it."""
        found = judge(followed.own, followed.pods.values(), now=self._api.clock.now_utc())
        if followed.later is not None:
            followed.later.cancel()
            followed.later = None
        if found.look_again_seconds is not None:
            followed.later = asyncio.create_task(
                self._tell_later(ref, followed, found.look_again_seconds)
            )
        if found.health != followed.told:
            followed.told = found.health
            self._on_news(ref, found.health)

    async def _tell_later(self, ref: ObjectRef, followed: _Followed, seconds: float) -> None:
        await self._api.clock.sleep(seconds)
        followed.later = None
        self._tell(ref, followed)
