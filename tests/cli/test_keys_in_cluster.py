"""`gitopskit keys list --cluster`, as a person meets it, against a real control plane."""

from __future__ import annotations

import json

import pytest

from gitopskit.cli import app
from gitopskit.clock import SystemClock
from gitopskit.sealing.key_secrets import BACKED_UP
from gitopskit.sealing.keys import key_secret
from tests.support.key_backups import NAMES, KeysOfACluster, secret_of
from tests.support.sealing import BORN, sealing_pair


@pytest.fixture
def world(keyless: KeysOfACluster) -> KeysOfACluster:
    """A namespace with keys in every state; all were backed up but the one that came last."""
    for name in NAMES:
        if name != "new":
            keyless.create(secret_of(name, keyless.namespace))
    assert keyless.backup_to_recipient() == 0
    keyless.create(secret_of("new", keyless.namespace))
    return keyless


def _list(world: KeysOfACluster, *arguments: str) -> int:
    return app.run(["keys", "list", "--cluster", "-n", world.namespace, *arguments])


def test_each_key_has_a_line_with_its_state_and_its_backup(
    world: KeysOfACluster, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()

    assert _list(world) == 0

    title, *lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    age = str((SystemClock().now_utc() - BORN).days)
    day = world.get("old")["metadata"]["annotations"][BACKED_UP][: len("2026-06-01")]
    assert title[:4] == ["SECRET", "KEY", "STATE", "FINGERPRINT"]
    told = {line[0].rpartition("/")[2]: (line[1], line[2], *line[4:]) for line in lines}
    assert told == {
        "old": ("rsa", "retired", "2026-06-01", age, day),
        "current": ("rsa", "active", "2026-06-01", age, day),
        "new": ("rsa", "pending", "2026-06-01", age, "no"),
        "hybrid": ("hybrid", "active", "2026-06-01", age, day),
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
