"""`gitopskit rollback`: what it reads in the cluster, writes in a clone, and prints."""

from __future__ import annotations

import itertools
import json
from typing import TYPE_CHECKING

import pytest

from gitopskit.cli import app as frame
from tests.support.clones import PersonsClone
from tests.support.cluster import kubectl
from tests.support.reconciling import SERVER, text

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from gitopskit.controlplane.server import ControlPlane
    from gitopskit.manifests.json_types import JsonObject

_NUMBERS = itertools.count(1)


class Shop:
    """A clone with a bad commit, and an Application ``<app>-prod`` that was rolled back from it."""

    def __init__(self, clone: PersonsClone, app: str) -> None:
        self.clone, self.app = clone, app
        self.good = clone.commit({"app/a.yaml": "a: 1\n"})
        self.bad = clone.commit({"app/a.yaml": "a: 2\n"}, "Worse")

    @property
    def arguments(self) -> list[str]:
        return ["rollback", self.app, "--env", "prod", "-C", str(self.clone.folder)]

    def application(self) -> JsonObject:
        told = f"{self.good} is deployed instead of {self.bad} (spec 0123456789ab): it was Degraded"
        moment = "2026-01-01T00:00:00Z"
        return {
            "apiVersion": "argoproj.io/v1alpha1",
            "kind": "Application",
            "metadata": {"name": f"{self.app}-prod", "namespace": "argocd"},
            "spec": {
                "project": "none",
                "source": {"repoURL": "https://git.example/shop.git", "path": "app"},
                "destination": {"server": SERVER, "namespace": "none"},
            },
            "status": {
                "conditions": [
                    {"type": "RolledBack", "message": told, "lastTransitionTime": moment}
                ]
            },
        }


@pytest.fixture
def shop(
    platform: ControlPlane, namespace: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Shop]:
    monkeypatch.setenv("KUBECONFIG", str(platform.kubeconfig_path))
    found = Shop(PersonsClone.create(tmp_path / "shop"), f"{namespace}-{next(_NUMBERS)}")
    registration = text(found.application()).encode()
    kubectl(platform, "apply", "--filename=-", stdin=registration)
    yield found
    kubectl(platform, "delete", "--wait=false", "--filename=-", stdin=registration)


def test_the_commit_is_made_and_tagged_and_nothing_is_pushed(
    shop: Shop, capfd: pytest.CaptureFixture[str]
) -> None:
    assert frame.run(shop.arguments) == 0

    printed = capfd.readouterr()
    tag = f"rollback/{shop.app}-prod/{shop.bad[:8]}"
    assert shop.clone.read("app/a.yaml") == "a: 1\n"
    assert shop.clone.git("rev-parse", "HEAD^", f"{tag}^{{commit}}").split() == [
        shop.bad,
        shop.clone.git("rev-parse", "HEAD"),
    ]
    assert printed.out.startswith(f"Brings what `{shop.app}-prod` is rendered from back to")
    assert "`Worse`" in printed.out
    assert f"nothing was pushed; `git push origin main {tag}` does it" in printed.err


def test_the_text_of_a_request_changes_nothing(
    shop: Shop, capfd: pytest.CaptureFixture[str]
) -> None:
    shop.clone.write({"app/a.yaml": "mine\n"})

    assert frame.run([*shop.arguments, "--pull-request"]) == 0

    printed = capfd.readouterr()
    assert "was bad: it was Degraded" in printed.out
    assert printed.err == ""
    assert shop.clone.git("rev-parse", "HEAD") == shop.bad


def test_a_dry_run_prints_the_diff(shop: Shop, capfd: pytest.CaptureFixture[str]) -> None:
    assert frame.run([*shop.arguments, "--dry-run"]) == 0

    assert "-a: 2\n+a: 1\n" in capfd.readouterr().out
    assert shop.clone.git("rev-parse", "HEAD") == shop.bad


def test_programs_get_the_commit_the_branch_and_the_title(
    shop: Shop, capfd: pytest.CaptureFixture[str]
) -> None:
    assert frame.run([*shop.arguments, "--branch", "back", "--no-tag", "-o", "json"]) == 0

    told = json.loads(capfd.readouterr().out)
    assert (told["branch"], told["tags"], told["isPushed"]) == ("back", [], False)
    assert told["commit"] == shop.clone.git("rev-parse", "back")
    assert [it["id"] for it in told["reverted"]] == [shop.bad]
    assert told["title"] == f"Roll back {shop.app}-prod to {shop.good[:8]}"


def test_a_push_goes_where_it_is_told(
    shop: Shop, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    shop.clone.git("clone", "--quiet", "--bare", str(shop.clone.folder), str(tmp_path / "bare"))

    assert frame.run([*shop.arguments, "--push", "--remote", str(tmp_path / "bare")]) == 0

    head = shop.clone.git("rev-parse", "HEAD")
    assert PersonsClone(tmp_path / "bare").git("rev-parse", "main") == head
    assert f"reconciler wait {shop.app}-prod --revision {head}" in capfd.readouterr().err


def test_a_push_that_is_refused_leaves_the_commit_and_tells_how_to_push_it(
    shop: Shop, capfd: pytest.CaptureFixture[str]
) -> None:
    assert frame.run([*shop.arguments, "--push", "--remote", "nowhere"]) == 3

    tag = f"rollback/{shop.app}-prod/{shop.bad[:8]}"
    assert f"`git push --atomic nowhere main {tag}` tries it again" in capfd.readouterr().err
    assert shop.clone.git("rev-parse", "HEAD^") == shop.bad


def test_going_back_twice_does_nothing(shop: Shop, capfd: pytest.CaptureFixture[str]) -> None:
    assert frame.run(shop.arguments) == 0
    head = shop.clone.git("rev-parse", "HEAD")

    assert frame.run(shop.arguments) == 0

    assert "nothing to do" in capfd.readouterr().err
    assert shop.clone.git("rev-parse", "HEAD") == head


def test_what_a_reviewer_must_know_is_told_beside_the_text(
    shop: Shop, capfd: pytest.CaptureFixture[str]
) -> None:
    shop.clone.commit({"app/Chart.yaml": "name: web\n"})

    assert frame.run([*shop.arguments, "--to", shop.good, "--body"]) == 0

    assert "warning: what it reads beside its own path is not known" in capfd.readouterr().err


def test_an_application_that_does_not_exist_is_named(
    shop: Shop, capfd: pytest.CaptureFixture[str]
) -> None:
    assert frame.run(["rollback", f"{shop.app}-absent", "-C", str(shop.clone.folder)]) == 2
    assert f"Application/argocd/{shop.app}-absent" in capfd.readouterr().err
