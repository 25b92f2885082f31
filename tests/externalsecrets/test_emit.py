"""The SecretStore and the ExternalSecret that come out."""

from dataclasses import replace

import pytest

from gitopskit.errors import InputError
from gitopskit.externalsecrets.emit import EmitOptions, emit
from gitopskit.externalsecrets.references import parse_item, parse_remote
from gitopskit.externalsecrets.stores import (
    AwsAccessKey,
    AwsServiceAccount,
    AwsStore,
    AzureManagedIdentity,
    AzureServicePrincipal,
    AzureStore,
    AzureWorkloadIdentity,
    SecretKey,
    Store,
    VaultAppRole,
    VaultKubernetes,
    VaultStore,
    VaultToken,
)
from gitopskit.manifests.json_types import JsonObject

SERVER = "https://vault.example.com:8200"
SELECTED = SecretKey("login", "key")
SELECTOR = {"name": "login", "key": "key"}
TENANT = "0f8fad5b-d9cb-469f-a165-70867728950e"
VAULT_URL = "https://shop.vault.azure.net"
VAULT = VaultStore(server=SERVER, auth=VaultKubernetes(role="web"))
OPTIONS = EmitOptions(
    name="db",
    namespace="prod-web",
    store_name="vault",
    store=VAULT,
    items=(parse_item("PASSWORD=app/db#password@3"),),
)


def test_the_external_secret_says_what_is_fetched() -> None:
    _, secret = emit(replace(OPTIONS, extracts=(parse_remote("app/all"),), target_name="login"))

    assert secret == {
        "apiVersion": "external-secrets.io/v1",
        "kind": "ExternalSecret",
        "metadata": {"name": "db", "namespace": "prod-web"},
        "spec": {
            "refreshInterval": "1h0m0s",
            "secretStoreRef": {"kind": "SecretStore", "name": "vault"},
            "target": {"name": "login", "creationPolicy": "Owner"},
            "data": [
                {
                    "secretKey": "PASSWORD",
                    "remoteRef": {"key": "app/db", "property": "password", "version": "3"},
                }
            ],
            "dataFrom": [{"extract": {"key": "app/all"}}],
        },
    }


def test_what_is_not_wanted_is_absent() -> None:
    _, secret = emit(replace(OPTIONS, items=(), extracts=(parse_remote("app/all"),)))

    assert "data" not in secret["spec"]
    assert secret["spec"]["target"]["name"] == "db"


