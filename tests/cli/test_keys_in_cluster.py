"""`gitopskit keys list --cluster`, as a person meets it, against a real control plane."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from gitopskit.cli import app
from gitopskit.clock import SystemClock
from gitopskit.sealing.keys import key_secret
from tests.support.key_backups import NAMES, KeysOfACluster, secret_of
from tests.support.sealing import BORN, sealing_pair

if TYPE_CHECKING:
    from pathlib import Path

    from gitopskit.controlplane.server import ControlPlane


@pytest.fixture
def world(
    control_plane: ControlPlane, namespace: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> KeysOfACluster:
    """A namespace with keys in every state; all were backed up but the one that came last."""
    monkeypatch.setenv("KUBECONFIG", str(control_plane.kubeconfig_path))
    monkeypatch.chdir(tmp_path)
    world = KeysOfACluster(control_plane, namespace, tmp_path)
    for name in world.names():
        world.delete(name)
    for name in NAMES:
        if name != "new":
            world.create(secret_of(name, namespace))
    assert world.backup_to_recipient() == 0
    world.create(secret_of("new", namespace))
    return world


def _list(world: KeysOfACluster, *arguments: str) -> int:
    return app.run(["keys", "list", "--cluster", "-n", world.namespace, *arguments])


def test_each_key_has_a_line_with_its_state_and_its_backup(
    world: KeysOfACluster, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()

    assert _list(world) == 0

    title, *lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    age = str((SystemClock().now_utc() - BORN).days)
    today = SystemClock().now_utc().date().isoformat()
    assert title[:4] == ["SECRET", "KEY", "STATE", "FINGERPRINT"]
    told = {line[0].rpartition("/")[2]: (line[1], line[2], *line[4:]) for line in lines}
    assert told == {
        "old": ("rsa", "retired", "2026-06-01", age, today),
        "current": ("rsa", "active", "2026-06-01", age, today),
        "new": ("rsa", "pending", "2026-06-01", age, "no"),
        "hybrid": ("hybrid", "active", "2026-06-01", age, today),
    }


def test_programs_get_the_same(world: KeysOfACluster, capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()

    assert _list(world, "-o", "json") == 0

    found = json.loads(capsys.readouterr().out)
    backed_up = {key["secret"]: key["backed_up_utc"] is not None for key in found["keys"]}
    assert backed_up == {f"Secret/{world.namespace}/{name}": name != "new" for name in NAMES}
    assert found["problems"] == []


@pytest.mark.parametrize("form", ["text", "json"])
def test_a_secret_without_a_usable_key_is_told(
    world: KeysOfACluster, form: str, capsys: pytest.CaptureFixture[str]
) -> None:
    broken = key_secret(sealing_pair(7), namespace=world.namespace, name="broken")
    broken["data"]["tls.crt"] = ""
    world.create(broken)

    assert _list(world, "-o", form) == 1

    said = capsys.readouterr()
    problem = f"the key Secret has no certificate - Secret/{world.namespace}/broken"
    assert problem in (said.err if form == "text" else said.out)


def test_a_namespace_without_keys_has_no_lines(
    world: KeysOfACluster, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()

    assert _list(world, "-n", "default") == 0

    assert capsys.readouterr().out == ""


def test_no_private_half_is_told(world: KeysOfACluster, capsys: pytest.CaptureFixture[str]) -> None:
    assert _list(world, "-o", "yaml") == 0

    said = capsys.readouterr()
    assert secret_of("current", world.namespace)["data"]["tls.key"][:40] not in said.out + said.err
