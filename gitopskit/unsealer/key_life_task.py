"""The life of the sealing keys, carried out: keys are made when they are due, and promoted.

For the leader alone. Two leaders at once do no harm: both choose the same name for the same key,
and the API server takes one of them. What is to be done is key_life.py's.
"""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING, Final

import structlog

from gitopskit.backoff import Backoff
from gitopskit.controller.first_of import first_of
from gitopskit.errors import ApiConflict, ApiNotFound, GitopskitError, UnusableKey
from gitopskit.kube.resources import SECRETS
from gitopskit.sealing.hybrid_keys import hybrid_key_secret, new_hybrid_key
from gitopskit.sealing.key_secrets import ClusterKey, read_key, with_state
from gitopskit.sealing.keys import key_secret, load_certificate, new_sealing_key
from gitopskit.unsealer.certificate import follow
from gitopskit.unsealer.key_life import KeyWishes, Make, Promote, Wait, decide
from gitopskit.unsealer.ownership import FIELD_MANAGER

if TYPE_CHECKING:
    from gitopskit.kube.client import KubeClient
    from gitopskit.manifests.json_types import JsonObject
    from gitopskit.unsealer.key_life import KeyLifeOptions
    from gitopskit.unsealer.sealing_keys import SealingKeys

_LOG: Final = structlog.get_logger("unsealer")

RENEW: Final = "gitopskit.io/renew-key"
"""The annotation of the published certificate by which a new key is asked for, with any text."""

_FAULTS: Final = Backoff(initial_seconds=0.5, maximum_seconds=60.0)
_SETTLING_SECONDS: Final = 10.0
"""What was just done is seen within this time, or looked for again."""

_LONGEST_PAUSE_SECONDS: Final = 3600.0
"""Clocks are set and machines sleep: the time of day is looked at again after this."""


class KeyLife:
    """Makes and promotes the sealing keys of a namespace, as long as it runs."""

    def __init__(
        self, api: KubeClient, options: KeyLifeOptions, keys: SealingKeys, *, namespace: str
    ) -> None:
        """Keep what to look after; ``keys`` are fed by somebody else."""
        self._api = api
        self._options = options
        self._keys = keys
        self._namespace = namespace
        self._demand = ""
        self._demanded = asyncio.Event()
        self._taken: set[str] = set()
        self._told: frozenset[str] = frozenset()

    async def run(self) -> None:
        """Look after the keys until cancelled, from when all of them are known."""
        while not self._keys.are_listed:
            await self._keys.changed(self._keys.version)
        async with asyncio.TaskGroup() as group:
            group.create_task(follow(self._api, self._namespace, self._see_certificate))
            group.create_task(self._look_after())

    async def _look_after(self) -> None:
        failures = 0
        while True:
            version = self._keys.version
            self._demanded.clear()
            try:
                pause = await self._step()
                failures = 0
            except GitopskitError as error:
                _LOG.warning("key_life_failed", problem=str(error), hint=error.hint)
                pause = _FAULTS.pause_seconds(failures)
                failures += 1
            await first_of(
                self._api.clock.sleep(pause), self._keys.changed(version), self._demanded.wait()
            )

    async def _step(self) -> float:
        """Do what is due; return after how many seconds to look again, if nothing happens."""
        now = self._api.clock.now_utc()
        wishes = KeyWishes(demand=self._demand, taken=self._taken)
        match decide(self._keys.keys, self._options, wishes, now=now):
            case Make() as order:
                return await self._make(order)
            case Promote(key):
                await self._promote(key)
            case Wait(until_utc=until, unsaved=unsaved):
                self._tell(unsaved)
                left = timedelta(seconds=_LONGEST_PAUSE_SECONDS) if until is None else until - now
                return min(left.total_seconds(), _LONGEST_PAUSE_SECONDS)
        return _SETTLING_SECONDS

    async def _make(self, order: Make) -> float:
        """Make a key; return after how many seconds to look again, as ``_step`` does."""
        begun = self._api.clock.monotonic_seconds()
        if await self._has_secret(order.name):
            return self._settling_seconds(order.name)
        content, fingerprint = await asyncio.to_thread(self._new_secret, order)
        try:
            await self._api.create(SECRETS, content, field_manager=FIELD_MANAGER)
        except ApiConflict:
            await self._has_secret(order.name)
            return self._settling_seconds(order.name)
        _LOG.info(
            "key_made",
            object=self._where(order.name),
            key=fingerprint,
            state=order.state,
            cause=order.cause,
            duration_seconds=round(self._api.clock.monotonic_seconds() - begun, 3),
        )
        return _SETTLING_SECONDS

    def _new_secret(self, order: Make) -> tuple[JsonObject, str]:
        days = self._options.lifetime / timedelta(days=1)
        if order.kind == "hybrid":
            pair = new_hybrid_key(now=order.not_before_utc, days=days)
            content = hybrid_key_secret(pair, namespace=self._namespace, name=order.name)
        else:
            size = self._options.size_bits
            pair = new_sealing_key(now=order.not_before_utc, size_bits=size, days=days)
            content = key_secret(pair, namespace=self._namespace, name=order.name)
        fingerprint = load_certificate(pair.certificate_pem, where=order.name).fingerprint
        return with_state(content, order.state), fingerprint

    def _settling_seconds(self, name: str) -> float:
        """Return when to look again after a name was not free: at once, if no key in use has it."""
        return 0.0 if name in self._taken else _SETTLING_SECONDS

    async def _has_secret(self, name: str) -> bool:
        """Whether there is a Secret of the name; one without a key in use is noted as taken."""
        try:
            content = await self._api.get(SECRETS, name, self._namespace)
        except ApiNotFound:
            return False
        key = await asyncio.to_thread(self._key_in, content)
        if key is None or key.state == "retired":
            self._taken.add(name)
        return True

    def _key_in(self, content: JsonObject) -> ClusterKey | None:
        where = str(SECRETS.ref_of(content))
        try:
            return read_key(content, where=where, prefix=self._options.prefix)[0]
        except UnusableKey:
            return None

    async def _promote(self, key: ClusterKey) -> None:
        """Let a pending key seal, if its Secret still says that it may."""
        content = await self._api.get(SECRETS, key.name, self._namespace)
        live = await asyncio.to_thread(self._key_in, content)
        if live is None or live.state != "pending":
            return
        if live.is_backed_up or not self._options.requires_backup:
            active = with_state(content, "active")
            await self._api.replace(SECRETS, active, field_manager=FIELD_MANAGER)
            _LOG.info("key_promoted", object=self._where(key.name), key=key.fingerprint)

    def _tell(self, unsaved: tuple[ClusterKey, ...]) -> None:
        """Say once of each pending key that it waits for its backup, and what that means."""
        names = frozenset(key.name for key in unsaved)
        news = [key for key in unsaved if key.name not in self._told]
        self._told = names
        for key in news:
            sealing = self._keys.newest(key.kind)
            write_line = _LOG.warning if sealing else _LOG.error
            write_line(
                "key_waits_for_backup",
                object=self._where(key.name),
                key=key.fingerprint,
                sealing=sealing.fingerprint if sealing else "nothing can be sealed until then",
                hint="run `gitopskit keys backup FILE`",
            )

    def _where(self, name: str) -> str:
        return str(SECRETS.ref(namespace=self._namespace, name=name))

    def _see_certificate(self, content: JsonObject | None) -> None:
        """Take in the annotation of the published certificate that asks for a new key."""
        annotations = (content or {}).get("metadata", {}).get("annotations") or {}
        self._demand = annotations.get(RENEW) or ""
        self._demanded.set()
