"""Which repository Secret belongs to a URL, and what it lets through."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from gitopskit.errors import InputError, UnsupportedField
from gitopskit.git.app_tokens import GitHubApp
from gitopskit.git.credentials import (
    RepositoryCredential,
    choose_credential,
    parse_repository_secret,
    prepare_remote,
)
from gitopskit.git.remotes import HttpsCredential, SshCredential, parse_remote
from gitopskit.redaction import Plaintext

URL = "https://git.example.com/team/shop.git"
WITH_PASSWORD = {"password": "x"}
Content = dict[str, Any]


def secret(name: str, kind: str = "repository", /, **fields: str) -> Content:
    return {
        "metadata": {
            "name": name,
            "namespace": "argocd",
            "labels": {"argocd.argoproj.io/secret-type": kind},
        },
        "data": {key: base64.b64encode(value.encode()).decode() for key, value in fields.items()},
    }


def chosen(secrets: list[Content], url: str = URL, *, project: str = "") -> str:
    credential = choose_credential(secrets, url, project=project)
    return credential.source.rpartition("/")[2] if credential else ""


def test_the_fields_of_a_secret_are_read() -> None:
    content = secret("a", type="git", url=URL, name="shop", project="p", username="me")
    content["data"]["password"] = base64.b64encode(b"hunter2").decode()

    assert parse_repository_secret(content) == RepositoryCredential(
        source="Secret/argocd/a",
        type="repository",
        url=URL,
        project="p",
        username="me",
        password=Plaintext(b"hunter2"),
    )


def test_a_credential_does_not_print_its_secret() -> None:
    parsed = parse_repository_secret(
        secret("a", url=URL, password="hunter2", sshPrivateKey="k3y")  # noqa: S106 -- not a real one
    )

    assert "hunter2" not in repr(parsed)
    assert "k3y" not in repr(parsed)


@pytest.mark.parametrize(
    "field",
    [
        "bearerToken",
        "enableLfs",
        "insecure",
        "insecureIgnoreHostKey",
        "proxy",
        "tlsClientCertData",
        "tlsClientCertKey",
        "useAzureWorkloadIdentity",
    ],
)
def test_a_field_that_is_not_honoured_is_refused_by_name(field: str) -> None:
    with pytest.raises(UnsupportedField, match=field) as caught:
        parse_repository_secret(secret("a", url=URL, **{field: "true"}))

    assert caught.value.where == "Secret/argocd/a"


def test_a_github_app_is_read() -> None:
    parsed = parse_repository_secret(
        secret(
            "a",
            url=URL,
            githubAppID="12",
            githubAppInstallationID="34",
            githubAppPrivateKey="k3y",
            githubAppEnterpriseBaseUrl="https://git.example.com/api/v3",
        )
    )

    assert parsed.has_secret
    assert parsed.app == GitHubApp(
        source="Secret/argocd/a",
        app_id="12",
        installation_id="34",
        private_key=Plaintext(b"k3y"),
        api_url="https://git.example.com/api/v3",
    )
    assert "k3y" not in repr(parsed)


@pytest.mark.parametrize(
    "fields",
    [
        {"githubAppID": "12", "githubAppPrivateKey": "x"},
        {"githubAppID": "../12", "githubAppInstallationID": "34"},
        {"githubAppPrivateKey": "x"},
        {
            "githubAppID": "12",
            "githubAppInstallationID": "34",
            "githubAppEnterpriseBaseUrl": "ssh://git@git.example.com/api",
        },
        {
            "githubAppID": "12",
            "githubAppInstallationID": "34",
            "githubAppEnterpriseBaseUrl": "http://git.example.com/api",
        },
    ],
    ids=["no installation", "a path for an id", "only a key", "an ssh API", "an http API"],
)
def test_an_app_that_is_not_whole_is_refused(fields: dict[str, str]) -> None:
    with pytest.raises(InputError):
        parse_repository_secret(secret("a", url=URL, **fields))


def test_a_registry_of_charts_is_refused() -> None:
    with pytest.raises(UnsupportedField, match="type"):
        parse_repository_secret(secret("a", type="oci", url=URL))


@pytest.mark.parametrize("value", ["false", "", "False"])
def test_a_field_that_is_off_is_fine(value: str) -> None:
    assert parse_repository_secret(secret("a", url=URL, insecure=value)).url == URL


@pytest.mark.parametrize(
    ("content", "what"),
    [
        ({"metadata": {"name": "a"}}, "names no repository"),
        (secret("a"), "has no url"),
        (secret("a", url=URL) | {"data": {"url": "%%%"}}, "url is not base64"),
        (secret("a", url=URL) | {"data": {"url": "/w=="}}, "url is not text"),
        (secret("a", url=URL, password="x" * 40_000), "more than 32768 bytes"),
    ],
    ids=["no label", "no url", "no base64", "no text", "too large"],
)
def test_a_secret_that_cannot_be_used_is_told(content: Content, what: str) -> None:
    with pytest.raises(InputError, match=what):
        parse_repository_secret(content)


@pytest.mark.parametrize(
    ("registered", "asked"),
    [
        (URL, URL),
        ("https://git.example.com/team/shop", URL),
        ("https://GIT.example.com:443/team/shop/", URL),
        ("git@git.example.com:team/shop.git", "ssh://git@git.example.com/team/shop"),
        ("ssh://git@git.example.com:22/team/shop", "git@git.example.com:team/shop"),
    ],
    ids=["the same", "without .git", "with the port", "scp-like", "ssh"],
)
def test_two_ways_to_write_a_url_are_one_repository(registered: str, asked: str) -> None:
    assert chosen([secret("a", url=registered)], asked) == "a"


@pytest.mark.parametrize(
    "registered",
    [
        "https://git.example.com/team",
        "https://git.example.com/team/shop2",
        "https://git.example.com:8443/team/shop",
        "https://other.example.com/team/shop",
        "ssh://git@git.example.com/team/shop",
        "not a url",
        "",
    ],
)
def test_a_repository_secret_is_for_its_own_url_only(registered: str) -> None:
    assert chosen([secret("a", url=registered, **WITH_PASSWORD)]) == ""


@pytest.mark.parametrize(
    ("prefix", "is_for_it"),
    [
        ("https://git.example.com", True),
        ("https://git.example.com/", True),
        ("https://git.example.com/team", True),
        ("https://git.example.com/team/shop.git", True),
        ("https://git.example.com/te", False),
        ("https://git.example.com/team/shop/deeper", False),
        ("https://git.example.co", False),
        ("https://git.example.com.evil.example", False),
    ],
)
def test_a_prefix_counts_in_whole_parts(prefix: str, *, is_for_it: bool) -> None:
    found = chosen([secret("a", "repo-creds", url=prefix, **WITH_PASSWORD)])

    assert found == ("a" if is_for_it else "")


def test_an_scp_like_host_is_a_prefix() -> None:
    creds = secret("a", "repo-creds", url="git@git.example.com:", sshPrivateKey="k")

    assert chosen([creds], "git@git.example.com:team/shop.git") == "a"
    assert chosen([creds], "other@git.example.com:team/shop.git") == ""


def test_the_longest_prefix_wins() -> None:
    secrets = [
        secret("host", "repo-creds", url="https://git.example.com", **WITH_PASSWORD),
        secret("team", "repo-creds", url="https://git.example.com/team", **WITH_PASSWORD),
    ]

    assert chosen(secrets) == "team"


def test_the_repository_comes_before_the_longest_prefix() -> None:
    secrets = [
        secret("prefix", "repo-creds", url="https://git.example.com/team", **WITH_PASSWORD),
        secret("repository", url=URL, **WITH_PASSWORD),
    ]

    assert chosen(secrets) == "repository"


def test_a_repository_without_a_secret_of_its_own_takes_the_prefixes() -> None:
    secrets = [
        secret("prefix", "repo-creds", url="https://git.example.com/team", **WITH_PASSWORD),
        secret("repository", url=URL),
    ]

    assert chosen(secrets) == "prefix"
    assert chosen(secrets[1:]) == "repository"


def test_a_secret_of_another_project_is_not_used() -> None:
    mine, theirs = (secret(name, url=URL, **WITH_PASSWORD, project=name) for name in ("p", "q"))
    common = secret("all", url=URL, **WITH_PASSWORD)

    assert chosen([theirs, common, mine], project="p") == "p"
    assert chosen([theirs, common], project="p") == "all"
    assert chosen([theirs], project="p") == ""


def test_a_broken_secret_of_another_repository_disturbs_nobody() -> None:
    other = secret("other", url="https://git.example.com/other", proxy="x")
    broken = secret("broken", url="x") | {"data": {"url": "%%%"}}

    assert chosen([other, broken, {}, secret("a", url=URL)]) == "a"


def test_a_broken_secret_of_this_repository_is_told() -> None:
    with pytest.raises(UnsupportedField, match="proxy"):
        chosen([secret("a", url=URL, proxy="x")])


def test_what_is_no_url_has_no_credential() -> None:
    assert chosen([secret("a", url=URL)], "--upload-pack") == ""


def test_an_https_remote_gets_the_password_and_the_authority_of_its_host() -> None:
    credential = parse_repository_secret(secret("a", url=URL, **WITH_PASSWORD))
    trust = {"data": {"git.example.com": "PEM", "other": "OTHER"}}

    remote = prepare_remote(parse_remote(URL), credential=credential, tls_certificates=trust)

    assert remote.credential == HttpsCredential(username="git", password=Plaintext(b"x"))
    assert remote.ca_pem == "PEM"
    assert remote.known_hosts == ""


def test_an_ssh_remote_gets_the_key_and_the_known_hosts() -> None:
    url = "git@git.example.com:team/shop"
    credential = parse_repository_secret(secret("a", url=url, sshPrivateKey="KEY"))
    hosts = {"data": {"ssh_known_hosts": "git.example.com ssh-ed25519 AAAA"}}

    remote = prepare_remote(parse_remote(url), credential=credential, known_hosts=hosts)

    assert remote.credential == SshCredential(private_key=Plaintext(b"KEY\n"))
    assert remote.known_hosts == "git.example.com ssh-ed25519 AAAA"


@pytest.mark.parametrize(
    ("url", "fields", "what"),
    [
        (URL, {"sshPrivateKey": "k"}, "needs a password"),
        ("git@git.example.com:a", {"password": "x"}, "needs an sshPrivateKey"),
        (URL, {"password": "x\nusername=admin"}, "has a line end"),
        (URL, {"password": "x", "username": "a\nb"}, "has a line end"),
    ],
    ids=["a key for https", "a password for ssh", "line end in password", "line end in name"],
)
def test_a_credential_of_the_wrong_kind_is_told(
    url: str, fields: dict[str, str], what: str
) -> None:
    credential = parse_repository_secret(secret("a", url=url, **fields))

    with pytest.raises(InputError, match=what):
        prepare_remote(parse_remote(url), credential=credential)


def test_a_public_or_local_repository_needs_no_credential() -> None:
    registered = parse_repository_secret(secret("a", url=URL))
    local = parse_remote("/srv/git", allow_local=True)
    key = parse_repository_secret(secret("a", url=URL, **WITH_PASSWORD))

    assert prepare_remote(parse_remote(URL), credential=None).credential is None
    assert prepare_remote(parse_remote(URL), credential=registered).credential is None
    assert prepare_remote(local, credential=key).credential is None
