"""One pass over one SealedSecret: read, decide, write, tell.

The shell around decide.py and status.py. A pass that changes nothing writes nothing and tells
nobody.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from gitopskit.errors import (
    ApiForbidden,
    ApiInvalid,
    ApiNotFound,
    GitopskitError,
    InputError,
    OwnershipConflict,
    UnsupportedField,
)
from gitopskit.kube.resources import SECRETS
from gitopskit.sealing import sealed_secret
from gitopskit.sealing.key_memory import KeyMemory
from gitopskit.sealing.unseal import unseal_secret
from gitopskit.sealing.whole_secret import has_whole_secret
from gitopskit.unsealer import status
from gitopskit.unsealer.allowed import Allowed, require_allowed
from gitopskit.unsealer.claim import Claim
from gitopskit.unsealer.decide import (
    Create,
    Keep,
    Recreate,
    Refuse,
    Replace,
    Tell,
    decide,
    require_supported,
)
from gitopskit.unsealer.drift import only_told
from gitopskit.unsealer.live_secret import LiveSecret
from gitopskit.unsealer.memory import Mark, Settled, Wish
from gitopskit.unsealer.ownership import FIELD_MANAGER
from gitopskit.unsealer.report import log_pass, record_event, write_status

if TYPE_CHECKING:
    from collections.abc import Iterable

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


Action = Literal["create", "replace", "recreate", "none"]
DriftPolicy = Literal["heal", "report"]


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerOptions:
    """What Secrets may be made, and whether a Secret that was changed is healed or only told."""

    allowed: Allowed
    drift: DriftPolicy = "heal"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Pass:
    """How a pass went: the outcome, what was done, and the Secret's mark after it."""

    outcome: Outcome
    action: Action = "none"
    mark: Mark | None


class Worker:
    """Brings Secrets to what their SealedSecrets say."""

    def __init__(
        self,
        api: KubeClient,
        options: WorkerOptions,
        *,
        events: EventRecorder,
        memory: Memory,
        keys: SealingKeys,
    ) -> None:
        """Keep what a pass needs."""
        self._api = api
        self._options = options
        self._events = events
        self._memory = memory
        self._keys = keys
        self._opened_before = KeyMemory()

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
        decision = self._decide(content, unsealed, live)
        try:
            return await self._carry_out(key, decision, live, unsealed.opened_by)
        except _FOR_THE_STATUS as error:
            return _Pass(outcome=status.refusal(error), mark=before)
        except OwnershipConflict as error:
            return _Pass(outcome=status.failure(status.UPDATE_FAILED, error), mark=before)

    def _unseal(self, content: JsonObject, keyring: Keyring) -> UnsealedSecret:
        if not has_whole_secret(content):
            require_supported(sealed_secret.parse(content))
        if not keyring.keys:
            raise InputError(
                f"there is no sealing key in the namespace {self._options.allowed.key_namespace}",
                hint="create one with `gitopskit bootstrap` or `gitopskit keys new`",
            )
        unsealed = unseal_secret(content, keyring=keyring, memory=self._opened_before)
        require_allowed(unsealed, self._options.allowed)
        return unsealed

    async def _live(self, key: Key) -> LiveSecret | None:
        try:
            return LiveSecret.of(await self._api.get(SECRETS, key.name, key.namespace))
        except ApiNotFound:
            return None

    def _decide(
        self, content: JsonObject, unsealed: UnsealedSecret, live: LiveSecret | None
    ) -> Decision:
        claim = Claim.of(content)
        decision = decide(claim, unsealed, live)
        try:
            if isinstance(decision, Create | Replace | Recreate):
                require_allowed(decision.secret, self._options.allowed)
        except UnsupportedField as error:
            return Refuse(error)
        return decision if self._options.drift == "heal" else only_told(decision, claim, live)

    async def _carry_out(
        self,
        key: Key,
        decision: Decision,
        live: LiveSecret | None,
        opened_by: Iterable[str],
    ) -> _Pass:
        seen = Mark(live.uid, live.resource_version) if live else None
        match decision:
            case Keep():
                return _Pass(outcome=status.success(opened_by), mark=seen)
            case Tell(differences):
                return _Pass(outcome=status.drift(differences), mark=seen)
            case Refuse(error):
                return _Pass(outcome=status.failure(status.UPDATE_FAILED, error), mark=seen)
        before = self._memory.mark(key)
        written = Mark.of(await self._write(key, decision))
        self._memory.see_written(key, before=before, written=written)
        return _Pass(
            outcome=status.success(opened_by), action=_ACTIONS[type(decision)], mark=written
        )

    async def _write(self, key: Key, decision: Create | Replace | Recreate) -> JsonObject:
        body = decision.secret.to_content()
        if isinstance(decision, Replace):
            return await self._api.replace(SECRETS, body, field_manager=FIELD_MANAGER)
        if isinstance(decision, Recreate):
            await self._delete(key, decision)
        return await self._api.create(SECRETS, body, field_manager=FIELD_MANAGER)

    async def _delete(self, key: Key, decision: Recreate) -> None:
        try:
            await self._api.delete(
                SECRETS,
                key.name,
                key.namespace,
                uid=decision.uid,
                resource_version=decision.resource_version,
            )
        except ApiForbidden as error:
            raise OwnershipConflict(
                f"{decision.reason.what}, and the unsealer may not delete Secrets",
                hint="delete the Secret, or give the unsealer the right to",
            ) from error
        except ApiNotFound:
            return


_ACTIONS: Final[dict[type, Action]] = {
    Create: "create",
    Replace: "replace",
    Recreate: "recreate",
}
