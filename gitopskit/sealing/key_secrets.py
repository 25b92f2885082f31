"""The Secrets that carry sealing keys in a cluster: in which state each is, and since when.

Pure. Owns the labels and annotations of key Secrets and the order of keys; keys.py reads and makes
the keys themselves. Nothing here holds a private half, except what ``read_key`` returns.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from gitopskit.errors import UnusableKey
from gitopskit.manifests.settled_names import HYBRID_KEY_LABEL, HYBRID_KEY_TYPE
from gitopskit.sealing.keys import KEY_LABEL, KEY_LABEL_ACTIVE, load_certificate, read_key_secret
from gitopskit.timestamps import parse_rfc3339

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from gitopskit.manifests.json_types import JsonObject
    from gitopskit.sealing.certificates import KeyKind
    from gitopskit.sealing.keys import PrivateKey

KeyState = Literal["active", "pending", "retired"]
KeyOrder = Literal["CertNotBefore", "SecretCreationTimestamp"]
"""By which date a key is newer than another. Source: kubeseal's controller, its flag's values."""

KEY_LABEL_PENDING: Final = "pending"
"""The label's value of a key that was made and is not sealed to before it is backed up."""

BACKED_UP: Final = "gitopskit.io/key-backed-up"
"""The annotation that says when a backup of the key was acknowledged."""

DEFAULT_KEY_PREFIX: Final = "sealed-secrets-key"
"""How the names of key Secrets begin; also the name of the one that needs no label.

Source: github.com/bitnami-labs/sealed-secrets, pkg/controller, flag ``key-prefix``.
"""

_TYPES: Final = {KEY_LABEL: "kubernetes.io/tls", HYBRID_KEY_LABEL: HYBRID_KEY_TYPE}
"""The type of the Secrets that a label is for."""

_HINT: Final = "label it otherwise, or replace it by what `gitopskit keys new -o secret` prints"


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterKey:
    """A sealing key of a cluster, without its private half.

    ``name`` is its Secret's. ``created_utc`` is when the Secret was created, which a restored
    backup changes; ``backed_up_utc`` is when a backup was acknowledged, if one was.
    """

    name: str
    fingerprint: str
    kind: KeyKind = "rsa"
    state: KeyState
    not_before_utc: datetime
    not_after_utc: datetime
    created_utc: datetime
    backed_up_utc: datetime | None = None

    @property
    def is_backed_up(self) -> bool:
        """Whether somebody said that the key exists twice."""
        return self.backed_up_utc is not None

    def dated_utc(self, order: KeyOrder) -> datetime:
        """Return the date by which the key is newer or older than others."""
        return self.not_before_utc if order == "CertNotBefore" else self.created_utc

    def age_seconds(self, now: datetime) -> float:
        """Return how long ago the key was made, by its certificate."""
        return (now - self.not_before_utc).total_seconds()


def newest_first(keys: Iterable[ClusterKey], order: KeyOrder) -> tuple[ClusterKey, ...]:
    """Return keys by age; of those with one date the same comes first everywhere."""
    ranked = sorted(
        keys, key=lambda key: (key.dated_utc(order), key.not_before_utc, key.name), reverse=True
    )
    return tuple(ranked)


def state_of(content: JsonObject, *, prefix: str) -> KeyState:
    """Return in which state a key Secret is, by its label.

    A Secret without a label is retired, unless its name is the prefix of keys: the oldest
    controllers made such a one.
    """
    metadata = content["metadata"]
    value = (metadata.get("labels") or {}).get(_label_of(content))
    if value is None:
        return "active" if metadata["name"] == prefix else "retired"
    if value == KEY_LABEL_ACTIVE:
        return "active"
    return "pending" if value == KEY_LABEL_PENDING else "retired"


def _label_of(content: JsonObject) -> str:
    labels = content["metadata"].get("labels") or {}
    return HYBRID_KEY_LABEL if HYBRID_KEY_LABEL in labels and KEY_LABEL not in labels else KEY_LABEL


def with_state(content: JsonObject, state: KeyState) -> JsonObject:
    """Return a key Secret with the label that puts it into a state."""
    metadata = content["metadata"]
    labels = {**(metadata.get("labels") or {}), _label_of(content): state}
    return {**content, "metadata": {**metadata, "labels": labels}}


def read_key(
    content: JsonObject,
    *,
    where: str,
    prefix: str = DEFAULT_KEY_PREFIX,
    known: PrivateKey | None = None,
) -> tuple[ClusterKey, PrivateKey]:
    """Return the key in a key Secret as the API server sent it, without and with its private half.

    ``known`` is what an earlier reading of the same items gave: they are not read again.

    Raises:
        UnusableKey: the Secret has another type, lacks the key or its certificate, they cannot be
            read, or they do not belong together.
    """
    label = _label_of(content)
    needed = _TYPES[label]
    if content.get("type") != needed:
        raise UnusableKey(
            f"a Secret of the type {content.get('type') or 'Opaque'} cannot hold this sealing key",
            where=where,
            hint=f"make it anew with the type {needed}",
        )
    private = known or read_key_secret(content, where=where)
    if not private.certificate_pem:
        raise UnusableKey("the key Secret has no certificate", where=where, hint=_HINT)
    certificate = load_certificate(private.certificate_pem, where=where)
    if certificate.is_hybrid != (label == HYBRID_KEY_LABEL):
        raise UnusableKey(f"a key of another kind than the label {label} is for", where=where)
    metadata = content["metadata"]
    annotations = metadata.get("annotations") or {}
    created = parse_rfc3339(metadata.get("creationTimestamp") or "")
    public = ClusterKey(
        name=metadata["name"],
        fingerprint=private.fingerprint,
        kind="hybrid" if certificate.is_hybrid else "rsa",
        state=state_of(content, prefix=prefix),
        not_before_utc=certificate.not_before_utc,
        not_after_utc=certificate.not_after_utc,
        created_utc=created or certificate.not_before_utc,
        backed_up_utc=parse_rfc3339(annotations.get(BACKED_UP) or ""),
    )
    return public, private
