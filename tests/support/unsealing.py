"""SealedSecrets and sealing keys for tests, made from plain values."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from gitopskit.sealing.keys import KeyPair, key_secret, new_sealing_key, read_certificate
from gitopskit.sealing.scope import Scope
from gitopskit.sealing.seal import SealOptions, seal_secret

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gitopskit.manifests.json_types import JsonObject
    from gitopskit.sealing.keys import SealingCertificate

START: Final = datetime(2026, 6, 1, 12, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class SealingKey:
    """A key pair with the name of the Secret that holds it."""

    name: str
    pair: KeyPair

    @classmethod
    def new(cls, name: str, *, days_later: int = 0, size_bits: int = 2048) -> SealingKey:
        """Return a new key whose certificate begins so many days after the others'."""
        now = START + timedelta(days=days_later)
        return cls(name, new_sealing_key(now=now, size_bits=size_bits))

    @property
    def certificate(self) -> SealingCertificate:
        """Return what seals to this key."""
        return read_certificate(self.pair.certificate_pem, where=self.name, now=START)

    def secret(self, namespace: str = "kube-system") -> JsonObject:
        """Return the Secret by which the controller finds the key."""
        return key_secret(self.pair, namespace=namespace, name=self.name)

    def seal(
        self,
        name: str,
        namespace: str,
        values: Mapping[str, str],
        *,
        scope: Scope = Scope.STRICT,
        metadata: JsonObject | None = None,
        **secret: object,
    ) -> JsonObject:
        """Return a SealedSecret of these values; ``secret`` holds type and immutable."""
        content: JsonObject = {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {**(metadata or {}), "name": name, "namespace": namespace},
            "stringData": dict(values),
            **secret,
        }
        options = SealOptions(certificate=self.certificate, scope=scope)
        return seal_secret(content, options)


def values_of(secret: JsonObject) -> dict[str, str]:
    """Return the values of a Secret as the API server sent it."""
    data = secret.get("data") or {}
    return {key: base64.b64decode(value).decode() for key, value in data.items()}


def synced(sealed: JsonObject) -> JsonObject:
    """Return the condition Synced of a SealedSecret, empty if it has none."""
    conditions = (sealed.get("status") or {}).get("conditions") or []
    return next((entry for entry in conditions if entry["type"] == "Synced"), {})


def misnamed(content: JsonObject, number: int) -> JsonObject:
    """Return a SealedSecret under a name that its values were not sealed for."""
    return {**content, "metadata": {**content["metadata"], "name": f"broken-{number}"}}
