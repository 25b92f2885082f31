"""Registrations: the Applications and AppProjects of a cluster, and what gives access to Git.

Watched are four kinds in the one namespace where registrations live, and there the Secret of the
webhooks. Owns what a change of each means: which Applications are looked at again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import aclosing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import structlog

from gitopskit.backoff import Backoff
from gitopskit.controller.fights import Fights
from gitopskit.errors import ApiError
from gitopskit.health.declared import rules_of
from gitopskit.kube.resources import (
    APP_PROJECTS,
    APPLICATIONS,
    CONFIG_MAPS,
    SECRETS,
    ResourceType,
)
from gitopskit.kube.watch import Listed, watch
from gitopskit.reconciler import names
from gitopskit.reconciler.project import fingerprint

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from gitopskit.health.declared import Kind
    from gitopskit.kube.client import KubeClient
    from gitopskit.kube.watch import Change
    from gitopskit.manifests.json_types import JsonObject
    from gitopskit.reconciler.repositories import Repositories
    from gitopskit.reconciler.state import Registry

_LOG: Final = structlog.get_logger("reconciler")
_PAUSES: Final = Backoff(initial_seconds=1.0, maximum_seconds=30.0)
_REPOSITORY_SECRETS: Final = f"{names.REPOSITORY_LABEL} in (repository, repo-creds)"

_WEBHOOK_SECRET: Final = f"metadata.name={names.WEBHOOK_SECRET}"

_See = Callable[["Listed | Change"], None]


@dataclass(frozen=True, slots=True)
class _Source:
    """A kind, what to do with what a watch of it shows, and which objects are watched."""

    kind: ResourceType
    see: _See
    label_selector: str = ""
    field_selector: str = ""


class Registrations:
    """Keeps the registry and the credentials as the cluster has them."""

    def __init__(
        self,
        api: KubeClient,
        *,
        registry: Registry,
        repositories: Repositories,
        on_change: Callable[[str], None],
        on_health_rules: Callable[[set[Kind]], None],
        on_webhook_secret: Callable[[JsonObject | None], None],
    ) -> None:
        """Keep whom to ask, and whom to tell the names of Applications to look at."""
        self._api = api
        self._registry = registry
        self._repositories = repositories
        self._on_change = on_change
        self._on_health_rules = on_health_rules
        self._on_webhook_secret = on_webhook_secret
        self._secrets: dict[str, JsonObject] = {}
        self._config_maps: dict[str, JsonObject] = {}
        self._sources: dict[str, _Source] = {
            "trust": _Source(CONFIG_MAPS, self._see_config_map),
            "credentials": _Source(SECRETS, self._see_secret, label_selector=_REPOSITORY_SECRETS),
            "webhooks": _Source(SECRETS, self._see_webhook_secret, field_selector=_WEBHOOK_SECRET),
            "projects": _Source(APP_PROJECTS, self._see_project),
            "applications": _Source(APPLICATIONS, self._see_application),
        }
        self._unlisted = set(self._sources)
        self._disputes: Fights[str] = Fights()
        self.on_dispute: Callable[[str, float], None] = lambda _name, _delay: None
        """Is told whose status another one wrote, and in how many seconds to write it anew."""

        self.started = asyncio.Event()

    def watches(self) -> list[Coroutine[None, None, None]]:
        """Return what follows every kind for ever; ``started`` is set when all were listed."""
        return [self._follow(name) for name in self._sources]

    async def list_all(self) -> None:
        """Read everything once.

        Raises:
            ApiError: the API server refused or did not answer.
        """
        for source in self._sources.values():
            listing = await self._api.list(
                source.kind,
                names.APPLICATIONS_NAMESPACE,
                label_selector=source.label_selector,
                field_selector=source.field_selector,
            )
            source.see(Listed(items=listing.items))

    async def _follow(self, name: str) -> None:
        """Follow one kind; where that is refused, wait and ask again."""
        source = self._sources[name]
        refusals = 0
        while True:
            try:
                async with aclosing(
                    watch(
                        self._api,
                        source.kind,
                        namespace=names.APPLICATIONS_NAMESPACE,
                        label_selector=source.label_selector,
                        field_selector=source.field_selector,
                    )
                ) as events:
                    async for event in events:
                        _take_in(source.see, event)
                        refusals = 0
                        self._unlisted.discard(name)
                        if not self._unlisted:
                            self.started.set()
            except ApiError as error:
                _LOG.error("watch_refused", watch=name, problem=str(error), hint=error.hint)
                await self._api.clock.sleep(_PAUSES.pause_seconds(refusals))
                refusals += 1

    def _see_application(self, event: Listed | Change) -> None:
        if isinstance(event, Listed):
            listed = {item["metadata"]["name"] for item in event.items}
            for name in [it for it in self._registry.applications if it not in listed]:
                self._registry.lose(name)
            for content in event.items:
                self._register(content)
        elif event.kind == "DELETED":
            self._registry.lose(event.object["metadata"]["name"])
        else:
            self._register(event.object)

    def _register(self, content: JsonObject) -> None:
        name = content["metadata"]["name"]
        if self._registry.see(content):
            self._on_change(name)
        elif self._registry.applications[name].is_disputed:
            now = self._api.clock.monotonic_seconds()
            self.on_dispute(name, self._disputes.delay_seconds(name, now=now))

    def _see_project(self, event: Listed | Change) -> None:
        before = dict(self._registry.projects)
        projects = self._registry.projects
        _keep(projects, event)
        for name in before.keys() | projects.keys():
            if fingerprint(before.get(name) or {}) != fingerprint(projects.get(name) or {}):
                for application in self._registry.of_project(name):
                    self._on_change(application)

    def _see_secret(self, event: Listed | Change) -> None:
        _keep(self._secrets, event)
        self._repositories.set_secrets(self._secrets.values())
        self._retry_unread()

    def _see_webhook_secret(self, event: Listed | Change) -> None:
        if isinstance(event, Listed):
            self._on_webhook_secret(next(iter(event.items), None))
        else:
            self._on_webhook_secret(None if event.kind == "DELETED" else event.object)

    def _see_config_map(self, event: Listed | Change) -> None:
        _keep(self._config_maps, event)
        self._take_health_rules()
        self._repositories.set_config_maps(self._config_maps.values())
        self._retry_unread()

    def _take_health_rules(self) -> None:
        """Take in the health that people declare, and tell of which kinds it is another now."""
        declared = self._config_maps.get(names.HEALTH_CONFIG_MAP) or {}
        before, after = self._registry.health_rules, rules_of(declared.get("data") or {})
        self._registry.health_rules = after
        changed = {kind for kind in before.keys() | after if before.get(kind) != after.get(kind)}
        if changed:
            self._on_health_rules(changed)

    def _retry_unread(self) -> None:
        """Look again at Applications without a goal: a credential may be what they lacked."""
        for tracked in self._registry.applications.values():
            if tracked.goal is None:
                self._on_change(tracked.name)


def _take_in(see: Callable[[Listed | Change], None], event: Listed | Change) -> None:
    try:
        see(event)
    except Exception:  # noqa: BLE001 -- one odd object must not end the watch of the others
        _LOG.exception("event_not_understood")


def _keep(held: dict[str, JsonObject], event: Listed | Change) -> None:
    """Keep the objects of a namespace as a watch shows them."""
    if isinstance(event, Listed):
        held.clear()
        held.update({item["metadata"]["name"]: item for item in event.items})
    elif event.kind == "DELETED":
        held.pop(event.object["metadata"]["name"], None)
    else:
        held[event.object["metadata"]["name"]] = event.object
