"""The online half of the demo: bootstrap, and the four moments worth seeing, with their times."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Final

from gitopskit.errors import ApiError, ApiNotFound, EnvironmentFault
from gitopskit.kube.resources import APPLICATIONS, CONFIG_MAPS, DEPLOYMENTS, SECRETS
from gitopskit.manifests.settled_names import APPLICATIONS_NAMESPACE
from gitopskit.workflows import bootstrap
from gitopskit.workflows.bootstrap import Bootstrap
from gitopskit.workflows.demo_repository import (
    APPLICATION,
    ENVIRONMENT,
    NAMESPACE,
    SECRET_KEY,
    change_log_level,
)
from gitopskit.workflows.first_objects import FirstObjects

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from gitopskit.kube.client import KubeClient
    from gitopskit.manifests.json_types import JsonObject
    from gitopskit.workflows.demo_repository import DemoRepository

_TIMEOUT_SECONDS: Final = 90.0
_POLL_SECONDS: Final = 0.02
_EDITED_REPLICAS: Final = 7


class Demonstration:
    """What is shown on one cluster, through one client with an administrator's rights."""

    def __init__(self, api: KubeClient, made: DemoRepository) -> None:
        """Keep the client and the repository; nothing is sent."""
        self._api = api
        self._made = made

    async def install(self) -> int:
        """Bootstrap with controllers outside the cluster; return how many objects were written."""
        request = Bootstrap(
            objects=FirstObjects(
                environment=ENVIRONMENT,
                repo_url=str(self._made.tree.remote),
                target_revision=self._made.tree.branch,
            ),
            sealing_key=self._made.keys.private_pem,
            committed_certificate=self._made.keys.certificate_pem,
        )
        now = self._api.clock.now_utc()
        plan = await bootstrap.plan(self._api, request, now=now)
        await bootstrap.apply(self._api, plan.steps, clock=self._api.clock)
        return sum(step.action in {"create", "update"} for step in plan.steps)

    async def secret_arrives(self) -> float:
        """Wait until the Secret holds what was sealed; return the seconds."""
        expected = base64.b64encode(self._made.password.reveal()).decode()

        async def holds() -> bool:
            secret = await self._api.get(SECRETS, APPLICATION, NAMESPACE)
            return bool((secret.get("data") or {}).get(SECRET_KEY) == expected)

        return await self._seconds_until(holds, "the unsealed Secret")

    async def deployment_is_ready(self) -> float:
        """Wait until every replica of the example app is ready; return the seconds."""

        async def is_ready() -> bool:
            live = await self._deployment()
            ready = (live.get("status") or {}).get("readyReplicas", 0)
            return bool(ready == live["spec"]["replicas"])

        return await self._seconds_until(is_ready, "the ready Deployment")

    async def edit_is_reverted(self) -> float:
        """Scale the Deployment by hand and wait until it is as in Git; return the seconds."""
        wanted = (await self._deployment())["spec"]["replicas"]
        await self._api.patch(
            DEPLOYMENTS,
            APPLICATION,
            NAMESPACE,
            patch={"spec": {"replicas": _EDITED_REPLICAS}},
            field_manager="kubectl-edit",
        )

        async def is_back() -> bool:
            return bool((await self._deployment())["spec"]["replicas"] == wanted)

        return await self._seconds_until(is_back, "the reverted edit")

    async def deletion_is_reverted(self) -> float:
        """Delete the unsealed Secret and wait until it is there again; return the seconds."""
        secret = await self._api.get(SECRETS, APPLICATION, NAMESPACE)
        uid = secret["metadata"]["uid"]
        await self._api.delete(SECRETS, APPLICATION, NAMESPACE, uid=uid)
        return await self.secret_arrives()

    async def commit_arrives(self) -> float:
        """Push a commit and wait until the cluster has it; return the seconds from the push."""
        change_log_level(self._made)

        async def has_arrived() -> bool:
            listing = await self._api.list(CONFIG_MAPS, NAMESPACE)
            return any(
                (item.get("data") or {}).get("LOG_LEVEL") == "debug" for item in listing.items
            )

        return await self._seconds_until(has_arrived, "the new configuration")

    async def settles(self) -> float:
        """Wait until every Application is Synced and Healthy; return the seconds."""

        async def is_settled() -> bool:
            listing = await self._api.list(APPLICATIONS, APPLICATIONS_NAMESPACE)
            return bool(listing.items) and all(_is_settled(item) for item in listing.items)

        return await self._seconds_until(is_settled, "Applications that are Synced and Healthy")

    async def _deployment(self) -> JsonObject:
        return await self._api.get(DEPLOYMENTS, APPLICATION, NAMESPACE)

    async def _seconds_until(self, is_true: Callable[[], Awaitable[bool]], what: str) -> float:
        clock = self._api.clock
        started = clock.monotonic_seconds()
        while clock.monotonic_seconds() - started < _TIMEOUT_SECONDS:
            try:
                if await is_true():
                    return clock.monotonic_seconds() - started
            except ApiNotFound:
                pass
            await clock.sleep(_POLL_SECONDS)
        raise EnvironmentFault(
            f"waited {_TIMEOUT_SECONDS:g} s in vain for {what}: {await self._conditions()}",
            hint="run `gitopskit demo --keep` and look at the Applications and the logs",
        )

    async def _conditions(self) -> str:
        try:
            listing = await self._api.list(APPLICATIONS, APPLICATIONS_NAMESPACE)
        except ApiError as error:
            return str(error)
        return "; ".join(_state(item) for item in listing.items) or "there is no Application"


def _is_settled(application: JsonObject) -> bool:
    status = application.get("status") or {}
    sync = (status.get("sync") or {}).get("status")
    health = (status.get("health") or {}).get("status")
    return bool(sync == "Synced" and health == "Healthy")


def _state(application: JsonObject) -> str:
    status = application.get("status") or {}
    sync = (status.get("sync") or {}).get("status", "not yet seen")
    health = (status.get("health") or {}).get("status", "unknown health")
    said = [condition.get("message", "") for condition in status.get("conditions") or []]
    return f"{application['metadata']['name']}: {sync}, {health} {' '.join(said)}".strip()
