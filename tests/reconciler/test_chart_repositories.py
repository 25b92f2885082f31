"""Charts of a Helm repository on the loopback."""

from __future__ import annotations

import base64
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from gitopskit.errors import EnvironmentFault, InputError
from gitopskit.git.remotes import HttpsCredential, parse_remote
from gitopskit.reconciler.application import Follow, Source
from gitopskit.reconciler.caches import Caches
from gitopskit.reconciler.chart_repositories import ChartRepository
from gitopskit.reconciler.repositories import Pinned, Repositories
from gitopskit.redaction import Plaintext
from gitopskit.render.options import HelmOptions
from tests.support.chart_server import ChartServer, serve_charts
from tests.support.clock import WrongClock
from tests.support.gitrepo import SourceRepository
from tests.support.reconciling import options

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from gitopskit.git.remotes import Remote
    from gitopskit.manifests.json_types import JsonObject


CANARY = "secret-of-the-server"


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


def test_a_cache_that_cannot_be_used_is_this_machines_fault(
    charts: ChartRepository, server: ChartServer
) -> None:
    charts.cache_dir.touch()

    with pytest.raises(EnvironmentFault, match="cache of charts cannot be used") as caught:
        charts.snapshot(remote(server), "web", "1.2.0")

    assert caught.value.is_local


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


def test_a_password_lets_in_and_is_no_argument(
    helm: Path, charts: ChartRepository, tmp_path: Path
) -> None:
    """A stand-in in front of Helm writes down how it was started."""
    seen, spy = tmp_path / "seen", tmp_path / "spy"
    spy.write_text(f'#!/bin/sh\n/usr/bin/env >>{seen}\necho $@ >>{seen}\nexec {helm} "$@"\n')
    spy.chmod(0o700)
    login = HttpsCredential(username="ann", password=Plaintext(CANARY.encode()))

    with serve_charts(helm, tmp_path / "private", login=f"ann:{CANARY}") as server:
        server.publish("web", "1.0.0")
        known = replace(remote(server), credential=login)
        version = replace(charts, helm=str(spy)).version(known, "web", "1.x")
        with pytest.raises(EnvironmentFault):
            charts.version(remote(server), "web", "1.x")

    assert version == "1.0.0"
    assert CANARY not in seen.read_text()


def test_projects_do_not_share_what_a_password_got(
    charts: ChartRepository, server: ChartServer
) -> None:
    first = charts.snapshot(remote(server), "web", "1.0.0")

    second = replace(charts, project="other").snapshot(remote(server), "web", "1.0.0")

    assert first.root != second.root


def test_versions_that_nobody_uses_are_removed(
    charts: ChartRepository, server: ChartServer
) -> None:
    old, new = (
        charts.snapshot(remote(server), "web", version).root for version in ("1.0.0", "1.2.0")
    )
    clock = WrongClock(skew=timedelta(seconds=601))
    caches = Caches(charts.cache_dir.parent, clock=clock)
    clock.jump_seconds = 601
    follow = Follow(server.url, "1.x", charts.project, "web")

    caches.clean((), {follow: "1.2.0", Follow("other", "main", "shop"): "c1"})

    assert (old.exists(), new.exists()) == (False, True)


def test_a_password_is_not_sent_to_another_host_that_an_index_names(
    helm: Path, charts: ChartRepository, tmp_path: Path
) -> None:
    login = HttpsCredential(username="ann", password=Plaintext(CANARY.encode()))
    with (
        serve_charts(helm, tmp_path / "one", login=f"ann:{CANARY}") as server,
        serve_charts(helm, tmp_path / "other") as other,
    ):
        other.publish("web", "1.0.0")
        index = (other.folder / "index.yaml").read_text(encoding="utf-8")
        (server.folder / "index.yaml").write_text(index, encoding="utf-8")
        asked = replace(remote(server), credential=login, ca_pem=server.ca_pem + other.ca_pem)

        charts.snapshot(asked, "web", "1.0.0")

    assert any("Authorization" in it for it in server.headers)
    assert other.headers
    assert not any("Authorization" in it for it in other.headers)


async def test_a_chart_of_a_repository_is_rendered_with_values_from_git(
    helm: Path, tmp_path: Path
) -> None:
    git = SourceRepository.create(tmp_path / "config.git")
    commit = git.commit({"prod.yaml": "color: blue\n"})
    config = Source(repo_url=str(git.folder), ref="config", is_rendered=False)
    repositories = Repositories(options(tmp_path / "cache", helm=str(helm)).repositories)

    with serve_charts(helm, tmp_path / "private", login=f"ann:{CANARY}") as server:
        server.publish("web", "1.2.0")
        repositories.set_config_maps([trusting(server)])
        repositories.set_secrets([login_of(server)])
        chart = Source(
            repo_url=server.url,
            target_revision="1.x",
            chart="web",
            helm=HelmOptions(value_files=("$config/prod.yaml",)),
            release="shop",
        )
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
    assert rendered.source_types == ("Helm",)


def trusting(server: ChartServer) -> JsonObject:
    return {"metadata": {"name": "argocd-tls-certs-cm"}, "data": {"127.0.0.1": server.ca_pem}}


def login_of(server: ChartServer) -> JsonObject:
    fields = {"type": "helm", "url": server.url, "username": "ann", "password": CANARY}
    coded = {key: base64.b64encode(value.encode()).decode() for key, value in fields.items()}
    label = {"argocd.argoproj.io/secret-type": "repository"}
    return {"metadata": {"name": "charts", "namespace": "argocd", "labels": label}, "data": coded}
