"""Re-encryption: every item of a file to the newest key, and nothing but what needs it.

Owns which items need it. How an item gets its new envelope is the caller's: with private keys here
(``reseal_with_keys``), or by a controller. The key records make it resumable: a file that is done
says so itself, so a run that was killed is simply run again. Start at ``reencrypt_text``.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeAlias

from gitopskit.errors import Undecryptable
from gitopskit.manifests.findings import Finding
from gitopskit.sealedfiles.closed_items import closed_item, unopened_by_controller
from gitopskit.sealedfiles.sealed_text import NewEnvelope, PartChange, SealedPart
from gitopskit.sealing.envelope import open_value, seal_value
from gitopskit.sealing.hybrid import is_hybrid
from gitopskit.sealing.key_records import KeyRecord, record_of

if TYPE_CHECKING:
    from gitopskit.sealedfiles.controller import Controller
    from gitopskit.sealedfiles.sealed_text import SealedText
    from gitopskit.sealing.keys import PrivateKey, SealingCertificate
    from gitopskit.sealing.unseal import Keyring

Reseal: TypeAlias = Callable[
    [SealedPart, Sequence[str]], tuple[Mapping[str, bytes], Sequence[Finding]]
]
"""Gives new envelopes to items of a SealedSecret; those that it cannot open become findings."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Newest:
    """What items move to; those in hybrid envelopes to ``hybrid``, None leaves them as they are."""

    certificate: SealingCertificate
    hybrid: SealingCertificate | None

    def of(self, envelope: bytes) -> SealingCertificate | None:
        """Return what an item in this envelope moves to."""
        return self.hybrid if is_hybrid(envelope) else self.certificate


@dataclass(frozen=True, slots=True, kw_only=True)
class Reencrypted:
    """A text after re-encryption, what was done to its items, and which could not be opened.

    ``resealed`` counts new envelopes, ``current`` the items that needed none, ``left`` those that
    nothing moves. ``text`` is the old one where nothing changed.
    """

    text: str
    resealed: int
    current: int
    left: int = 0
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Plan:
    """What is to be done to one SealedSecret: items to seal anew, records to add."""

    part: SealedPart
    pending: tuple[str, ...]
    left: tuple[str, ...]
    recorded: Mapping[str, KeyRecord]


def reencrypt_text(
    sealed: SealedText, *, newest: Newest, keyring: Keyring, reseal: Reseal
) -> Reencrypted:
    """Return a text whose items are sealed to the newest keys.

    A record can be wrong, so the keys of the keyring go before it: an item is on that key if it
    opens with it, or, where the keyring lacks it, if it is recorded so and no other key opens it.
    What is on it already is at most recorded.

    Raises:
        InputError: an item cannot be edited in place; nothing of the text is changed then.
    """
    changes: list[PartChange] = []
    findings: list[Finding] = []
    resealed = current = left = 0
    for plan in (_plan(part, newest, keyring) for part in sealed.parts):
        blobs, failed = reseal(plan.part, plan.pending) if plan.pending else ({}, ())
        findings += failed
        resealed += len(blobs)
        left += len(plan.left)
        current += len(plan.part.sealed.encrypted_data) - len(plan.pending) - len(plan.left)
        if blobs or plan.recorded:
            changes.append(_change(plan, blobs, newest))
    return Reencrypted(
        text=sealed.changed(changes),
        resealed=resealed,
        current=current,
        left=left,
        findings=tuple(findings),
    )


def reseal_with_keys(keyring: Keyring, newest: Newest) -> Reseal:
    """Return what opens items with private keys and seals their values to the newest keys."""

    def reseal(
        part: SealedPart, items: Sequence[str]
    ) -> tuple[Mapping[str, bytes], Sequence[Finding]]:
        label, keys = part.sealed.binding.label, part.keys
        blobs: dict[str, bytes] = {}
        findings: list[Finding] = []
        for item in items:
            blob = part.sealed.encrypted_data[item]
            certificate = newest.of(blob) or newest.certificate
            private_keys = [key.key for key in keyring.first(keys[item])]
            try:
                value = open_value(blob, private_keys=private_keys, label=label)
            except Undecryptable:
                findings.append(closed_item(part, item, keyring=keyring))
            else:
                blobs[item] = seal_value(value, public_key=certificate.public_key, label=label)
        return blobs, findings

    return reseal


async def reseal_by_controller(
    sealed: SealedText, controller: Controller, *, fingerprint: str
) -> Reseal:
    """Return what gives the envelopes that a controller made for the items that need one.

    It is asked here, one SealedSecret after another: Bitnami's answers two a second. Hybrid
    envelopes are not sent: one that knows RSA only would refuse the others with them.

    Raises:
        IntegrityFault: it answers with something else than what was sent.
        ApiError: it cannot be reached, or refuses.
    """
    answers: dict[int, Mapping[str, bytes]] = {}
    for index, part in enumerate(sealed.parts):
        keys, blobs = part.keys, part.sealed.encrypted_data
        sent = {item: blob for item, blob in blobs.items() if not is_hybrid(blob)}
        if any(keys[item] != fingerprint for item in sent):
            with contextlib.suppress(Undecryptable):
                answers[index] = await controller.rotate(replace(part.sealed, encrypted_data=sent))

    def reseal(
        part: SealedPart, items: Sequence[str]
    ) -> tuple[Mapping[str, bytes], Sequence[Finding]]:
        blobs = answers.get(sealed.parts.index(part))
        if blobs is None:
            return {}, [unopened_by_controller(part)]
        return {item: blobs[item] for item in items}, ()

    return reseal


def _plan(part: SealedPart, newest: Newest, keyring: Keyring) -> _Plan:
    keys, blobs = part.keys, part.sealed.encrypted_data
    targets = {item: target for item in keys if (target := newest.of(blobs[item])) is not None}
    current = [
        item
        for item, target in targets.items()
        if _is_current(part, item, keys[item], target.fingerprint, keyring)
    ]
    return _Plan(
        part=part,
        pending=tuple(item for item in targets if item not in current),
        left=tuple(item for item in keys if item not in targets),
        recorded={
            item: record_of(blobs[item], fingerprint=targets[item].fingerprint)
            for item in current
            if not keys[item]
        },
    )


def _is_current(
    part: SealedPart, item: str, recorded: str, fingerprint: str, keyring: Keyring
) -> bool:
    """Whether an item is sealed to the key of that fingerprint; a key in hand beats a record."""
    newest = [key for key in keyring.keys if key.fingerprint == fingerprint]
    if newest:
        return _opens(part, item, newest)
    return recorded == fingerprint and not _opens(part, item, keyring.keys)


def _opens(part: SealedPart, item: str, keys: Sequence[PrivateKey]) -> bool:
    blob, label = part.sealed.encrypted_data[item], part.sealed.binding.label
    try:
        open_value(blob, private_keys=[key.key for key in keys], label=label)
    except Undecryptable:
        return False
    return True


def _change(plan: _Plan, blobs: Mapping[str, bytes], newest: Newest) -> PartChange:
    old = plan.part.sealed.encrypted_data
    return PartChange(
        part=plan.part,
        items={
            item: NewEnvelope(
                envelope=blob,
                fingerprint=(newest.of(old[item]) or newest.certificate).fingerprint,
            )
            for item, blob in blobs.items()
        },
        recorded=plan.recorded,
        begins_records=True,
    )
