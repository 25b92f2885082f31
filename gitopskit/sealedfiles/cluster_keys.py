"""The key Secrets of a cluster, with their keys: read for a backup, acknowledged, restored."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gitopskit.errors import ApiConflict, ApiNotFound, IntegrityFault
from gitopskit.kube.resources import SECRETS
from gitopskit.manifests.settled_names import HYBRID_KEY_LABEL
from gitopskit.sealedfiles.key_backup import (
    LiveKeySecret,
    acknowledged,
    holds_the_same,
    plan_restore,
    read_secret,
    renamed,
)
from gitopskit.sealing.key_secrets import DEFAULT_KEY_PREFIX
from gitopskit.sealing.keys import KEY_LABEL

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from gitopskit.kube.client import KubeClient
    from gitopskit.manifests.json_types import JsonObject
    from gitopskit.sealedfiles.key_backup import RestorePlan

FIELD_MANAGER: Final = "gitopskit-keys"
_ATTEMPTS: Final = 4


async def read_key_secrets(api: KubeClient, namespace: str) -> list[LiveKeySecret]:
    """Return the key Secrets of a namespace in every state, the old one without a label too.

    Raises:
        ApiError: the API server refuses or does not answer.
    """
    found: dict[str, JsonObject] = {}
    for label in (KEY_LABEL, HYBRID_KEY_LABEL):
        listing = await api.list(SECRETS, namespace, label_selector=label)
        found |= {item["metadata"]["name"]: item for item in listing.items}
    old = await _read(api, DEFAULT_KEY_PREFIX, namespace)
    if old is not None and read_secret(old).key:
        found[DEFAULT_KEY_PREFIX] = old
    return [read_secret(content) for _, content in sorted(found.items())]


async def acknowledge(api: KubeClient, secret: LiveKeySecret, *, now: datetime) -> None:
    """Note on a key Secret that it is backed up, and let it seal, if it is what was read.

    Raises:
        IntegrityFault: another key is in its place.
        ApiError: the API server refuses or does not answer.
    """
    ref = SECRETS.ref_of(secret.content)
    attempt = 0
    while True:
        live = await api.get(SECRETS, ref.name, ref.namespace)
        if not holds_the_same(live, secret.content):
            raise IntegrityFault(
                "the key was replaced after it was backed up, and is not acknowledged",
                where=secret.where,
                hint="make another backup",
            )
        try:
            await api.replace(SECRETS, acknowledged(live, now=now), field_manager=FIELD_MANAGER)
        except ApiConflict:
            attempt += 1
            if attempt == _ATTEMPTS:
                raise
        else:
            return


async def plan(api: KubeClient, secrets: Sequence[JsonObject], *, where: str) -> RestorePlan:
    """Return what restoring the Secrets of a backup would do; a name that is taken gets longer.

    Raises:
        IntegrityFault: a name is taken by something else, and no other one will do.
        ApiError: the API server refuses or does not answer.
    """
    live: dict[str, JsonObject] = {}
    wanted = [await _named(api, content, live) for content in secrets]
    return plan_restore(wanted, live, where=where)


async def restore(api: KubeClient, content: JsonObject) -> str:
    """Create a key Secret; return ``kind/namespace/name``.

    Raises:
        ApiConflict: there is one of this name by now.
        ApiError: the API server refuses or does not answer.
    """
    await api.create(SECRETS, content, field_manager=FIELD_MANAGER)
    return place_of(content)


def place_of(content: JsonObject) -> str:
    """Return ``kind/namespace/name`` of a Secret."""
    return str(SECRETS.ref_of(content))


async def _named(api: KubeClient, content: JsonObject, live: dict[str, JsonObject]) -> JsonObject:
    """Return a Secret under a name that no other key has, and keep in ``live`` what has it."""
    for candidate in (content, renamed(content)):
        if candidate is None:
            break
        ref = SECRETS.ref_of(candidate)
        found = await _read(api, ref.name, ref.namespace)
        if found is None:
            return candidate
        live[str(ref)] = found
        if holds_the_same(found, candidate):
            return candidate
    return content


async def _read(api: KubeClient, name: str, namespace: str) -> JsonObject | None:
    try:
        return await api.get(SECRETS, name, namespace)
    except ApiNotFound:
        return None
