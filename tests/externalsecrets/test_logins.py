"""Which login the answers mean."""

import pytest

from gitopskit.errors import InputError
from gitopskit.externalsecrets.logins import aws_login, azure_login, vault_login
from gitopskit.externalsecrets.stores import (
    AwsAccessKey,
    AwsServiceAccount,
    AzureManagedIdentity,
    AzureServicePrincipal,
    AzureWorkloadIdentity,
    SecretKey,
    VaultAppRole,
    VaultKubernetes,
    VaultToken,
    parse_secret_key,
)

KEY = "login#key"
SELECTED = SecretKey("login", "key")
TENANT = "0f8fad5b-d9cb-469f-a165-70867728950e"


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (vault_login(role="web"), VaultKubernetes(role="web")),
        (
            vault_login(role="web", service_account="web", mount="eu"),
            VaultKubernetes(role="web", service_account="web", mount="eu"),
        ),
        (
            vault_login(role_id="id", secret_id=KEY),
            VaultAppRole(role_id="id", secret_id=SELECTED),
        ),
        (vault_login(token=KEY), VaultToken(token=SELECTED)),
        (aws_login(), None),
        (aws_login(service_account="web"), AwsServiceAccount(name="web")),
        (
            aws_login(access_key_id=KEY, secret_access_key=KEY),
            AwsAccessKey(access_key_id=SELECTED, secret_access_key=SELECTED),
        ),
        (azure_login(service_account="web"), AzureWorkloadIdentity(service_account="web")),
        (azure_login(identity="default"), AzureManagedIdentity()),
        (azure_login(identity="id"), AzureManagedIdentity(identity_id="id")),
        (
            azure_login(tenant_id=TENANT, client_id=KEY, client_secret=KEY),
            AzureServicePrincipal(tenant_id=TENANT, client_id=SELECTED, client_secret=SELECTED),
        ),
    ],
    ids=[
        "vault kubernetes",
        "vault kubernetes elsewhere",
        "vault approle",
        "vault token",
        "aws operator",
        "aws account",
        "aws key",
        "azure account",
        "azure only identity",
        "azure identity",
        "azure principal",
    ],
)
def test_the_answers_decide_the_login(found: object, expected: object) -> None:
    assert found == expected


def test_no_login_is_told_with_those_there_are() -> None:
    with pytest.raises(InputError, match="the login is missing") as caught:
        vault_login()

    assert caught.value.hint == "pass one of: --role; --role-id and --secret-id; --token"


def test_answers_of_two_logins_are_refused() -> None:
    with pytest.raises(InputError, match="--service-account and --managed-identity are different"):
        azure_login(service_account="web", identity="id")


def test_a_token_has_no_mount() -> None:
    with pytest.raises(InputError, match="not mounted anywhere"):
        vault_login(token=KEY, mount="eu")


@pytest.mark.parametrize("text", ["hvs.s3cr3t", "s3cr3t#", "#s3cr3t", "S3cr3t#key"])
def test_a_credential_in_place_of_its_place_is_refused_and_not_shown(text: str) -> None:
    with pytest.raises(InputError, match="--token must name a Secret and its key") as caught:
        parse_secret_key(text, what="--token")

    assert "s3cr3t" not in (str(caught.value) + caught.value.hint).lower()
