"""One pass over one SealedSecret: read, decide, write, tell.

The shell around decide.py and status.py. A pass that changes nothing writes nothing and tells
nobody.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, Literal

from gitopskit.errors import (
    ApiError,
    ApiForbidden,
    ApiInvalid,
    ApiNotFound,
    GitopskitError,
    InputError,
    OwnershipConflict,
    Undecryptable,
    UnsupportedField,
)
from gitopskit.kube.resources import SEALED_SECRETS, SECRETS
from gitopskit.sealing.key_memory import KeyMemory
from gitopskit.sealing.template import render_template
from gitopskit.sealing.unseal import unseal_secret
from gitopskit.unsealer import closed, status
from gitopskit.unsealer.allowed import require_allowed
from gitopskit.unsealer.claim import Claim
from gitopskit.unsealer.decide import (
    Create,
    Keep,
    Recreate,
    Refuse,
    Replace,
    Tell,
    decide,
)
from gitopskit.unsealer.drift import is_drift, only_told
from gitopskit.unsealer.live_secret import LiveSecret
from gitopskit.unsealer.ownership import FIELD_MANAGER
from gitopskit.unsealer.records import Mark, Seen, Settled
from gitopskit.unsealer.report import Pass

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Executor

    from gitopskit.kube.client import KubeClient
    from gitopskit.manifests.json_types import JsonObject
    from gitopskit.sealing.unseal import Keyring, UnsealedSecret
    from gitopskit.unsealer.allowed import Allowed
    from gitopskit.unsealer.decide import Decision
    from gitopskit.unsealer.intake import Intake
    from gitopskit.unsealer.options import DriftPolicy
    from gitopskit.unsealer.records import Key
    from gitopskit.unsealer.report import Action, Reporter
    from gitopskit.unsealer.sealing_keys import SealingKeys

Next = Literal["done", "again", "retry"]
"""What comes after a pass: nothing, another pass at once, or one after a pause."""

_FOR_THE_STATUS: Final = (ApiForbidden, ApiInvalid)
"""Refusals that somebody must act on: a quota, an admission policy, a malformed label."""

_PATIENCE_SECONDS: Final = 2.0
"""A right that is denied for longer is told: an API server that starts knows no roles yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerOptions:
    """What Secrets may be made, and whether one that was changed is healed or only told.

    ``is_watched`` tells whether a watch shows that a Secret is there; where none does, it is looked
    for in every pass.
    """

    allowed: Allowed
    drift: DriftPolicy = "heal"
    is_watched: Callable[[Key], bool] = lambda _: True


