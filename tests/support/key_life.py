"""A namespace whose sealing keys are looked after, by one leader or several at once."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack, aclosing, asynccontextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gitopskit.errors import ApiNotFound
from gitopskit.kube.resources import CONFIG_MAPS, SECRETS
from gitopskit.kube.watch import watch
from gitopskit.manifests.settled_names import CERTIFICATE_CONFIG_MAP
from gitopskit.sealing.key_secrets import DEFAULT_KEY_PREFIX
from gitopskit.sealing.keys import KEY_LABEL
from gitopskit.unsealer.certificate import CertificatePublisher
from gitopskit.unsealer.key_life_task import RENEW, KeyLife
from gitopskit.unsealer.sealing_keys import SealingKeys
from tests.support.polling import eventually

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from gitopskit.kube.client import KubeClient
    from gitopskit.manifests.json_types import JsonObject
    from gitopskit.unsealer.key_life import KeyLifeOptions
    from gitopskit.unsealer.sealing_keys import KeySelection

_MANAGER = "tests"


@asynccontextmanager
async def fed_keys(
    api: KubeClient, namespace: str, *, prefix: str = DEFAULT_KEY_PREFIX
) -> AsyncIterator[SealingKeys]:
    """Return keys that the watches of a namespace feed, for the length of a block."""
    keys = SealingKeys(prefix=prefix)

    async def follow(selection: KeySelection) -> None:
        events = watch(
            api,
            SECRETS,
            namespace=namespace,
            label_selector=selection.label_selector,
            field_selector=selection.field_selector,
        )
        async with aclosing(events):
            async for event in events:
                await keys.take(event, selection.source)

    async with _running(*(follow(selection) for selection in keys.selections)):
        yield keys


@asynccontextmanager
async def leading(
    api: KubeClient, namespace: str, options: KeyLifeOptions, *, leaders: int = 1
) -> AsyncIterator[SealingKeys]:
    """Look after the keys of a namespace for the length of a block; return what one leader sees."""
    async with AsyncExitStack() as stack:
        seen = [
            await stack.enter_async_context(fed_keys(api, namespace, prefix=options.prefix))
            for _ in range(leaders)
        ]
        lives = (KeyLife(api, options, keys, namespace=namespace).run() for keys in seen)
        await stack.enter_async_context(_running(*lives))
        yield seen[0]


@asynccontextmanager
async def publishing(api: KubeClient, namespace: str) -> AsyncIterator[SealingKeys]:
    """Publish the certificates of a namespace's keys for the length of a block."""
    async with (
        fed_keys(api, namespace) as keys,
        _running(CertificatePublisher(api, keys, namespace=namespace).run()),
    ):
        yield keys


@asynccontextmanager
async def _running(*programs: object) -> AsyncIterator[None]:
    tasks = [asyncio.ensure_future(program) for program in programs]  # type: ignore[call-overload]  # coroutines of any result
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        for task in tasks:
            with suppress(asyncio.CancelledError):
                await task


@dataclass(frozen=True, slots=True)
class KeyNamespace:
    """The key Secrets of a namespace, as an administrator sees and changes them."""

    admin: KubeClient
    name: str

    async def secrets(self) -> dict[str, JsonObject]:
        """Return all key Secrets with a label, by name."""
        listing = await self.admin.list(SECRETS, self.name, label_selector=KEY_LABEL)
        return {item["metadata"]["name"]: item for item in listing.items}

    async def states(self) -> list[str]:
        """Return the labels of all key Secrets."""
        found = await self.secrets()
        return sorted(item["metadata"]["labels"][KEY_LABEL] for item in found.values())

    async def create(self, content: JsonObject) -> None:
        await self.admin.create(SECRETS, content, field_manager=_MANAGER)

    async def mark(self, name: str, **metadata: dict[str, str]) -> None:
        """Change labels or annotations of a Secret."""
        await self.admin.patch(
            SECRETS, name, self.name, patch={"metadata": metadata}, field_manager=_MANAGER
        )

    async def demand(self, text: str) -> None:
        """Ask for a new key on the published certificate."""
        content: JsonObject = {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {
                "name": CERTIFICATE_CONFIG_MAP,
                "namespace": self.name,
                "annotations": {RENEW: text},
            },
        }
        await self.admin.apply(CONFIG_MAPS, content, field_manager=_MANAGER, force=True)

    async def published(self) -> JsonObject | None:
        """Return the ConfigMap with the certificate, None where there is none."""
        try:
            return await self.admin.get(CONFIG_MAPS, CERTIFICATE_CONFIG_MAP, self.name)
        except ApiNotFound:
            return None

    async def until_published(self, **expected: bytes) -> JsonObject:
        """Wait until the ConfigMap holds these items, `_` for `.`; return it."""
        items = {name.replace("_", "."): pem.decode() for name, pem in expected.items()}
        found: JsonObject | None = None

        async def holds() -> bool:
            nonlocal found
            found = await self.published()
            return found is not None and found.get("data") == items

        await eventually(holds)
        assert found is not None
        return found

    async def until_states(self, *expected: str) -> None:
        """Wait until the key Secrets have these labels."""

        async def have() -> bool:
            return await self.states() == sorted(expected)

        await eventually(have)

    async def until_looked_after(self, name: str) -> None:
        """Wait until a leader that wants no backups has seen what is there, and done what is due.

        A key that waits is promoted by it, one thing after the other; the second time everything
        that was there before the first is known to it.
        """

        async def is_active() -> bool:
            return bool((await self.secrets())[name]["metadata"]["labels"][KEY_LABEL] == "active")

        for _ in range(2):
            await self.mark(name, labels={KEY_LABEL: "pending"})
            await eventually(is_active)

    async def clear(self) -> None:
        """Delete every Secret."""
        for item in (await self.admin.list(SECRETS, self.name)).items:
            ref = SECRETS.ref_of(item)
            await self.admin.delete(SECRETS, ref.name, ref.namespace, uid=item["metadata"]["uid"])
        for item in (await self.admin.list(CONFIG_MAPS, self.name)).items:
            ref = CONFIG_MAPS.ref_of(item)
            await self.admin.delete(
                CONFIG_MAPS, ref.name, ref.namespace, uid=item["metadata"]["uid"]
            )
