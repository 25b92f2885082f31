"""Which sealing key a cluster gets at bootstrap: its own, one that was made before, or a new one.

Pure but for the entropy of a new key. What is committed, what is given and what the cluster has
must agree: a value sealed to a key that nobody has is lost.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gitopskit.errors import InputError, IntegrityFault
from gitopskit.manifests.settled_names import HYBRID_KEY_TYPE
from gitopskit.repository.layout import certificate_file
from gitopskit.sealing.key_secrets import BACKED_UP
from gitopskit.sealing.keys import (
    KeyPair,
    PrivateKey,
    key_secret,
    load_certificate,
    new_sealing_key,
    read_private_keys,
)
from gitopskit.timestamps import rfc3339

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from gitopskit.manifests.json_types import JsonObject
    from gitopskit.redaction import Plaintext


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstKey:
    """What a person has: a private key in PEM or none, and the committed certificate or none."""

    environment: str
    private_pem: Plaintext | None = None
    committed_certificate: bytes = b""

    @property
    def where(self) -> str:
        """Return the certificate's path in the repository."""
        return str(certificate_file(self.environment))


def refuse_another_key(first: FirstKey, keys: Sequence[PrivateKey]) -> None:
    """Refuse a key that the cluster would not get: what is sealed to it would never be opened.

    Raises:
        IntegrityFault: the cluster has sealing keys, and this is none of them.
    """
    if first.private_pem is None or not keys:
        return
    [given, *_] = read_private_keys(first.private_pem.reveal(), where="--sealing-key")
    if given.fingerprint not in {key.fingerprint for key in keys}:
        raise IntegrityFault(
            "the cluster has a sealing key already, and it is not the one given",
            where="--sealing-key",
            hint="add the key to the cluster as a Secret of its own, or leave out `--sealing-key`"
            " and seal to the cluster's certificate (`gitopskit keys fetch`)",
        )


def refuse_another_certificate(first: FirstKey, keys: Sequence[PrivateKey]) -> None:
    """Refuse a committed certificate that would be replaced, and what it sealed never opened.

    Raises:
        IntegrityFault: the cluster has sealing keys, and the certificate is of none of them.
    """
    if not first.committed_certificate or not keys:
        return
    where = first.where
    committed = load_certificate(first.committed_certificate, where=where)
    if committed.fingerprint not in {key.fingerprint for key in keys}:
        raise IntegrityFault(
            "the repository's certificate is not of a sealing key that the cluster has",
            where=where,
            hint="add its key to the cluster as a Secret of its own, or remove the certificate and"
            " seal the values again",
        )


def key_to_write(pair: KeyPair, first: FirstKey, *, namespace: str, now: datetime) -> JsonObject:
    """Return the Secret of the first key; one that was given counts as backed up."""
    name = f"sealed-secrets-key-{first.environment}"
    content = key_secret(pair, namespace=namespace, name=name)
    if first.private_pem is None:
        return content
    metadata = {**content["metadata"], "annotations": {BACKED_UP: rfc3339(now)}}
    return {**content, "metadata": metadata}


def refuse_key_without_backup(first: FirstKey, live: bytes, unsealer: Sequence[JsonObject]) -> None:
    """Refuse to make a key that seals before it exists twice, where the unsealer is to forbid that.

    ``unsealer`` are the objects that run it, ``live`` the PEM of the cluster's certificate.

    Raises:
        InputError: it runs with ``--require-key-backup``, and there is no key yet.
    """
    commands = [
        word
        for content in unsealer
        if content["kind"] == "Deployment"
        for container in content["spec"]["template"]["spec"]["containers"]
        for word in (*container.get("command", ()), *container.get("args", ()))
    ]
    if first.private_pem is None and not live and "--require-key-backup" in commands:
        raise InputError(
            "the first sealing key would seal without a backup, which the unsealer is to forbid",
            where="--sealing-key",
            hint="make it with `gitopskit keys new`, keep it, and pass it by `--sealing-key FILE`",
        )


def certificate_in_use(keys: Sequence[PrivateKey], published_pem: bytes) -> bytes:
    """Return the PEM of the certificate that a cluster seals with, empty where there is none.

    It is the published one if that is of a key that is here, for the unsealer chose it; else the
    newest.
    """
    known = {key.certificate_pem.strip() for key in keys}
    return published_pem if published_pem.strip() in known else newest_certificate(keys)


def newest_certificate(keys: Sequence[PrivateKey]) -> bytes:
    """Return the PEM of the newest certificate, empty where there is none."""
    dated = [key for key in keys if key.not_before_utc is not None]
    newest = max(dated, key=lambda key: str(key.not_before_utc), default=None)
    return newest.certificate_pem if newest else b""


def pair_to_install(first: FirstKey, live: bytes, *, now: datetime) -> KeyPair | None:
    """Return the key to put into the cluster, new or given; None where it has one.

    ``live`` is the PEM of the cluster's newest certificate, empty where it has none.

    Raises:
        InputError: a committed certificate has no key, or the key given is not its.
        UnusableKey: the key or the certificate cannot be read.
    """
    if live:
        return None
    where = first.where
    if first.private_pem is None and first.committed_certificate:
        raise InputError(
            "the repository holds a certificate, but neither the cluster nor you have its key",
            where=where,
            hint="pass `--sealing-key FILE`, or remove the certificate and seal the values again",
        )
    if first.private_pem is None:
        return new_sealing_key(now=now)
    return _given_pair(first.private_pem, first.committed_certificate, where=where)


def _given_pair(private_pem: Plaintext, certificate_pem: bytes, *, where: str) -> KeyPair:
    [key, *_] = read_private_keys(private_pem.reveal(), where="--sealing-key")
    if key.is_hybrid:
        raise InputError(
            "the sealing key given is a hybrid key, and a cluster needs one of RSA first",
            where="--sealing-key",
            hint="add it to the cluster as a Secret of its own, of the type "
            f"{HYBRID_KEY_TYPE}, when bootstrap is done",
        )
    certificate = load_certificate(certificate_pem, where=where)
    if key.fingerprint != certificate.fingerprint:
        raise InputError(
            "the sealing key given is not that of the committed certificate",
            where=where,
            hint="pass the key that was made together with this certificate",
        )
    return KeyPair(private_pem=private_pem, certificate_pem=certificate.pem)
