"""`gitopskit keys restore`, as a person meets it, against a real control plane."""

from __future__ import annotations

import json
import stat
import subprocess
from typing import TYPE_CHECKING

import pytest

from gitopskit.cli import app
from gitopskit.sealing.keys import key_secret
from tests.support import cluster
from tests.support.key_backups import NAMES, KeysOfACluster, new_identity, secret_of
from tests.support.sealing import sealed_manifest, sealing_pair
from tests.support.terminal import at_terminal, gitopskit

if TYPE_CHECKING:
    from pathlib import Path

    from gitopskit.controlplane.server import ControlPlane

_PASSPHRASE = "correct-horse-canary"  # noqa: S105 -- of a test


@pytest.fixture
def world(keyless: KeysOfACluster) -> KeysOfACluster:
    """A namespace that lost all keys, and the backup of them."""
    for name in NAMES:
        keyless.create(secret_of(name, keyless.namespace))
    assert keyless.backup_to_recipient() == 0
    keyless.clear()
    return keyless


def _lock(world: KeysOfACluster) -> None:
    """Make another backup of one key, locked with the passphrase."""
    (world.folder / "passphrase").write_text(_PASSPHRASE)
    world.create(secret_of("current", world.namespace))
    assert world.backup("--passphrase-file", "passphrase", file="locked.age") == 0
    world.clear()


