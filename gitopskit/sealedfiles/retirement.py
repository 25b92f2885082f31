"""Retiring a sealing key: controllers pass its Secret over, and nothing may need it any more.

Owns which Secret it is and what stands against it. The Secret stays, under another value of its
label, so a retirement can be taken back. Start at ``read_key_secrets`` and ``require_retirable``.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from gitopskit.errors import ApiNotFound, InputError, KeyInUse, UnusableKey
from gitopskit.kube.resources import SEALED_SECRETS, SECRETS
from gitopskit.manifests.documents import Manifest
from gitopskit.manifests.positions import Position
from gitopskit.manifests.settled_names import HYBRID_KEY_LABEL
from gitopskit.sealedfiles.key_inspection import public_certificate
from gitopskit.sealedfiles.part_findings import named_in
from gitopskit.sealedfiles.reading import read_manifest
from gitopskit.sealedfiles.sealed_tree import LINK
from gitopskit.sealedfiles.strays import STRAY
from gitopskit.sealing.keys import KEY_LABEL, KEY_LABEL_ACTIVE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gitopskit.kube.client import KubeClient
    from gitopskit.manifests.findings import Finding
    from gitopskit.manifests.json_types import JsonObject
    from gitopskit.sealedfiles.sealed_text import SealedPart
    from gitopskit.sealedfiles.usage import KeyUse

RETIRED: Final = "retired"
FIELD_MANAGER: Final = "gitopskit-keys"

_MOST_NAMED: Final = 5
_HINT: Final = (
    "move them with `gitopskit seal reencrypt` and apply the result; --private-key FILE tells of "
    "which key the unknown ones are"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class KeySecret:
    """A Secret with a sealing key in a cluster, without the key; ``state`` is its label's value.

    Hybrid keys have another ``label`` than RSA keys.
    """

    namespace: str
    name: str
    fingerprint: str
    state: str
    not_before_utc: datetime
    resource_version: str
    label: str = KEY_LABEL

    @property
    def where(self) -> str:
        """Return ``kind/namespace/name``."""
        return str(SECRETS.ref(namespace=self.namespace, name=self.name))

    @property
    def change(self) -> str:
        """Return what retiring does to it."""
        return f"{self.where}: label {self.label}: {self.state} -> {RETIRED}"

    @property
    def is_active(self) -> bool:
        """Whether controllers use it."""
        return self.state == KEY_LABEL_ACTIVE


async def read_key_secrets(
    api: KubeClient, namespace: str
) -> tuple[list[KeySecret], list[UnusableKey]]:
    """Return the key Secrets of a namespace, retired ones too, and which of them cannot be read.

    Raises:
        ApiError: the API server refuses or does not answer.
    """
    secrets: list[KeySecret] = []
    problems: list[UnusableKey] = []
    for label in (KEY_LABEL, HYBRID_KEY_LABEL):
        listing = await api.list(SECRETS, namespace, label_selector=label)
        for content in listing.items:
            where = str(SECRETS.ref_of(content))
            try:
                secrets.append(_key_secret(content, label, where=where))
            except UnusableKey as error:
                problems.append(error)
    return secrets, problems


async def read_live_sealed(api: KubeClient) -> tuple[list[SealedPart], list[Finding]]:
    """Return the SealedSecrets of a whole cluster, and findings about those that cannot be read.

    Raises:
        ApiError: the API server refuses or does not answer.
    """
    try:
        listing = await api.list(SEALED_SECRETS)
    except ApiNotFound:  # without the definition there is none
        return [], []
    parts: list[SealedPart] = []
    findings: list[Finding] = []
    for content in listing.items:
        manifest = Manifest(content=content, path="", index=0, position=Position(1, 1))
        part, faults = read_manifest(manifest)
        parts += [part] if part else []
        findings += faults
    return parts, findings


def require_retirable(secrets: Sequence[KeySecret], fingerprint: str) -> list[KeySecret]:
    """Return the active Secrets of a key; none if it is retired already.

    The only hybrid key may be retired: what is sealed afterwards is sealed to RSA.

    Raises:
        InputError: no Secret holds it.
        KeyInUse: it is the newest active key of its kind, which seals, or the only RSA key.
    """
    own = [secret for secret in secrets if secret.fingerprint == fingerprint]
    if not own:
        there = ", ".join(sorted({secret.fingerprint for secret in secrets})) or "none"
        raise InputError(
            f"no Secret of the namespace holds the sealing key {fingerprint}",
            hint=f"name the namespace with --namespace; keys that are there: {there}",
        )
    active = [secret for secret in secrets if secret.is_active and secret.label == own[0].label]
    chosen = [secret for secret in own if secret.is_active]
    if not chosen:
        return []
    if all(secret.fingerprint == fingerprint for secret in active):
        if own[0].label == HYBRID_KEY_LABEL:
            return chosen
        raise KeyInUse(
            "it is the only active key of the cluster",
            where=chosen[0].where,
            hint="let the controller make a new key first, or add one with `gitopskit keys new`",
        )
    newest = max(active, key=lambda secret: secret.not_before_utc)
    if newest.not_before_utc == max(secret.not_before_utc for secret in chosen):
        raise KeyInUse(
            "it is the newest active key: what is sealed now is sealed to it",
            where=chosen[0].where,
            hint="let the controller make a new key first, or add one with `gitopskit keys new`",
        )
    return chosen


def require_unused(
    fingerprint: str, users: Sequence[KeyUse], unreadable: Sequence[Finding], *, where: str
) -> None:
    """Check that nothing needs a key, or may need it.

    ``users`` are the items that do or may, ``unreadable`` findings about SealedSecrets, links and
    other places of which nothing can be told.

    Raises:
        KeyInUse: something does or may; the error names the first.
    """
    certain = [use for use in users if use.key.fingerprint == fingerprint]
    possible = [use for use in users if use.key.fingerprint != fingerprint]
    count = len(users) + len(unreadable)
    if not count:
        return
    places = [f"{use.where} {named_in(use.part, use.key.item)}" for use in (*certain, *possible)]
    places = [*places[:_MOST_NAMED], *(_place(each) for each in unreadable)][:_MOST_NAMED]
    more = f" and {count - len(places)} more" if count > len(places) else ""
    raise KeyInUse(
        f"items that need it: {len(certain)}, that may need it: {count - len(certain)}: "
        f"{', '.join(places)}{more}",
        where=where,
        hint=_HINT if users else unreadable[0].hint or _HINT,
    )


async def relabel(api: KubeClient, secret: KeySecret) -> None:
    """Mark a key Secret as retired, if it is still what was read.

    Raises:
        ApiConflict: it was changed meanwhile.
        ApiError: the API server refuses or does not answer.
    """
    patch = {
        "metadata": {
            "resourceVersion": secret.resource_version,
            "labels": {secret.label: RETIRED},
        }
    }
    await api.patch(
        SECRETS, secret.name, secret.namespace, patch=patch, field_manager=FIELD_MANAGER
    )


def _key_secret(content: JsonObject, label: str, *, where: str) -> KeySecret:
    certificate = public_certificate(content, where=where)
    if certificate is None:
        raise UnusableKey("the key Secret has no certificate", where=where)
    metadata = content["metadata"]
    return KeySecret(
        namespace=str(metadata["namespace"]),
        name=str(metadata["name"]),
        fingerprint=certificate.fingerprint,
        state=str(metadata["labels"][label]),
        not_before_utc=certificate.not_before_utc.astimezone(UTC),
        resource_version=str(metadata["resourceVersion"]),
        label=label,
    )


def _place(finding: Finding) -> str:
    """Return where it is, and what it is if it is no SealedSecret."""
    place = finding.where if finding.path else finding.subject
    return f"{place} ({finding.message})" if finding.rule in (LINK, STRAY) else place
