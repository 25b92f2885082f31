"""Publishing what seals in a ConfigMap, for those who seal, and hearing what they write on it.

For the leader alone; two leaders at once write the same. Start at ``CertificatePublisher``.
"""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from typing import TYPE_CHECKING, Final, NoReturn

import structlog

from gitopskit.backoff import Backoff
from gitopskit.controller.first_of import first_of
from gitopskit.errors import ApiNotFound, GitopskitError
from gitopskit.kube.resources import CONFIG_MAPS
from gitopskit.kube.watch import Listed, watch
from gitopskit.manifests.settled_names import CERTIFICATE_CONFIG_MAP
from gitopskit.sealing.hybrid_pem import PUBLIC_ITEM
from gitopskit.sealing.keys import CERTIFICATE_ITEM
from gitopskit.unsealer.ownership import FIELD_MANAGER

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from gitopskit.kube.client import KubeClient
    from gitopskit.manifests.json_types import JsonObject
    from gitopskit.unsealer.sealing_keys import SealingKeys

_LOG: Final = structlog.get_logger("unsealer")

_FAULTS: Final = Backoff(initial_seconds=0.2, maximum_seconds=60.0)
_REFUSALS: Final = Backoff(initial_seconds=1.0, maximum_seconds=300.0)
_ITEMS: Final = (CERTIFICATE_ITEM, PUBLIC_ITEM)
_QUIET_SECONDS: Final = 1.0
"""Between two writes, so that two programs of different opinions do not write without end."""


class CertificatePublisher:
    """Keeps the ConfigMap equal to what the newest active keys say, as long as it runs."""

    def __init__(self, api: KubeClient, keys: SealingKeys, *, namespace: str) -> None:
        """Keep what to publish and where; ``keys`` are fed by somebody else."""
        self._api = api
        self._keys = keys
        self._namespace = namespace
        self._seen = asyncio.Event()

    async def run(self) -> None:
        """Publish until cancelled, anew where somebody changes or deletes what is published."""
        async with asyncio.TaskGroup() as group:
            group.create_task(follow(self._api, self._namespace, lambda _: self._seen.set()))
            group.create_task(self._keep())

    async def _keep(self) -> NoReturn:
        failures = 0
        while True:
            version = self._keys.version
            self._seen.clear()
            try:
                await self._publish()
                failures = 0
            except GitopskitError as error:
                _LOG.error("certificate_not_published", problem=str(error), hint=error.hint)
                await self._api.clock.sleep(_FAULTS.pause_seconds(failures))
                failures += 1
            else:
                await first_of(self._keys.changed(version), self._seen.wait())

    async def _publish(self) -> None:
        if not self._keys.are_listed:
            return
        items = self._keys.published
        if not await publish(self._api, items, namespace=self._namespace):
            return
        _LOG.info(
            "certificate_published" if items else "certificate_withdrawn",
            object=str(CONFIG_MAPS.ref(namespace=self._namespace, name=CERTIFICATE_CONFIG_MAP)),
            items=sorted(items),
        )
        await self._api.clock.sleep(_QUIET_SECONDS)


async def publish(api: KubeClient, items: Mapping[str, bytes], *, namespace: str) -> bool:
    """Make the ConfigMap hold these items; return whether it had to be written.

    A key that is no longer there is taken away, the last one as well: what somebody sealed to it
    might never be opened. Items and annotations of others stay, and so does the ConfigMap.

    Raises:
        ApiError: the API server refused or did not answer.
    """
    texts = {name: pem.decode("ascii") for name, pem in items.items()}
    try:
        live = await api.get(CONFIG_MAPS, CERTIFICATE_CONFIG_MAP, namespace)
    except ApiNotFound:
        if not texts:
            return False
        await api.create(CONFIG_MAPS, _config_map(texts, namespace), field_manager=FIELD_MANAGER)
        return True
    before = live.get("data") or {}
    others = {name: text for name, text in before.items() if name not in _ITEMS}
    data = {**others, **texts}
    if data == before:
        return False
    await api.replace(CONFIG_MAPS, {**live, "data": data}, field_manager=FIELD_MANAGER)
    return True


async def follow(
    api: KubeClient, namespace: str, see: Callable[[JsonObject | None], None]
) -> NoReturn:
    """Hand every state of the ConfigMap to ``see``, None where there is none, until cancelled."""
    refusals = 0
    while True:
        events = watch(
            api,
            CONFIG_MAPS,
            namespace=namespace,
            field_selector=f"metadata.name={CERTIFICATE_CONFIG_MAP}",
        )
        try:
            async with aclosing(events):
                async for event in events:
                    if isinstance(event, Listed):
                        see(next(iter(event.items), None))
                    else:
                        see(None if event.kind == "DELETED" else event.object)
                    refusals = 0
        except GitopskitError as error:
            _LOG.error("watch_refused", watch="certificate", problem=str(error), hint=error.hint)
            await api.clock.sleep(_REFUSALS.pause_seconds(refusals))
            refusals += 1


def _config_map(texts: Mapping[str, str], namespace: str) -> JsonObject:
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {
            "name": CERTIFICATE_CONFIG_MAP,
            "namespace": namespace,
            "labels": {"app.kubernetes.io/managed-by": "gitopskit"},
        },
        "data": dict(texts),
    }
