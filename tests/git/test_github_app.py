"""Repositories that a GitHub App may read."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitopskit.errors import GitFailed, InputError
from gitopskit.git.app_access import AppTokens
from gitopskit.git.app_tokens import AppToken, GitHubApp, proof, read_token
from gitopskit.git.credentials import RepositoryCredential, prepare_remote
from gitopskit.git.remotes import parse_remote
from gitopskit.redaction import Plaintext
from tests.support.clock import FakeClock
from tests.support.github_api import GitHubApi, serve_github_api
from tests.support.shims import install_shims

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.git.conftest import MirrorFactory
    from tests.support.gitrepo import SourceRepository
    from tests.support.gitserver import GitServer


@pytest.fixture
def api(tmp_path: Path) -> Iterator[GitHubApi]:
    folder = tmp_path / "api"
    folder.mkdir()
    with serve_github_api(folder) as api:
        yield api


@pytest.fixture
def credential(api: GitHubApi) -> RepositoryCredential:
    return RepositoryCredential(
        source="Secret/argocd/shop",
        type="repository",
        url="https://localhost/shop.git",
        app=GitHubApp(
            source="Secret/argocd/shop",
            app_id="12",
            installation_id="34",
            private_key=Plaintext(api.private_key),
            api_url=api.url,
        ),
    )


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def tokens(clock: FakeClock) -> AppTokens:
    return AppTokens(clock)


def trusting(api: GitHubApi) -> dict[str, str]:
    return {"localhost": api.ca_pem}


def test_an_app_is_given_a_token(
    api: GitHubApi, credential: RepositoryCredential, tokens: AppTokens, clock: FakeClock
) -> None:
    now = int(clock.now_utc().timestamp())

    given_one = tokens.with_token(credential, authorities=trusting(api))

    assert given_one.username == "x-access-token"
    assert given_one.password == Plaintext(api.token.encode())
    assert api.claims == [{"iss": "12", "iat": now - 60, "exp": now + 540}]


def test_a_token_is_kept_until_shortly_before_it_ends(
    api: GitHubApi, credential: RepositoryCredential, tokens: AppTokens, clock: FakeClock
) -> None:
    tokens.with_token(credential, authorities=trusting(api))
    clock.advance(3600 - 301)
    tokens.with_token(credential, authorities=trusting(api))
    asked = len(api.claims)

    clock.advance(2)
    tokens.with_token(credential, authorities=trusting(api))

    assert (asked, len(api.claims)) == (1, 2)


def test_a_repository_is_read_with_the_token_and_nothing_shows_it(
    source: SourceRepository,
    https_server: GitServer,
    mirror_of: MirrorFactory,
    api: GitHubApi,
    credential: RepositoryCredential,
    tmp_path: Path,
) -> None:
    https_server.username, https_server.password = "x-access-token", api.token
    commit = source.commit({"a": "1"})
    shims = install_shims(tmp_path / "shims", ("git", "sh", "cat"))
    remote = prepare_remote(
        parse_remote(https_server.url("shop.git")),
        credential=AppTokens(FakeClock()).with_token(credential, authorities=trusting(api)),
        tls_certificates={"data": {"localhost": https_server.ca_pem}},
    )

    files = mirror_of(remote, path=shims.path).snapshot(remote, commit)

    assert (files.root / "a").read_text() == "1"
    assert shims.records("git")
    assert not [record for record in shims.records() if api.token in record]
    cached = [file for file in (tmp_path / "cache").rglob("*") if file.is_file()]
    assert not [file for file in cached if api.token.encode() in file.read_bytes()]


def test_a_password_beside_an_app_comes_first(
    api: GitHubApi, credential: RepositoryCredential, tokens: AppTokens
) -> None:
    both = replace(credential, password=Plaintext(b"own"))

    assert tokens.with_token(both, authorities=trusting(api)) is both
    assert api.claims == []


@pytest.mark.parametrize("status", [401, 403, 404, 500, 302])
def test_an_app_that_is_not_let_in_is_told_and_nothing_is_shown(
    api: GitHubApi, credential: RepositoryCredential, tokens: AppTokens, status: int
) -> None:
    api.status = status
    api.location = "https://elsewhere.example.com/"

    with pytest.raises(GitFailed, match="GitHub's API") as caught:
        tokens.with_token(credential, authorities=trusting(api))

    assert caught.value.where == api.url
    assert api.token not in repr(caught.value)


def test_an_api_of_an_unknown_authority_is_not_trusted(
    api: GitHubApi, credential: RepositoryCredential, tokens: AppTokens
) -> None:
    with pytest.raises(GitFailed, match="certificate is not trusted"):
        tokens.with_token(credential, authorities={})

    assert api.claims == []


def test_words_of_any_language_beside_an_authority_do_no_harm(
    api: GitHubApi, credential: RepositoryCredential, tokens: AppTokens
) -> None:
    named = {"localhost": f"# Zertifikat für das Büro\n{api.ca_pem}"}

    given_one = tokens.with_token(credential, authorities=named)

    assert given_one.password == Plaintext(api.token.encode())


@pytest.mark.parametrize("url", ["https://127.0.0.1:1/api", "https://no..host/api"])
def test_an_api_that_is_not_there_is_told(
    credential: RepositoryCredential, tokens: AppTokens, url: str
) -> None:
    assert credential.app is not None
    gone = replace(credential, app=replace(credential.app, api_url=url))

    with pytest.raises(GitFailed, match="cannot be reached"):
        tokens.with_token(gone, authorities={})


@pytest.mark.parametrize("key", [b"", b"no key", b"-----BEGIN RSA PRIVATE KEY-----\nAAAA\n"])
def test_a_key_that_is_none_is_told_and_not_shown(
    credential: RepositoryCredential, clock: FakeClock, key: bytes
) -> None:
    assert credential.app is not None

    with pytest.raises(InputError, match="no RSA key in PEM form") as caught:
        proof(replace(credential.app, private_key=Plaintext(key)), now=clock.now_utc())

    assert caught.value.where == "Secret/argocd/shop"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{}",
        b'{"token": "", "expires_at": "2026-11-23T13:00:00Z"}',
        b'{"token": "a\\nb", "expires_at": "2026-11-23T13:00:00Z"}',
        b'{"token": "a", "expires_at": "soon"}',
        b"[" * 100_000,
    ],
)
def test_an_answer_without_a_token_is_told(body: bytes) -> None:
    with pytest.raises(GitFailed, match="has no token in it"):
        read_token(body, where="https://git.example.com/api/v3")


@given(st.binary(max_size=100) | st.text().map(lambda it: f'{{"token":"{it}"}}'.encode()))
def test_any_answer_is_a_token_or_an_error(body: bytes) -> None:
    try:
        found = read_token(body, where="x")
    except GitFailed:
        return
    assert isinstance(found, AppToken)
