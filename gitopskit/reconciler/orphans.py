"""Looking for orphans: the objects of a namespace that belong to no Application are told.

Only for projects that ask, after syncs and every ten minutes. Listed are metadata alone, as
ourselves where the shipped rights let us, otherwise as the applier of the namespace where somebody
gave it that right. What is kept of them is a count and a few names. Nothing is ever deleted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gitopskit.backoff import Backoff
from gitopskit.controller.queue import WorkQueue, run_workers
from gitopskit.errors import ApiForbidden, ApiNotFound, GitopskitError
from gitopskit.kube.requests import Selection
from gitopskit.kube.resources import STATEFUL_SETS
from gitopskit.reconciler import application as applications
from gitopskit.reconciler import orphan_rules
from gitopskit.reconciler import project as projects
from gitopskit.reconciler.fields import mapping

if TYPE_CHECKING:
    from collections.abc import Callable

    from gitopskit.kube.client import KubeClient
    from gitopskit.kube.resources import ResourceType
    from gitopskit.manifests.identity import ObjectRef
    from gitopskit.manifests.json_types import JsonObject, JsonValue
    from gitopskit.reconciler.orphan_rules import OrphanRules
    from gitopskit.reconciler.permissions import Permissions
    from gitopskit.reconciler.project import Project
    from gitopskit.reconciler.state import Registry, Tracked

Place = tuple[str, str]
"""A project and a namespace that its Applications write to."""

_PERIOD_SECONDS: Final = 600.0
_SETTLING_SECONDS: Final = 2.0
"""What a sync makes, makes more; and several Applications of a namespace are looked at as one."""

_PAUSES: Final = Backoff(initial_seconds=5.0, maximum_seconds=_PERIOD_SECONDS)


class OrphanWatch:
    """Looks for orphans beside the Applications of projects that ask for it."""

    def __init__(
        self,
        api: KubeClient,
        *,
        registry: Registry,
        permissions: Permissions,
        on_change: Callable[[str], None],
    ) -> None:
        """Keep whom to ask, and whom to tell the names of Applications with news."""
        self._api = api
        self._registry = registry
        self._permissions = permissions
        self._on_change = on_change
        self._queue: WorkQueue[Place] = WorkQueue(api.clock, backoff=_PAUSES)
        self._noted: dict[str, tuple[Place, str, JsonValue]] = {}

    async def run(self) -> None:
        """Look for ever, at one namespace at a time."""
        await run_workers(self._queue, self._look, workers=1)

    def close(self) -> None:
        """Look at nothing more."""
        self._queue.close()

    def note(self, tracked: Tracked) -> None:
        """Have a look soon: after a sync, with other rules, or where a fresh look is asked for."""
        place = _place(tracked)
        spec = mapping((self._registry.projects.get(place[0]) or {}).get("spec"))
        if spec.get("orphanedResources") is None:
            tracked.orphaned = ""
            self._noted.pop(tracked.name, None)
            return
        finished = str(mapping(tracked.status.get("operationState")).get("finishedAt", ""))
        seen = (place, finished, spec["orphanedResources"])
        is_known = self._noted.get(tracked.name) == seen
        if not is_known or applications.refresh_of(tracked.content):
            self._noted[tracked.name] = seen
            self._queue.add_after(place, _SETTLING_SECONDS)

    async def _look(self, place: Place) -> None:
        """Look at one namespace, and tell those whose orphans are others than before."""
        here = [it for it in self._registry.applications.values() if _place(it) == place]
        self._noted = {
            name: it for name, it in self._noted.items() if name in self._registry.applications
        }
        project = self._project(place[0])
        if not here or project is None:
            return
        message = await self._found(project, place[1]) if project.orphans else ""
        for tracked in here:
            if tracked.orphaned != message:
                tracked.orphaned = message
                self._on_change(tracked.name)
        if project.orphans:
            self._queue.add_after(place, _PERIOD_SECONDS)

    def _project(self, name: str) -> Project | None:
        """Return a project, None where it is gone or says something that cannot be."""
        content = self._registry.projects.get(name)
        try:
            return projects.parse(content) if content is not None else None
        except GitopskitError:
            return None  # its Applications tell of that

    async def _found(self, project: Project, namespace: str) -> str:
        """Return in words which objects of a namespace belong to nobody."""
        if not namespace or not project.permits_looking(namespace) or project.orphans is None:
            return ""
        found, stateful_sets = orphan_rules.Orphans(), await self._stateful_sets(namespace)
        for kind in (await self._api.kinds()).all():
            if orphan_rules.may_hold_orphans(kind):
                refs = await self._orphans(kind, namespace, project=project, rules=project.orphans)
                found = found.and_also(
                    it for it in refs if not orphan_rules.is_claim_of(it, stateful_sets)
                )
        return found.message()

    async def _stateful_sets(self, namespace: str) -> list[str]:
        selection = Selection(namespace=namespace, metadata_only=True)
        listing = await self._api.list_selection(STATEFUL_SETS, selection)
        return [str(it["metadata"]["name"]) for it in listing.items]

    async def _orphans(
        self, kind: ResourceType, namespace: str, *, project: Project, rules: OrphanRules
    ) -> list[ObjectRef]:
        """Return the orphans of one kind, none where nobody may list it."""
        user = await self._lister(kind, namespace, project=project)
        if user is None:
            return []

        def keep(content: JsonObject) -> JsonObject:
            ref = kind.ref_of(content)
            is_orphan = (
                orphan_rules.is_orphan(
                    ref,
                    content,
                    rules=rules,
                    is_application=self._registry.applications.__contains__,
                )
                and project.permits_kind(ref)
                and not self._registry.claimants(ref)
            )
            return {"ref": ref} if is_orphan else {}

        selection = Selection(namespace=namespace, metadata_only=True)
        try:
            listing = await self._api.list_selection(kind, selection, as_user=user, keep=keep)
        except (ApiForbidden, ApiNotFound):
            self._permissions.forget(kind)  # it was taken away since
            return []
        return [it["ref"] for it in listing.items if it]

    async def _lister(self, kind: ResourceType, namespace: str, *, project: Project) -> str | None:
        """Return as whom a kind is listed: empty for ourselves, None where nobody may."""
        try:
            applier = project.applier(kind.ref(namespace=namespace), destination=namespace).user
        except GitopskitError:
            applier = ""
        for user in dict.fromkeys(("", applier)):
            if await self._permissions.allows("list", kind, namespace=namespace, as_user=user):
                return user
        return None


def _place(tracked: Tracked) -> Place:
    spec = mapping(tracked.content.get("spec"))
    namespace = mapping(spec.get("destination")).get("namespace", "")
    return str(spec.get("project", "")), str(namespace)
