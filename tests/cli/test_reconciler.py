"""The reconciler's commands: what they print, and how they end."""

from __future__ import annotations

import asyncio
import itertools
import json
import time
from typing import TYPE_CHECKING

import pytest
import yaml

from gitopskit.cli import app as frame
from tests.support.cluster import kubectl
from tests.support.gitrepo import SourceRepository
from tests.support.reconciling import SERVER, config_map, text
from tests.support.replicas import replica
from tests.support.terminal import at_terminal, gitopskit

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from gitopskit.controlplane.server import ControlPlane
    from gitopskit.manifests.json_types import JsonObject

IMAGE = "registry.example/gitopskit:1"
LEASE_SECONDS = 6
_NUMBERS = itertools.count(1)


def test_install_prints_everything_that_the_controller_needs(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert frame.run(["reconciler", "install", "--image", IMAGE, "--with-definitions"]) == 0

    printed = capsys.readouterr()
    objects = [(it["kind"], it["metadata"]["name"]) for it in yaml.safe_load_all(printed.out)]
    assert ("Deployment", "gitopskit-reconciler") in objects
    assert ("CustomResourceDefinition", "applications.argoproj.io") in objects
    assert ("ClusterRole", "gitopskit-applier") in objects
    assert ("Namespace", "argocd") in objects
    assert f"image: {IMAGE}\n" in printed.out


def test_install_leaves_out_what_argo_cd_brings(capsys: pytest.CaptureFixture[str]) -> None:
    assert frame.run(["reconciler", "install", "--image", IMAGE]) == 0

    printed = capsys.readouterr()
    assert "CustomResourceDefinition" not in printed.out
    assert "--with-definitions" in printed.err


def test_install_writes_a_folder_that_kubectl_applies(
    platform: ControlPlane, tmp_path: Path
) -> None:
    install = ["reconciler", "install", "--image", IMAGE, "--with-definitions"]
    assert frame.run([*install, "--out", str(tmp_path)]) == 0

    kubectl(platform, "apply", "--server-side", "--dry-run=server", "-k", str(tmp_path))


def test_install_makes_the_project_default_for_what_it_is_given(
    capsys: pytest.CaptureFixture[str],
) -> None:
    urls = ["https://git.example/shop.git", "https://git.example/lib.git"]
    given = [part for url in urls for part in ("--default-repository", url)]
    install = ["reconciler", "install", "--image", IMAGE, *given, "--default-namespace", "shop"]

    assert frame.run(install) == 0

    found = yaml.safe_load_all(capsys.readouterr().out)
    [project] = [it for it in found if it["kind"] == "AppProject"]
    assert (project["metadata"]["name"], project["metadata"]["namespace"]) == ("default", "argocd")
    assert project["spec"]["sourceRepos"] == urls
    assert project["spec"]["destinations"] == [{"server": SERVER, "namespace": "shop"}]


def test_install_makes_no_project_default_by_itself(capsys: pytest.CaptureFixture[str]) -> None:
    assert frame.run(["reconciler", "install", "--image", IMAGE, "--with-definitions"]) == 0

    kinds = {it["kind"] for it in yaml.safe_load_all(capsys.readouterr().out)}
    assert "AppProject" not in kinds


@pytest.mark.parametrize("flag", ["--default-repository", "--default-namespace"])
def test_install_makes_no_half_project(flag: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert frame.run(["reconciler", "install", "--image", IMAGE, flag, "shop"]) == 2

    assert "needs a repository and a namespace" in capsys.readouterr().err


def test_install_writes_alerts_and_a_dashboard_where_that_is_asked(tmp_path: Path) -> None:
    install = ["reconciler", "install", "--image", IMAGE, "--with-monitoring"]
    assert frame.run([*install, "--out", str(tmp_path)]) == 0

    found = sorted(path.name for path in (tmp_path / "monitoring").iterdir())
    assert found == ["alerts.yaml", "dashboard.json"]


def test_alerts_are_not_printed_among_manifests(capsys: pytest.CaptureFixture[str]) -> None:
    assert frame.run(["reconciler", "install", "--image", IMAGE, "--with-monitoring"]) == 2

    printed = capsys.readouterr()
    assert "give a folder with --out" in printed.err
    assert printed.out == ""


def test_install_needs_a_pinned_image(capsys: pytest.CaptureFixture[str]) -> None:
    assert frame.run(["reconciler", "install", "--image", "registry.example/gitopskit"]) == 2
    assert "does not say which build it is" in capsys.readouterr().err


@pytest.fixture
def name(namespace: str) -> str:
    """Return the name of an Application that no other test has."""
    return f"{namespace}-{next(_NUMBERS)}"


@pytest.fixture
def repository(
    platform: ControlPlane,
    namespace: str,
    name: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[SourceRepository]:
    """Return the repository of a registered Application, KUBECONFIG naming the cluster."""
    monkeypatch.setenv("KUBECONFIG", str(platform.kubeconfig_path))
    monkeypatch.setenv("GITOPSKIT_CACHE_DIR", str(tmp_path / "cache"))
    source = SourceRepository.create(tmp_path / "shop.git")
    source.commit({"app/all.yaml": text(config_map(name))})
    registration = text(*_registration(str(source.folder), namespace, name))
    kubectl(platform, "apply", "--filename=-", stdin=registration.encode())
    yield source
    kubectl(platform, "delete", "--wait=false", "--filename=-", stdin=registration.encode())


def test_a_single_pass_ends_with_what_it_found(
    repository: SourceRepository, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    once = ["reconciler", "once", name, "--allow-local-repositories"]

    assert frame.run(once) == 0
    assert name in capsys.readouterr().out
    assert frame.run([*once, "-o", "json"]) == 0
    (told,) = json.loads(capsys.readouterr().out)
    assert (told["state"], told["objects"][0]["name"]) == ("Synced", name)
    repository.commit({"app/kustomization.yaml": "resources: [missing.yaml]\n"})
    assert frame.run(once) == 1
    assert "missing.yaml" in capsys.readouterr().out


@pytest.mark.usefixtures("repository")
def test_a_single_pass_does_not_begin_beside_a_reconciler_that_runs(
    name: str,
    platform: ControlPlane,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    once = ["reconciler", "once", name, "--allow-local-repositories"]
    flags = ("--allow-local-repositories", "--cache-dir", str(tmp_path / "other"))
    log = tmp_path / "reconciler.log"

    with replica(platform.kubeconfig_path, log, *flags, controller="reconciler") as running:
        asyncio.run(running.until("lease_acquired"))
        begun = time.monotonic()
        assert frame.run(once) == 4
        seconds = time.monotonic() - begun

    assert running.identity() in (said := capsys.readouterr().err)
    assert "argocd.argoproj.io/refresh" in said
    assert seconds < LEASE_SECONDS
    assert frame.run(once) == 0


def test_a_single_pass_without_a_right_to_local_repositories_ends_with_three(
    repository: SourceRepository, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert frame.run(["reconciler", "once", name]) == 3

    assert f"{repository.folder}\n" in (said := capsys.readouterr().err)
    assert "--allow-local-repositories" in said


def test_a_deletion_that_a_person_must_approve_ends_with_four(
    repository: SourceRepository, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    once = ["reconciler", "once", name, "--allow-local-repositories"]
    marked = config_map(f"{name}-kept")
    marked["metadata"]["annotations"] = {"argocd.argoproj.io/sync-options": "Prune=confirm"}
    repository.commit({"app/all.yaml": text(config_map(name), marked)})

    assert frame.run(once) == 0
    repository.commit({"app/all.yaml": text(config_map(name))})
    assert frame.run(once) == 4
    assert "before a person approves" in capsys.readouterr().out


@pytest.mark.usefixtures("repository")
def test_status_and_wait_tell_how_far_an_application_is(
    name: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    wait = ["reconciler", "wait", name, "--timeout", "0"]

    assert frame.run(wait) == 1
    assert frame.run(["reconciler", "once", name, "--allow-local-repositories"]) == 0
    assert frame.run(wait) == 0
    assert f"{name}: synced and healthy" in capsys.readouterr().out
    assert frame.run(["reconciler", "status"]) in {0, 1}
    assert name in capsys.readouterr().out
    assert frame.run(["reconciler", "status", "--output", "json"]) in {0, 1}
    assert f'"name": "{name}"' in capsys.readouterr().out


@pytest.mark.parametrize(
    "arguments", [[], ["web", "--all"], ["--all", "--selector", "team=a"]], ids=" ".join
)
def test_wait_needs_to_know_for_whom(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert frame.run(["reconciler", "wait", *arguments]) == 2
    assert "either --all or --selector" in capsys.readouterr().err


@pytest.mark.usefixtures("repository")
def test_wait_tells_programs_how_each_ended(capsys: pytest.CaptureFixture[str], name: str) -> None:
    wait = ["reconciler", "wait", "--timeout", "0", "-o", "json"]

    assert frame.run([*wait, name]) == 1
    (told,) = json.loads(capsys.readouterr().out)
    assert (told["name"], told["isDone"], told["isFinal"]) == (name, False, False)
    assert frame.run([*wait, "--selector", "team=nobody"]) == 1
    assert json.loads(capsys.readouterr().out) == []


@pytest.mark.usefixtures("repository")
def test_an_application_that_does_not_exist_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert frame.run(["reconciler", "once", "absent"]) == 2
    assert "Application/argocd/absent" in capsys.readouterr().err


def test_a_server_that_does_not_answer_ends_with_three(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    config = tmp_path / "config"
    config.write_text(
        yaml.safe_dump(
            {
                "apiVersion": "v1",
                "kind": "Config",
                "clusters": [{"name": "c", "cluster": {"server": "https://127.0.0.1:1"}}],
                "users": [{"name": "u", "user": {"token": "t"}}],
                "contexts": [{"name": "x", "context": {"cluster": "c", "user": "u"}}],
                "current-context": "x",
            }
        )
    )
    monkeypatch.setenv("KUBECONFIG", str(config))

    assert frame.run(["reconciler", "status"]) == 3
    assert "hint:" in capsys.readouterr().err


def test_wait_shows_on_a_terminal_what_is_left_and_lets_nothing_steer_it(
    platform: ControlPlane, tmp_path: Path
) -> None:
    wait = gitopskit("reconciler", "wait", "no\x1b[31msuch", "--timeout", "1")
    environment = {"KUBECONFIG": str(platform.kubeconfig_path)}

    with at_terminal(wait, cwd=tmp_path, environment=environment) as terminal:
        terminal.expect("waiting for 1 of 1: no?[31msuch: there is no such Application")
        assert terminal.end() == 1

    assert "no\x1b[31msuch" not in terminal.shown
    assert terminal.shown.rstrip().endswith("no?[31msuch: there is no such Application")


def test_a_wait_that_is_interrupted_leaves_the_terminal_clean(
    platform: ControlPlane, tmp_path: Path
) -> None:
    wait = gitopskit("reconciler", "wait", "absent")
    environment = {"KUBECONFIG": str(platform.kubeconfig_path)}

    with at_terminal(wait, cwd=tmp_path, environment=environment) as terminal:
        terminal.expect("waiting for 1 of 1")
        terminal.interrupt()
        assert terminal.end() == 130

    assert terminal.shown.rindex("\x1b[?25h") > terminal.shown.rindex("\x1b[?25l")


def _registration(url: str, namespace: str, name: str) -> list[JsonObject]:
    group = "rbac.authorization.k8s.io"
    applier = {"name": "gitopskit-applier", "namespace": namespace}
    role = {"apiGroup": group, "kind": "ClusterRole", "name": "gitopskit-applier"}
    place = {"server": SERVER, "namespace": namespace}
    return [
        {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": applier},
        {
            "apiVersion": f"{group}/v1",
            "kind": "RoleBinding",
            "metadata": applier,
            "roleRef": role,
            "subjects": [{"kind": "ServiceAccount", **applier}],
        },
        {
            "apiVersion": "argoproj.io/v1alpha1",
            "kind": "AppProject",
            "metadata": {"name": name, "namespace": "argocd"},
            "spec": {"sourceRepos": [url], "destinations": [place]},
        },
        {
            "apiVersion": "argoproj.io/v1alpha1",
            "kind": "Application",
            "metadata": {"name": name, "namespace": "argocd"},
            "spec": {
                "project": name,
                "source": {"repoURL": url, "targetRevision": "main", "path": "app"},
                "destination": place,
                "syncPolicy": {"automated": {"prune": True}},
            },
        },
    ]
