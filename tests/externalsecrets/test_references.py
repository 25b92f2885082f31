"""What ``KEY=REMOTE[#PROPERTY][@VERSION]`` means, and what each backend would misread."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as some

from gitopskit.errors import InputError
from gitopskit.externalsecrets.references import (
    Item,
    RemoteReference,
    check_reference,
    parse_item,
    parse_remote,
)
from gitopskit.externalsecrets.stores import (
    AwsStore,
    AzureManagedIdentity,
    AzureStore,
    Store,
    VaultKubernetes,
    VaultStore,
)

LOGIN = VaultKubernetes(role="web")
V2 = VaultStore(server="https://vault.example.com", auth=LOGIN)
V1 = VaultStore(server="https://vault.example.com", auth=LOGIN, engine="v1")
DEEP = VaultStore(server="https://vault.example.com", auth=LOGIN, mount="team/kv")
AWS = AwsStore(region="eu-central-1")
AZURE = AzureStore(vault_url="https://shop.vault.azure.net", auth=AzureManagedIdentity())
ARN = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:prod/db-AbCdEf"
ID = "0f8fad5b-d9cb-469f-a165-70867728950e"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("app/db", RemoteReference(key="app/db")),
        ("app/db#password", RemoteReference(key="app/db", property="password")),
        ("app/db@3", RemoteReference(key="app/db", version="3")),
        ("app/db#a.b@3", RemoteReference(key="app/db", property="a.b", version="3")),
        ("a@b@", RemoteReference(key="a@b")),
        ("a@b@3", RemoteReference(key="a@b", version="3")),
        (
            f"db@uuid/{ID}",
            RemoteReference(key="db", version=f"uuid/{ID}"),
        ),
    ],
    ids=["key", "property", "version", "all", "at in name", "at and version", "id"],
)
def test_a_remote_reference_is_taken_apart(text: str, expected: RemoteReference) -> None:
    assert parse_remote(text) == expected


def test_an_item_names_the_key_first() -> None:
    assert parse_item("DB_PASSWORD=app/db#a=b") == Item(
        key="DB_PASSWORD", remote=RemoteReference(key="app/db", property="a=b")
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("PASSWORD", "does not say which key gets which value"),
        ("=app/db", "'' cannot be a key of a Secret"),
        ("a b=app/db", "'a b' cannot be a key of a Secret"),
        ("a=", "a part of '' is empty"),
        ("a=#password", "a part of '#password' is empty"),
        ("a=db#", "a part of 'db#' is empty"),
        ("a=db#users.#.name", "the property 'users.#.name' would be read as a query"),
        ("a=db#pass*", "the property 'pass*' would be read as a query"),
    ],
    ids=["no key", "empty key", "space", "no remote", "no path", "no property", "each", "star"],
)
def test_another_form_is_refused(text: str, message: str) -> None:
    with pytest.raises(InputError, match=re.escape(message)) as caught:
        parse_item(text)

    assert caught.value.hint


@pytest.mark.parametrize(
    ("store", "remote"),
    [
        (V2, "app/db@3"),
        (V2, "secrets/db"),
        (V1, "data/db"),
        (V1, "secret/db"),
        (DEEP, "team/db"),
        (AWS, "prod/db#password@AWSPREVIOUS"),
        (AWS, f"prod/db@uuid/{ID}"),
        (AWS, f"{ARN}#password"),
        (AWS, "me@example.com@"),
        (AZURE, "db-password"),
        (AZURE, "cert/site@" + "0" * 32),
    ],
    ids=[
        "vault version",
        "vault folder like the mount",
        "vault v1 data",
        "vault v1 mount",
        "vault part of the mount",
        "aws stage",
        "aws id",
        "aws arn",
        "aws at",
        "azure name",
        "azure version",
    ],
)
def test_a_plain_reference_is_accepted(store: Store, remote: str) -> None:
    check_reference(parse_remote(remote), store)


@pytest.mark.parametrize(
    ("store", "remote", "message"),
    [
        (V2, "secret/db", "the path 'secret/db' repeats the mount"),
        (V2, "secret/data/db", "the path 'secret/data/db' repeats the mount"),
        (V2, "data/db", "the path 'data/db' repeats the mount"),
        (V2, "metadata/db", "the path 'metadata/db' repeats the mount"),
        (DEEP, "team/kv/db", "the path 'team/kv/db' repeats the mount"),
        (V2, "/app/db", "'/app/db' is no path in Vault"),
        (V2, "app/../db", "'app/../db' is no path in Vault"),
        (V2, "app//db", "'app//db' is no path in Vault"),
        (V2, "app/db@latest", "'latest' is no version in Vault"),
        (V2, "app/db@0", "'0' is no version in Vault"),
        (V1, "app/db@1", "'app/db' has a version, but a v1 engine keeps none"),
        (AWS, "a b", "'a b' is no name of a secret in AWS"),
        (AWS, "prod/db-abc123", "ends like an ARN's random part"),
        (AWS, "db@latest", "the version 'latest' would be read as a stage"),
        (AWS, f"db@{ID}", "would be read as a stage of that name"),
        (AWS, "db@a b", "'a b' is no stage or version in AWS"),
        (AZURE, "DB_PASSWORD", "'DB_PASSWORD' is no name in an Azure Key Vault"),
        (AZURE, "secrets/db", "'secrets/db' is no name in an Azure Key Vault"),
        (AZURE, "db@1", "'1' is no version in an Azure Key Vault"),
    ],
    ids=[
        "vault mount",
        "vault mount and data",
        "vault data",
        "vault metadata",
        "vault deep mount",
        "vault absolute",
        "vault upwards",
        "vault empty part",
        "vault latest",
        "vault zero",
        "vault v1 version",
        "aws name",
        "aws random part",
        "aws latest",
        "aws bare id",
        "aws stage",
        "azure name",
        "azure prefix",
        "azure version",
    ],
)
def test_what_a_backend_would_misread_is_refused(store: Store, remote: str, message: str) -> None:
    with pytest.raises(InputError, match=re.escape(message)) as caught:
        check_reference(parse_remote(remote), store)

    assert caught.value.hint


def test_the_hint_gives_the_path_below_the_mount() -> None:
    with pytest.raises(InputError) as caught:
        check_reference(parse_remote("secret/data/app/db"), V2)

    assert caught.value.hint == "give the path below the mount: app/db"


@given(text=some.text(alphabet="ab/#@=. \n*", max_size=12))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        remote = parse_remote(text)
    except InputError:
        return
    parts = remote.key + ("#" + remote.property if remote.property else "")
    assert text in {parts, f"{parts}@{remote.version}"}
