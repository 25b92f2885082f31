"""A store as the ``spec.provider`` of a SecretStore; pure.

Source: CustomResourceDefinition ``secretstores.external-secrets.io``, version v1.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from gitopskit.errors import InputError
from gitopskit.externalsecrets.stores import (
    AwsServiceAccount,
    AwsStore,
    AzureServicePrincipal,
    AzureStore,
    AzureWorkloadIdentity,
    VaultAppRole,
    VaultStore,
    VaultToken,
)
from gitopskit.manifests.names import require_dns_subdomain
from gitopskit.redaction import scrub

if TYPE_CHECKING:
    from gitopskit.externalsecrets.stores import AwsAuth, AzureAuth, SecretKey, Store, VaultAuth
    from gitopskit.manifests.json_types import JsonObject

_URL: Final = re.compile(r"https?://[A-Za-z0-9._~:/\[\]-]+")
_MOUNT: Final = re.compile(r"[A-Za-z0-9._-]+(/[A-Za-z0-9._-]+)*")
_REGION: Final = re.compile(r"[a-z]{2,}(-[a-z]+)+-\d+")
_ROLE_ARN: Final = re.compile(r"arn:[a-z-]+:iam::\d{12}:role/[\w+=,.@/-]+")
_UUID: Final = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


def provider_of(store: Store) -> JsonObject:
    """Return the ``spec.provider`` of a SecretStore.

    Raises:
        InputError: an address, a region, a role or a name is malformed.
    """
    if isinstance(store, VaultStore):
        return {"vault": _vault(store)}
    if isinstance(store, AwsStore):
        return {"aws": _aws(store)}
    return {"azurekv": _azure(store)}


def _vault(store: VaultStore) -> JsonObject:
    _require(_URL, store.server, "Vault server", "https://vault.example.com:8200")
    _require(_MOUNT, store.mount, "mount of the engine", "secret")
    provider: JsonObject = {"server": store.server, "path": store.mount, "version": store.engine}
    if store.vault_namespace:
        namespace = _require(_MOUNT, store.vault_namespace, "Vault namespace", "team/web")
        provider["namespace"] = namespace
    return {**provider, "auth": _vault_auth(store.auth)}


def _vault_auth(auth: VaultAuth) -> JsonObject:
    if isinstance(auth, VaultToken):
        return {"tokenSecretRef": _selector(auth.token)}
    _require(_MOUNT, auth.mount, "mount of the login", "kubernetes or approle")
    if isinstance(auth, VaultAppRole):
        role_id = _filled(auth.role_id, "role id", "pass `--role-id`")
        secret_id = _selector(auth.secret_id)
        return {"appRole": {"path": auth.mount, "roleId": role_id, "secretRef": secret_id}}
    role = _filled(auth.role, "role", "pass `--role`, the role that Vault knows")
    login: JsonObject = {"mountPath": auth.mount, "role": role}
    if auth.service_account:
        login["serviceAccountRef"] = _service_account(auth.service_account)
    return {"kubernetes": login}


def _aws(store: AwsStore) -> JsonObject:
    _require(_REGION, store.region, "region", "eu-central-1")
    provider: JsonObject = {"service": "SecretsManager", "region": store.region}
    if store.role_arn:
        example = "arn:aws:iam::123456789012:role/secrets"
        provider["role"] = _require(_ROLE_ARN, store.role_arn, "role", example)
    if store.auth is not None:
        provider["auth"] = _aws_auth(store.auth)
    return provider


def _aws_auth(auth: AwsAuth) -> JsonObject:
    if isinstance(auth, AwsServiceAccount):
        return {"jwt": {"serviceAccountRef": _service_account(auth.name)}}
    references = {
        "accessKeyIDSecretRef": _selector(auth.access_key_id),
        "secretAccessKeySecretRef": _selector(auth.secret_access_key),
    }
    return {"secretRef": references}


def _azure(store: AzureStore) -> JsonObject:
    if not store.vault_url.startswith("https://"):
        raise _malformed(store.vault_url, "vault address", "https://shop.vault.azure.net")
    _require(_URL, store.vault_url, "vault address", "https://shop.vault.azure.net")
    return {"vaultUrl": store.vault_url, **_azure_auth(store.auth)}


def _azure_auth(auth: AzureAuth) -> JsonObject:
    if isinstance(auth, AzureWorkloadIdentity):
        account = _service_account(auth.service_account)
        return {"authType": "WorkloadIdentity", "serviceAccountRef": account}
    if isinstance(auth, AzureServicePrincipal):
        example = "00000000-0000-0000-0000-000000000000"
        credential = {
            "clientId": _selector(auth.client_id),
            "clientSecret": _selector(auth.client_secret),
        }
        tenant = _require(_UUID, auth.tenant_id, "tenant id", example)
        return {"authType": "ServicePrincipal", "tenantId": tenant, "authSecretRef": credential}
    chosen = {"identityId": auth.identity_id} if auth.identity_id else {}
    return {"authType": "ManagedIdentity", **chosen}


def _selector(secret_key: SecretKey) -> JsonObject:
    return {"name": secret_key.name, "key": secret_key.key}


def _service_account(name: str) -> JsonObject:
    return {"name": require_dns_subdomain(name, what="ServiceAccount name")}


def _filled(value: str, what: str, hint: str) -> str:
    if not value:
        raise InputError(f"the {what} is missing", hint=hint)
    return value


def _require(pattern: re.Pattern[str], value: str, what: str, example: str) -> str:
    if not pattern.fullmatch(value):
        raise _malformed(value, what, example)
    return value


def _malformed(value: str, what: str, example: str) -> InputError:
    return InputError(
        f"{scrub(value, limit=80)!r} cannot be a {what}" if value else f"the {what} is missing",
        hint=f"use a form such as {example}",
    )
