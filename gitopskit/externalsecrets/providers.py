"""A store as the ``spec.provider`` of a SecretStore; pure.

Source: CustomResourceDefinition ``secretstores.external-secrets.io``, version v1.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from gitopskit.errors import InputError
from gitopskit.externalsecrets.stores import (
    AwsAccessKey,
    AwsServiceAccount,
    AwsStore,
    AzureManagedIdentity,
    AzureServicePrincipal,
    AzureStore,
    AzureWorkloadIdentity,
    VaultAppRole,
    VaultKubernetes,
    VaultStore,
    VaultToken,
)
from gitopskit.manifests.names import require_dns_subdomain

if TYPE_CHECKING:
    from gitopskit.externalsecrets.stores import SecretKey, Store, VaultAuth
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
    match store:
        case VaultStore():
            return {"vault": _vault(store)}
        case AwsStore():
            return {"aws": _aws(store)}
        case AzureStore():
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
    match auth:
        case VaultToken():
            return {"tokenSecretRef": _selector(auth.token)}
        case VaultAppRole():
            _require(_MOUNT, auth.mount, "mount of the login", "approle")
            role_id = _filled(auth.role_id, "role id", "pass `--role-id`")
            secret_id = _selector(auth.secret_id)
            return {"appRole": {"path": auth.mount, "roleId": role_id, "secretRef": secret_id}}
        case VaultKubernetes():
            _require(_MOUNT, auth.mount, "mount of the login", "kubernetes")
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
    match store.auth:
        case AwsServiceAccount(name=name):
            provider["auth"] = {"jwt": {"serviceAccountRef": _service_account(name)}}
        case AwsAccessKey(access_key_id=key_id, secret_access_key=secret):
            references = {
                "accessKeyIDSecretRef": _selector(key_id),
                "secretAccessKeySecretRef": _selector(secret),
            }
            provider["auth"] = {"secretRef": references}
        case None:
            pass
    return provider


def _azure(store: AzureStore) -> JsonObject:
    if not store.vault_url.startswith("https://"):
        raise _malformed(store.vault_url, "vault address", "https://shop.vault.azure.net")
    _require(_URL, store.vault_url, "vault address", "https://shop.vault.azure.net")
    provider: JsonObject = {"vaultUrl": store.vault_url}
    match store.auth:
        case AzureWorkloadIdentity(service_account=name):
            return {
                **provider,
                "authType": "WorkloadIdentity",
                "serviceAccountRef": _service_account(name),
            }
        case AzureServicePrincipal(tenant_id=tenant, client_id=client, client_secret=secret):
            return {
                **provider,
                "authType": "ServicePrincipal",
                "tenantId": _require(
                    _UUID, tenant, "tenant id", "00000000-0000-0000-0000-000000000000"
                ),
                "authSecretRef": {
                    "clientId": _selector(client),
                    "clientSecret": _selector(secret),
                },
            }
        case AzureManagedIdentity(identity_id=identity):
            chosen = {"identityId": identity} if identity else {}
            return {**provider, "authType": "ManagedIdentity", **chosen}


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
        f"{value[:80]!r} cannot be a {what}" if value else f"the {what} is missing",
        hint=f"use a form such as {example}",
    )
