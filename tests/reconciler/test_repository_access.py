"""Which credential the reconciler uses for a repository, with servers that let only some in."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

import pytest

from gitopskit.errors import GitFailed
from gitopskit.reconciler.application import Follow
from gitopskit.reconciler.repositories import Repositories
from tests.support.github_api import GitHubApi, serve_github_api
from tests.support.gitrepo import SourceRepository
from tests.support.gitserver import GitServer, serve_git
from tests.support.reconciling import options

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from gitopskit.manifests.json_types import JsonObject

PASSWORD = "canary-Pa55word"  # noqa: S105 -- of the test's own server


@pytest.fixture
def repository(tmp_path: Path) -> SourceRepository:
    return SourceRepository.create(tmp_path / "served" / "team" / "shop.git")


@pytest.fixture
def server(tmp_path: Path) -> Iterator[GitServer]:
    folder = tmp_path / "https"
    folder.mkdir()
    with serve_git(tmp_path / "served", folder, username="reader", password=PASSWORD) as server:
        yield server


@pytest.fixture
def api(tmp_path: Path) -> Iterator[GitHubApi]:
    folder = tmp_path / "api"
    folder.mkdir()
    with serve_github_api(folder) as api:
        yield api


@pytest.fixture
def repositories(tmp_path: Path) -> Iterator[Repositories]:
    repositories = Repositories(options(tmp_path / "cache").repositories)
    yield repositories
    repositories.close()


def trust(*authorities: str) -> JsonObject:
    return {
        "metadata": {"name": "argocd-tls-certs-cm"},
        "data": {"localhost": "\n".join(authorities)},
    }


def secret(kind: str, **fields: str) -> JsonObject:
    return {
        "metadata": {
            "name": f"{kind}-{fields.get('project', '')}",
            "namespace": "argocd",
            "labels": {"argocd.argoproj.io/secret-type": kind},
        },
        "data": {name: base64.b64encode(it.encode()).decode() for name, it in fields.items()},
    }


async def head(repositories: Repositories, url: str, project: str = "shop") -> str:
    return await repositories.head(Follow(url, "main", project))


async def test_a_prefix_lets_in_below_it(
    repository: SourceRepository, server: GitServer, repositories: Repositories
) -> None:
    commit = repository.commit({"a": "1"})
    repositories.set_config_maps([trust(server.ca_pem)])
    repositories.set_secrets(
        [secret("repo-creds", url=server.url("team"), username="reader", password=PASSWORD)]
    )

    assert await head(repositories, server.url("team/shop.git")) == commit


@pytest.mark.parametrize(
    "more",
    [{"url": "te"}, {"url": "team/shop/more"}, {"url": "team", "project": "other"}],
    ids=["half a part of the path", "a longer path", "another project"],
)
async def test_a_secret_for_others_is_never_sent(
    repository: SourceRepository,
    server: GitServer,
    repositories: Repositories,
    more: dict[str, str],
) -> None:
    repository.commit({"a": "1"})
    fields = {"username": "reader", "password": PASSWORD, **more, "url": server.url(more["url"])}
    repositories.set_config_maps([trust(server.ca_pem)])
    repositories.set_secrets([secret("repo-creds", **fields)])

    with pytest.raises(GitFailed, match="does not let us in") as caught:
        await head(repositories, server.url("team/shop.git"))

    assert server.authorizations == []
    assert PASSWORD not in repr(caught.value)


async def test_a_github_app_lets_in_by_its_token(
    repository: SourceRepository, server: GitServer, repositories: Repositories, api: GitHubApi
) -> None:
    commit = repository.commit({"a": "1"})
    server.username, server.password = "x-access-token", api.token
    api.expires_at = "2999-01-01T00:00:00Z"
    fields = {
        "url": server.url("team"),
        "githubAppID": "12",
        "githubAppInstallationID": "34",
        "githubAppPrivateKey": api.private_key.decode(),
        "githubAppEnterpriseBaseUrl": api.url,
    }
    repositories.set_config_maps([trust(server.ca_pem, api.ca_pem)])
    repositories.set_secrets([secret("repo-creds", **fields)])

    assert await head(repositories, server.url("team/shop.git")) == commit
    assert len(api.claims) == 1