@pytest.mark.parametrize(
    ("store", "provider"),
    [
        (
            VAULT,
            {
                "vault": {
                    "server": SERVER,
                    "path": "secret",
                    "version": "v2",
                    "auth": {"kubernetes": {"mountPath": "kubernetes", "role": "web"}},
                }
            },
        ),
        (
            VaultStore(
                server=SERVER,
                auth=VaultKubernetes(role="web", service_account="web", mount="eu"),
                mount="team/kv",
                engine="v1",
                vault_namespace="team",
            ),
            {
                "vault": {
                    "server": SERVER,
                    "path": "team/kv",
                    "version": "v1",
                    "namespace": "team",
                    "auth": {
                        "kubernetes": {
                            "mountPath": "eu",
                            "role": "web",
                            "serviceAccountRef": {"name": "web"},
                        }
                    },
                }
            },
        ),
        (
            VaultStore(server=SERVER, auth=VaultAppRole(role_id="id", secret_id=SELECTED)),
            {
                "vault": {
                    "server": SERVER,
                    "path": "secret",
                    "version": "v2",
                    "auth": {"appRole": {"path": "approle", "roleId": "id", "secretRef": SELECTOR}},
                }
            },
        ),
        (
            VaultStore(server=SERVER, auth=VaultToken(token=SELECTED)),
            {
                "vault": {
                    "server": SERVER,
                    "path": "secret",
                    "version": "v2",
                    "auth": {"tokenSecretRef": SELECTOR},
                }
            },
        ),
        (
            AwsStore(region="eu-central-1", role_arn="arn:aws:iam::123456789012:role/web"),
            {
                "aws": {
                    "service": "SecretsManager",
                    "region": "eu-central-1",
                    "role": "arn:aws:iam::123456789012:role/web",
                }
            },
        ),
        (
            AwsStore(region="us-gov-west-1", auth=AwsServiceAccount(name="web")),
            {
                "aws": {
                    "service": "SecretsManager",
                    "region": "us-gov-west-1",
                    "auth": {"jwt": {"serviceAccountRef": {"name": "web"}}},
                }
            },
        ),
        (
            AwsStore(
                region="eu-central-1",
                auth=AwsAccessKey(access_key_id=SELECTED, secret_access_key=SELECTED),
            ),
            {
                "aws": {
                    "service": "SecretsManager",
                    "region": "eu-central-1",
                    "auth": {
                        "secretRef": {
                            "accessKeyIDSecretRef": SELECTOR,
                            "secretAccessKeySecretRef": SELECTOR,
                        }
                    },
                }
            },
        ),
        (
            AzureStore(vault_url=VAULT_URL, auth=AzureWorkloadIdentity(service_account="web")),
            {
                "azurekv": {
                    "vaultUrl": VAULT_URL,
                    "authType": "WorkloadIdentity",
                    "serviceAccountRef": {"name": "web"},
                }
            },
        ),
        (
            AzureStore(
                vault_url=VAULT_URL,
                auth=AzureServicePrincipal(
                    tenant_id=TENANT, client_id=SELECTED, client_secret=SELECTED
                ),
            ),
            {
                "azurekv": {
                    "vaultUrl": VAULT_URL,
                    "authType": "ServicePrincipal",
                    "tenantId": TENANT,
                    "authSecretRef": {"clientId": SELECTOR, "clientSecret": SELECTOR},
                }
            },
        ),
        (
            AzureStore(vault_url=VAULT_URL, auth=AzureManagedIdentity(identity_id="id")),
            {
                "azurekv": {
                    "vaultUrl": VAULT_URL,
                    "authType": "ManagedIdentity",
                    "identityId": "id",
                }
            },
        ),
        (
            AzureStore(vault_url=VAULT_URL, auth=AzureManagedIdentity()),
            {"azurekv": {"vaultUrl": VAULT_URL, "authType": "ManagedIdentity"}},
        ),
    ],
    ids=[
        "vault kubernetes",
        "vault account",
        "vault approle",
        "vault token",
        "aws operator",
        "aws account",
        "aws key",
        "azure account",
        "azure principal",
        "azure identity",
        "azure only identity",
    ],
)
def test_the_store_says_where_and_how_to_log_in(store: Store, provider: JsonObject) -> None:
    written, _ = emit(replace(OPTIONS, store=store, items=(parse_item("a=app-db"),)))

    assert written == {
        "apiVersion": "external-secrets.io/v1",
        "kind": "SecretStore",
        "metadata": {"name": "vault", "namespace": "prod-web"},
        "spec": {"provider": provider},
    }


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (replace(OPTIONS, namespace="prod.web"), "the namespace 'prod.web' is not a DNS name"),
        (replace(OPTIONS, name="Db"), "the name of the ExternalSecret 'Db' is not a DNS name"),
        (replace(OPTIONS, store_name=""), "the name of the store is empty"),
        (replace(OPTIONS, target_name="Db"), "the name of the Secret to be made 'Db'"),
        (replace(OPTIONS, items=()), "there is nothing to fetch"),
        (replace(OPTIONS, items=OPTIONS.items * 2), "the key 'PASSWORD' is given twice"),
        (replace(OPTIONS, refresh_interval="1 day"), "'1 day' is no interval"),
        (replace(OPTIONS, extracts=(parse_remote("data/x"),)), "repeats the mount"),
        (replace(OPTIONS, store=replace(VAULT, server="")), "the Vault server is missing"),
        (replace(OPTIONS, store=replace(VAULT, server="vault")), "'vault' cannot be a Vault"),
        (replace(OPTIONS, store=replace(VAULT, mount="/a")), "'/a' cannot be a mount"),
        (
            replace(OPTIONS, store=replace(VAULT, vault_namespace="a b")),
            "'a b' cannot be a Vault namespace",
        ),
        (
            replace(OPTIONS, store=replace(VAULT, auth=VaultKubernetes(role=""))),
            "the role is missing",
        ),
        (
            replace(
                OPTIONS, store=replace(VAULT, auth=VaultAppRole(role_id="", secret_id=SELECTED))
            ),
            "the role id is missing",
        ),
        (replace(OPTIONS, store=AwsStore(region="europe")), "'europe' cannot be a region"),
        (
            replace(OPTIONS, store=AwsStore(region="eu-central-1", role_arn="web")),
            "'web' cannot be a role",
        ),
        (
            replace(OPTIONS, store=AwsStore(region="eu-west-1", auth=AwsServiceAccount(name="W"))),
            "the ServiceAccount name 'W' is not a DNS name",
        ),
        (
            replace(
                OPTIONS,
                items=(parse_item("a=b"),),
                store=AzureStore(vault_url="http://a", auth=AzureManagedIdentity()),
            ),
            "'http://a' cannot be a vault address",
        ),
        (
            replace(
                OPTIONS,
                items=(parse_item("a=b"),),
                store=AzureStore(
                    vault_url=VAULT_URL,
                    auth=AzureServicePrincipal(
                        tenant_id="me", client_id=SELECTED, client_secret=SELECTED
                    ),
                ),
            ),
            "'me' cannot be a tenant id",
        ),
    ],
    ids=[
        "namespace",
        "name",
        "store name",
        "target",
        "nothing",
        "twice",
        "interval",
        "extract",
        "no server",
        "server",
        "mount",
        "vault namespace",
        "no role",
        "no role id",
        "region",
        "role",
        "account",
        "vault address",
        "tenant",
    ],
)
def test_what_the_operator_would_refuse_is_refused_before(
    options: EmitOptions, message: str
) -> None:
    with pytest.raises(InputError) as caught:
        emit(options)

    assert message in str(caught.value)
    assert caught.value.hint
