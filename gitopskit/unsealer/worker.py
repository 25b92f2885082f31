"""One pass over one SealedSecret: read, decide, write, tell.

The shell around decide.py and status.py. A pass that changes nothing writes nothing and tells
nobody.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from gitopskit.errors import ApiForbidden, ApiInvalid, ApiNotFound, GitopskitError, InputError
from gitopskit.kube.resources import SECRETS
from gitopskit.sealing import sealed_secret
from gitopskit.sealing.unseal import unseal_secret
from gitopskit.unsealer import status
from gitopskit.unsealer.decide import (
    FIELD_MANAGER,
    Create,
    Keep,
    Refuse,
    Replace,
    decide,
    require_supported,
)
from gitopskit.unsealer.live_secret import LiveSecret
from gitopskit.unsealer.memory import Mark, Settled, Wish
from gitopskit.unsealer.report import log_pass, record_event, write_status

if TYPE_CHECKING:
    from gitopskit.kube.client import KubeClient
    from gitopskit.kube.events import EventRecorder
    from gitopskit.manifests.json_types import JsonObject
    from gitopskit.sealing.unseal import Keyring, UnsealedSecret
    from gitopskit.unsealer.decide import Decision
    from gitopskit.unsealer.memory import Key, Memory
    from gitopskit.unsealer.sealing_keys import SealingKeys
    from gitopskit.unsealer.status import Outcome

_FOR_THE_STATUS: Final = (ApiForbidden, ApiInvalid)
"""Refusals that somebody must act on: a quota, an admission policy, a malformed label."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Pass:
    """How a pass went: the outcome, what was done, and the Secret's mark after it."""

    outcome: Outcome
    action: Literal["create", "replace", "none"] = "none"
    mark: Mark | None


class Worker:
    """Brings Secrets to what their SealedSecrets say."""

    def __init__(
        self,
        api: KubeClient,
        *,
        events: EventRecorder,
        memory: Memory,
        keys: SealingKeys,
        key_namespace: str,
    ) -> None:
        """Keep what a pass needs."""
        self._api = api
        self._events = events
        self._memory = memory
        self._keys = keys
        self._key_namespace = key_namespace

    async def handle(self, key: Key) -> bool:
        """Do one pass; return whether the Secret now holds what is sealed, or needs nothing.

        Raises:
            ApiError: a fault that passes; the same pass may succeed later.
        """
        content = self._memory.sealed(key)
        if content is None or self._memory.is_synced(key):
            return True
        keyring = self._keys.keyring
        started = self._api.clock.monotonic_seconds()
        done = await self._sync(key, content, keyring)
        versions = {content["metadata"]["resourceVersion"]}
        is_told = self._memory.is_told(key, content, done.outcome)
        if not is_told:
            versions.add(await write_status(self._api, content, done.outcome))
        if done.action != "none" or not is_told:
            await record_event(self._events, content, done.outcome)
            seconds = self._api.clock.monotonic_seconds() - started
            log_pass(key, done.outcome, action=done.action, duration_seconds=seconds)
        if self._keys.keyring is keyring:
            self._memory.settle(
                key,
                Settled(
                    wish=Wish.of(content),
                    outcome=done.outcome,
                    mark=done.mark,
                    versions=frozenset(versions),
                ),
            )
        return done.outcome.is_synced

    async def _sync(self, key: Key, content: JsonObject, keyring: Keyring) -> _Pass:
        try:
            unsealed = await asyncio.to_thread(self._unseal, content, keyring)
        except GitopskitError as error:
            outcome = status.failure(status.UNSEAL_FAILED, error)
            return _Pass(outcome=outcome, mark=self._memory.mark(key))
        before = self._memory.mark(key)
        live = await self._live(key) if before else None
        try:
            return await self._carry_out(key, decide(content["metadata"], unsealed, live), live)
        except _FOR_THE_STATUS as error:
            return _Pass(outcome=status.refusal(error), mark=before)

    def _unseal(self, content: JsonObject, keyring: Keyring) -> UnsealedSecret:
        require_supported(sealed_secret.parse(content), key_namespace=self._key_namespace)
        if not keyring.keys:
            raise InputError(
                f"there is no sealing key in the namespace {self._key_namespace}",
                hint="create one with `gitopskit bootstrap` or `gitopskit keys new`",
            )
        return unseal_secret(content, keyring=keyring)

    async def _live(self, key: Key) -> LiveSecret | None:
        try:
            return LiveSecret.of(await self._api.get(SECRETS, key.name, key.namespace))
        except ApiNotFound:
            return None

    async def _carry_out(self, key: Key, decision: Decision, live: LiveSecret | None) -> _Pass:
        seen = Mark(live.uid, live.resource_version) if live else None
        before = self._memory.mark(key)
        match decision:
            case Keep():
                return _Pass(outcome=status.SUCCESS, mark=seen)
            case Refuse(error):
                return _Pass(outcome=status.failure(status.UPDATE_FAILED, error), mark=seen)
            case Create(secret):
                body = secret.to_content()
                answer = await self._api.create(SECRETS, body, field_manager=FIELD_MANAGER)
            case Replace(secret):
                body = secret.to_content()
                answer = await self._api.replace(SECRETS, body, field_manager=FIELD_MANAGER)
        written = Mark.of(answer)
        self._memory.see_written(key, before=before, written=written)
        action: Literal["create", "replace"] = "replace" if live else "create"
        return _Pass(outcome=status.SUCCESS, action=action, mark=written)