class Worker:
    """Brings Secrets to what their SealedSecrets say."""

    def __init__(
        self,
        api: KubeClient,
        options: WorkerOptions,
        *,
        intake: Intake,
        keys: SealingKeys,
        reporter: Reporter,
        threads: Executor,
    ) -> None:
        """Keep what a pass needs; values are opened on ``threads``."""
        self._api = api
        self._options = options
        self._memory = intake.memory
        self._contents = intake.contents
        self._keys = keys
        self._reporter = reporter
        self._threads = threads
        self._opened_before = KeyMemory()
        self._forbidden_since: dict[Key, float] = {}

    async def handle(self, key: Key) -> Next:
        """Do one pass; tell what comes next.

        Raises:
            ApiError: a fault that passes; the same pass may succeed later.
        """
        seen = self._memory.seen(key)
        if seen is None or self._memory.is_settled(key):
            self._forbidden_since.pop(key, None)
            return "done"
        keyring = self._keys.keyring
        started = self._api.clock.monotonic_seconds()
        content = await self._content(key, seen)
        if content is None:
            return "done"
        if content["metadata"]["resourceVersion"] != seen.version:
            seen = Seen.of(content)
        done = await self._sync(key, content, keyring)
        self._forbidden_since.pop(key, None)
        seconds = self._api.clock.monotonic_seconds() - started
        versions = frozenset({seen.version})
        if done.outcome.is_tellable:
            told = replace(done, duration_seconds=seconds)
            versions = await self._reporter.tell(key, content, seen=seen, done=told)
        if self._keys.keyring is not keyring:
            return "again"
        self._memory.settle(
            key, Settled(wish=seen.wish, outcome=done.outcome, mark=done.mark, versions=versions)
        )
        return "done" if done.outcome.is_settled else "retry"

    async def _content(self, key: Key, seen: Seen) -> JsonObject | None:
        """Return the SealedSecret, None if it is gone or about to go."""
        content = self._contents.take(key, seen.version)
        if content is None:
            try:
                content = await self._api.get(SEALED_SECRETS, key.name, key.namespace)
            except ApiNotFound:
                return None
        return None if content["metadata"].get("deletionTimestamp") else content

    async def _sync(self, key: Key, content: JsonObject, keyring: Keyring) -> Pass:
        loop = asyncio.get_running_loop()
        before = self._memory.mark(key)
        try:
            unsealed = await loop.run_in_executor(self._threads, self._unseal, content, keyring)
        except GitopskitError as error:
            return Pass.failed("unseal_failed", status.failure(status.UNSEAL_FAILED, error), before)
        before = self._memory.mark(key)
        try:
            live = await self._live(key, before)
            return await self._carry_out(key, self._decide(content, unsealed, live), unsealed)
        except _FOR_THE_STATUS as error:
            if error.is_about_ending_namespace:
                return Pass.failed("update_failed", status.namespace_ends(), before)
            if self._may_pass(key, error):
                raise
            return Pass.failed("update_failed", status.refusal(error), before)
        except OwnershipConflict as error:
            outcome = status.failure(status.UPDATE_FAILED, error)
            return Pass.failed("update_failed", outcome, before)

    def _may_pass(self, key: Key, error: ApiError) -> bool:
        """Tell whether a refusal is rather to be tried again than told."""
        settled = self._memory.settled(key)
        if error.is_about_credentials:
            return True
        if not isinstance(error, ApiForbidden) or (settled and not settled.outcome.is_synced):
            return False
        now = self._api.clock.monotonic_seconds()
        return now - self._forbidden_since.setdefault(key, now) < _PATIENCE_SECONDS

    def _unseal(self, content: JsonObject, keyring: Keyring) -> UnsealedSecret:
        if not keyring.keys:
            raise InputError(
                f"there is no sealing key in the namespace {self._options.allowed.key_namespace}",
                hint="create one with `gitopskit bootstrap` or `gitopskit keys new`",
            )
        try:
            unsealed = unseal_secret(content, keyring=keyring, memory=self._opened_before)
        except Undecryptable as error:
            if not error.items:
                raise
            what = closed.describe(content, error.items, keyring=keyring)
            raise Undecryptable(what, hint=error.hint, items=error.items) from error
        require_allowed(unsealed, self._options.allowed)
        return render_template(unsealed)

    async def _live(self, key: Key, before: Mark | None) -> LiveSecret | None:
        is_watched = self._options.is_watched(key)
        if before is None and is_watched:
            return None
        try:
            found = await self._api.get(SECRETS, key.name, key.namespace)
        except ApiNotFound:
            found = None
        if not is_watched:
            self._memory.see_secret(key, None if found is None else Mark.of(found))
        return None if found is None else LiveSecret.of(found)

    def _decide(
        self, content: JsonObject, unsealed: UnsealedSecret, live: LiveSecret | None
    ) -> _Judgement:
        claim = Claim.of(content)
        decision = decide(claim, unsealed, live)
        try:
            if isinstance(decision, Create | Replace | Recreate):
                require_allowed(decision.secret, self._options.allowed)
        except UnsupportedField as error:
            decision = Refuse(error)
        has_drifted = is_drift(decision, claim)
        if self._options.drift == "report":
            decision = only_told(decision, claim, live)
        mark = Mark(live.uid, live.resource_version) if live else None
        return _Judgement(decision=decision, has_drifted=has_drifted, mark=mark)

    async def _carry_out(self, key: Key, judgement: _Judgement, unsealed: UnsealedSecret) -> Pass:
        decision, mark = judgement.decision, judgement.mark
        match decision:
            case Keep():
                return Pass(kind="unchanged", outcome=status.success(unsealed.opened_by), mark=mark)
            case Tell(differences):
                outcome = status.drift(differences)
                return Pass(kind="drift", outcome=outcome, mark=mark, has_drifted=True)
            case Refuse(error):
                is_foreign = isinstance(error, OwnershipConflict)
                kind: Literal["unmanaged", "update_failed"] = (
                    "unmanaged" if is_foreign else "update_failed"
                )
                return Pass.failed(kind, status.failure(status.UPDATE_FAILED, error), mark)
        before = self._memory.mark(key)
        written = Mark.of(await self._write(key, decision))
        self._memory.see_written(key, before=before, written=written)
        return Pass(
            kind="created" if isinstance(decision, Create) else "replaced",
            outcome=status.success(unsealed.opened_by),
            action=_ACTIONS[type(decision)],
            mark=written,
            has_drifted=judgement.has_drifted,
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
            if self._may_pass(key, error):
                raise
            raise OwnershipConflict(
                f"{decision.reason.what}, and the unsealer may not delete Secrets",
                hint="delete the Secret, or give the unsealer the right to",
            ) from error
        except ApiNotFound:
            return


@dataclass(frozen=True, slots=True, kw_only=True)
class _Judgement:
    """What is to be done, whether that is because of drift, and the Secret that was looked at."""

    decision: Decision
    has_drifted: bool
    mark: Mark | None


_ACTIONS: Final[dict[type, Action]] = {
    Create: "create",
    Replace: "replace",
    Recreate: "recreate",
}
