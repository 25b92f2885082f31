"""Charts of a Helm repository on the loopback."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from gitopskit.errors import EnvironmentFault, InputError
from gitopskit.git.remotes import HttpsCredential, parse_remote
from gitopskit.reconciler.application import Follow, Source
from gitopskit.reconciler.chart_repositories import ChartRepository
from gitopskit.reconciler.repositories import Pinned, Repositories
from gitopskit.redaction import Plaintext
from gitopskit.render.options import HelmOptions
from tests.support.chart_server import ChartServer, serve_charts
from tests.support.gitrepo import SourceRepository
from tests.support.reconciling import options

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from gitopskit.git.remotes import Remote


@pytest.fixture
def server(helm: Path, tmp_path: Path) -> Iterator[ChartServer]:
    with serve_charts(helm, tmp_path / "served") as server:
        server.publish("web", "1.0.0")
        server.publish("web", "1.2.0")
        server.publish("web", "2.0.0")
        yield server


@pytest.fixture
def charts(helm: Path, tmp_path: Path) -> ChartRepository:
    return ChartRepository(helm=str(helm), cache_dir=tmp_path / "charts")


def remote(server: ChartServer) -> Remote:
    return replace(parse_remote(server.url), ca_pem=server.ca_pem)


@pytest.mark.parametrize(
    ("wanted", "version"),
    [
        pytest.param("1.0.0", "1.0.0", id="exact"),
        pytest.param("1.x", "1.2.0", id="range"),
        pytest.param("^1.0.0", "1.2.0", id="caret"),
        pytest.param("HEAD", "2.0.0", id="newest"),
    ],
)
def test_a_range_means_its_newest_version(
    charts: ChartRepository, server: ChartServer, wanted: str, version: str
) -> None:
    assert charts.version(remote(server), "web", wanted) == version


def test_a_version_is_fetched_once(charts: ChartRepository, server: ChartServer) -> None:
    first = charts.snapshot(remote(server), "web", "1.2.0")
    (server.folder / "index.yaml").unlink()

    again = charts.snapshot(remote(server), "web", "1.2.0")

    assert first == again
    assert "version: 1.2.0" in (again.root / "chart/Chart.yaml").read_text()
    assert [path.name for path in charts.cache_dir.iterdir()] == [again.root.name]


@pytest.mark.parametrize(
    ("chart", "wanted"),
    [
        pytest.param("none", "1.0.0", id="chart"),
        pytest.param("web", "9.9.9", id="version"),
    ],
)
def test_what_is_not_there_is_told_and_leaves_nothing(
    charts: ChartRepository, server: ChartServer, chart: str, wanted: str
) -> None:
    with pytest.raises(EnvironmentFault):
        charts.snapshot(remote(server), chart, wanted)

    assert list(charts.cache_dir.iterdir()) == []


def test_a_server_that_nobody_vouches_for_is_not_trusted(
    charts: ChartRepository, server: ChartServer
) -> None:
    with pytest.raises(EnvironmentFault):
        charts.version(parse_remote(server.url), "web", "1.x")


@pytest.mark.parametrize(
    ("url", "chart", "wanted"),
    [
        pytest.param("https://charts.example", "--repo=x", "1.0.0", id="option-as-chart"),
        pytest.param("https://charts.example", "../web", "1.0.0", id="path-as-chart"),
        pytest.param("https://charts.example", "web", "1.0.0; x", id="odd-version"),
        pytest.param("ssh://git@charts.example/x", "web", "1.0.0", id="ssh"),
    ],
)
def test_names_that_helm_would_take_for_something_else_are_refused(
    charts: ChartRepository, url: str, chart: str, wanted: str
) -> None:
    with pytest.raises(InputError):
        charts.version(parse_remote(url), chart, wanted)


def test_a_password_is_never_handed_to_helm(charts: ChartRepository) -> None:
    login = HttpsCredential(username="ann", password=Plaintext(b"of-the-server"))
    private = replace(parse_remote("https://charts.example"), credential=login)

    with pytest.raises(InputError) as caught:
        charts.version(private, "web", "1.0.0")

    assert "password" in caught.value.what


async def test_a_chart_of_a_repository_is_rendered_with_values_from_git(
    server: ChartServer, helm: Path, tmp_path: Path
) -> None:
    git = SourceRepository.create(tmp_path / "config.git")
    commit = git.commit({"prod.yaml": "color: blue\n"})
    trusted = {"metadata": {"name": "argocd-tls-certs-cm"}, "data": {"127.0.0.1": server.ca_pem}}
    chart = Source(
        repo_url=server.url,
        target_revision="1.x",
        chart="web",
        helm=HelmOptions(value_files=("$config/prod.yaml",)),
        release="shop",
    )
    config = Source(repo_url=str(git.folder), ref="config", is_rendered=False)
    repositories = Repositories(options(tmp_path / "cache", helm=str(helm)).repositories)
    repositories.set_config_maps([trusted])
    follow = Follow(server.url, "1.x", "shop", "web")

    try:
        version = await repositories.head(follow)
        rendered = await repositories.render(
            [
                Pinned(chart, follow, version),
                Pinned(config, Follow(config.repo_url, "main", "shop"), commit),
            ]
        )
    finally:
        repositories.close()

    (manifest,) = rendered.manifests
    assert manifest.name == "shop"
    assert manifest.content["data"] == {"version": "1.2.0", "color": "blue"}
    assert rendered.source_type == "Helm"