def test_the_keys_of_a_lost_cluster_come_back(
    world: KeysOfACluster, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()

    assert world.restore("--yes") == 0

    assert world.labels() == NAMES | {"new": "active", "hybrid": "active"}
    assert world.acknowledged() == set(NAMES)
    assert all(
        world.get(name)["data"] == secret_of(name, world.namespace)["data"] for name in NAMES
    )
    said = capsys.readouterr()
    assert sorted(said.out.split()) == sorted(f"Secret/{world.namespace}/{name}" for name in NAMES)


def test_keys_may_go_to_another_namespace(
    world: KeysOfACluster, control_plane: ControlPlane
) -> None:
    elsewhere = f"{world.namespace}-new"
    cluster.create_namespace(control_plane, elsewhere)

    assert world.restore("--yes", "-n", elsewhere) == 0

    assert KeysOfACluster(control_plane, elsewhere, world.folder).names() == set(NAMES)
    assert world.names() == set()
    cluster.delete_namespace(control_plane, elsewhere)


def test_what_is_there_already_is_left_as_it_is(
    world: KeysOfACluster, capsys: pytest.CaptureFixture[str]
) -> None:
    world.create(secret_of("current", world.namespace))

    codes = [world.restore("--yes"), world.restore("--yes")]

    assert codes == [0, 0]
    assert "current" not in world.acknowledged()
    assert f"Secret/{world.namespace}/current: is there already" in capsys.readouterr().err


def test_another_key_of_the_name_is_never_overwritten(world: KeysOfACluster) -> None:
    other = key_secret(sealing_pair(9), namespace=world.namespace, name="current")
    world.create(other)

    codes = [world.restore("--yes"), world.restore("--yes")]

    assert codes == [0, 0]
    assert world.get("current")["data"] == other["data"]
    (restored,) = world.names() - set(NAMES)
    assert restored.startswith("current-")
    assert world.get(restored)["data"] == secret_of("current", world.namespace)["data"]


def test_a_dry_run_shows_what_would_be_done(
    world: KeysOfACluster, capsys: pytest.CaptureFixture[str]
) -> None:
    assert world.restore("--dry-run") == 0

    assert f"Secret/{world.namespace}/new: is created" in capsys.readouterr().err
    assert world.names() == set()


def test_without_a_terminal_the_agreement_is_a_flag(world: KeysOfACluster) -> None:
    assert world.restore() == 2

    assert world.names() == set()


@pytest.mark.parametrize("form", ["ours", "kubeseal"])
def test_keys_in_a_file_open_what_is_sealed_without_a_cluster(
    world: KeysOfACluster, kubeseal: Path, form: str, capsys: pytest.CaptureFixture[str]
) -> None:
    current = [*NAMES].index("current")
    sealed = world.folder / "sealed.yaml"
    sealed.write_text(sealed_manifest({"a": "1"}, pair=sealing_pair(current)))

    assert world.restore("--out", "keys.yaml") == 0
    capsys.readouterr()
    if form == "ours":
        assert app.run(["unseal", "sealed.yaml", "--private-key", "keys.yaml", "-o", "json"]) == 0
        text = capsys.readouterr().out
    else:
        flags = ["--recovery-unseal", "--recovery-private-key", "keys.yaml", "-o", "json"]
        text = subprocess.run(
            [kubeseal, *flags],
            input=sealed.read_text(),
            cwd=world.folder,
            check=True,
            capture_output=True,
            text=True,
            timeout=60,
        ).stdout

    assert json.loads(text)["data"] == {"a": "MQ=="}
    assert stat.S_IMODE((world.folder / "keys.yaml").stat().st_mode) == 0o600
    assert world.names() == set()


def test_keys_that_lie_in_a_file_already_stay_there(world: KeysOfACluster) -> None:
    there = world.folder / "keys.yaml"
    there.write_text("other keys")

    assert world.restore("--out", "keys.yaml") == 4

    assert there.read_text() == "other keys"


def test_a_dry_run_writes_no_file(world: KeysOfACluster) -> None:
    assert world.restore("--out", "keys.yaml", "--dry-run") == 0

    assert not (world.folder / "keys.yaml").exists()


def test_a_passphrase_is_asked_for(world: KeysOfACluster) -> None:
    _lock(world)
    argv = gitopskit("keys", "restore", "locked.age", "--yes")

    with at_terminal(argv, cwd=world.folder) as terminal:
        terminal.answer("passphrase: ", _PASSPHRASE)
        code = terminal.end()

    assert code == 0
    assert _PASSPHRASE not in terminal.shown
    assert world.names() == {"current"}


def test_a_backup_with_a_passphrase_opens_what_is_sealed(world: KeysOfACluster) -> None:
    _lock(world)
    current = [*NAMES].index("current")
    sealed = world.folder / "sealed.yaml"
    sealed.write_text(sealed_manifest({"a": "1"}, pair=sealing_pair(current)))
    argv = gitopskit("unseal", "sealed.yaml", "--private-key", "locked.age", "--out", "open.json")

    with at_terminal(argv, cwd=world.folder) as terminal:
        terminal.answer("passphrase: ", _PASSPHRASE)
        code = terminal.end()

    assert code == 0
    assert json.loads((world.folder / "open.json").read_text())["data"] == {"a": "MQ=="}


@pytest.mark.parametrize(
    ("arguments", "code", "what"),
    [
        (["locked.age", "--passphrase-file", "wrong"], 4, "the passphrase does not open the file"),
        (["locked.age", "--identity", "other"], 2, "a passphrase opens the file, and no key"),
        (["keys.age"], 2, "the backup is encrypted to a public key"),
        (["keys.age", "--identity", "other"], 4, "no identity given opens the file"),
        (["cut.age", "--passphrase-file", "wrong"], 2, "the file is cut off or damaged"),
        (["wrong"], 2, "this is no file of age"),
        (["none.age"], 2, "cannot read the file"),
        (["-", "--passphrase-file", "-"], 2, "standard input cannot be the backup and"),
    ],
    ids=[
        "another passphrase",
        "an identity for a passphrase",
        "nothing for a recipient",
        "another identity",
        "cut off",
        "a foreign file",
        "no file",
        "all on standard input",
    ],
)
def test_what_does_not_open_is_told_and_changes_nothing(
    world: KeysOfACluster,
    arguments: list[str],
    code: int,
    what: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    if "locked.age" in arguments:
        _lock(world)
    (world.folder / "wrong").write_text("another-canary")
    (world.folder / "cut.age").write_bytes((world.folder / "keys.age").read_bytes()[:-30])
    (world.folder / "other").write_text(f"{new_identity()}\n")

    assert app.run(["keys", "restore", *arguments, "--yes"]) == code

    said = capsys.readouterr().err
    assert what in said
    assert "canary" not in said
    assert world.names() == set()


def test_no_private_half_is_told(world: KeysOfACluster, capsys: pytest.CaptureFixture[str]) -> None:
    assert world.restore("--yes") == 0

    said = capsys.readouterr()
    private = secret_of("current", world.namespace)["data"]["tls.key"]
    assert private[:40] not in said.out + said.err
