"""SealedSecrets as texts, sealed with the keys of tests.support.sealing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gitopskit.manifests.write import dump_documents
from gitopskit.sealing.keys import load_certificate
from gitopskit.sealing.scope import Scope
from gitopskit.sealing.seal import SealOptions, seal_secret
from gitopskit.sealing.unseal import Keyring
from tests.support.sealing import private_key_of, sealing_pair

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gitopskit.manifests.json_types import JsonObject
    from gitopskit.sealing.keys import SealingCertificate


def certificate_of(number: int = 0) -> SealingCertificate:
    """Return the certificate of a test key."""
    return load_certificate(sealing_pair(number).certificate_pem, where="tls.crt")


def fingerprint_of(number: int = 0) -> str:
    """Return the fingerprint of a test key."""
    return certificate_of(number).fingerprint


def keyring_of(*numbers: int) -> Keyring:
    """Return the private halves of test keys."""
    return Keyring([private_key_of(sealing_pair(number)) for number in numbers])


def sealed_content(
    name: str = "db",
    namespace: str = "shop",
    *,
    items: Mapping[str, str] | None = None,
    key: int = 0,
    scope: Scope = Scope.STRICT,
    is_recorded: bool = True,
) -> JsonObject:
    """Return a SealedSecret, by default with the items ``password`` and ``token``."""
    secret = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": name, "namespace": namespace},
        "stringData": dict(items or {"password": "hunter2", "token": "abc"}),
    }
    options = SealOptions(certificate=certificate_of(key), scope=scope, records_keys=is_recorded)
    return seal_secret(secret, options)


def yaml_of(*contents: JsonObject) -> bytes:
    """Return objects as one YAML text."""
    return dump_documents(list(contents)).encode()
