"""The backends that secrets are fetched from, and how the operator logs in to them.

Pure values. A store never holds a credential, only the name of the Secret or ServiceAccount that
does. How they are written is known to providers.py.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from gitopskit.errors import InputError

_SECRET_NAME: Final = re.compile(r"[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?")
_SECRET_KEY: Final = re.compile(r"[-._a-zA-Z0-9]{1,253}")


@dataclass(frozen=True, slots=True)
class SecretKey:
    """One item of a Secret in the store's own namespace: where a credential lies."""

    name: str
    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class VaultKubernetes:
    """Log in with a ServiceAccount's token; an empty name is the operator's own account."""

    role: str
    service_account: str = ""
    mount: str = "kubernetes"


@dataclass(frozen=True, slots=True, kw_only=True)
class VaultAppRole:
    """Log in with a role id and the secret id that a Secret holds."""

    role_id: str
    secret_id: SecretKey
    mount: str = "approle"


@dataclass(frozen=True, slots=True, kw_only=True)
class VaultToken:
    """Use a token that a Secret holds."""

    token: SecretKey


VaultAuth: TypeAlias = VaultKubernetes | VaultAppRole | VaultToken


@dataclass(frozen=True, slots=True, kw_only=True)
class VaultStore:
    """A key-value engine of Vault or OpenBao; ``mount`` is where the engine is mounted."""

    server: str
    auth: VaultAuth
    mount: str = "secret"
    engine: Literal["v1", "v2"] = "v2"
    vault_namespace: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AwsServiceAccount:
    """Take the identity that a ServiceAccount is bound to."""

    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AwsAccessKey:
    """Use an access key that a Secret holds."""

    access_key_id: SecretKey
    secret_access_key: SecretKey


AwsAuth: TypeAlias = AwsServiceAccount | AwsAccessKey


@dataclass(frozen=True, slots=True, kw_only=True)
class AwsStore:
    """AWS Secrets Manager in one region; without ``auth`` the operator's own identity is used."""

    region: str
    auth: AwsAuth | None = None
    role_arn: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AzureWorkloadIdentity:
    """Take the identity that a ServiceAccount is annotated with."""

    service_account: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AzureServicePrincipal:
    """Log in with a client id and secret that Secrets hold."""

    tenant_id: str
    client_id: SecretKey
    client_secret: SecretKey


@dataclass(frozen=True, slots=True, kw_only=True)
class AzureManagedIdentity:
    """Take the node's managed identity; an empty id is the only one it has."""

    identity_id: str = ""


AzureAuth: TypeAlias = AzureWorkloadIdentity | AzureServicePrincipal | AzureManagedIdentity


@dataclass(frozen=True, slots=True, kw_only=True)
class AzureStore:
    """An Azure Key Vault."""

    vault_url: str
    auth: AzureAuth


Store: TypeAlias = VaultStore | AwsStore | AzureStore


def parse_secret_key(text: str, *, what: str) -> SecretKey:
    """Return the item that ``NAME#KEY`` means.

    Raises:
        InputError: it has another form; the message does not show it, because it may be the
            credential itself.
    """
    name, _, key = text.partition("#")
    if not _SECRET_NAME.fullmatch(name) or not _SECRET_KEY.fullmatch(key):
        raise InputError(
            f"{what} must name a Secret and its key",
            hint="use the form NAME#KEY, as in login#token",
        )
    return SecretKey(name, key)
