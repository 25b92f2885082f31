"""`gitopskit keys backup`, as a person meets it, against a real control plane."""

from __future__ import annotations

import stat
from typing import TYPE_CHECKING

import pytest

from gitopskit.cli import app
from gitopskit.errors import ApiConflict, IntegrityFault
from gitopskit.kube.resources import SECRETS
from gitopskit.redaction import Plaintext
from gitopskit.sealedfiles.age_files import decrypt_with_identities, decrypt_with_passphrase
from gitopskit.sealedfiles.cluster_keys import acknowledge, read_key_secrets
from gitopskit.sealing.keys import key_secret, read_private_keys
from gitopskit.timestamps import parse_rfc3339
from tests.support.key_backups import NAMES, KeysOfACluster, identity, recipient, secret_of
from tests.support.sealing import BORN, sealing_pair
from tests.support.terminal import at_terminal, gitopskit

if TYPE_CHECKING:
    from pathlib import Path

    from gitopskit.kube.client import KubeClient

_PASSPHRASE = "correct-horse-canary"  # noqa: S105 -- of a test


@pytest.fixture
def world(keyless: KeysOfACluster) -> KeysOfACluster:
    """A namespace with keys in every state, none of them backed up."""
    for name in NAMES:
        keyless.create(secret_of(name, keyless.namespace))
    return keyless


def _opened(file: Path) -> Plaintext:
    keys = [Plaintext(str(identity()).encode())]
    return decrypt_with_identities(file.read_bytes(), keys, where=str(file))


def test_all_keys_are_in_one_file_that_only_its_owner_reads(
    world: KeysOfACluster, capsys: pytest.CaptureFixture[str]
) -> None:
    assert world.backup_to_recipient() == 0

    file = world.folder / "keys.age"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert file.read_text().startswith("-----BEGIN AGE ENCRYPTED FILE-----\n")
    assert len(read_private_keys(_opened(file).reveal(), where="")) == len(NAMES)
    said = capsys.readouterr()
    assert said.out == "keys.age\n"
    assert f"Secret/{world.namespace}/new: pending, SHA256:" in said.err


def test_what_is_written_is_acknowledged_and_pending_keys_become_active(
    world: KeysOfACluster, capsys: pytest.CaptureFixture[str]
) -> None:
    assert world.backup_to_recipient() == 0

    assert world.acknowledged() == set(NAMES)
    assert world.labels() == {
        "old": "compromised",
        "current": "active",
        "new": "active",
        "hybrid": "active",
    }
    assert "4 keys are marked as backed up; 2 of them may seal from now on" in (
        capsys.readouterr().err
    )


def test_the_passphrase_in_a_file_locks_the_backup(world: KeysOfACluster) -> None:
    (world.folder / "passphrase").write_text(f"{_PASSPHRASE}\n")

    assert world.backup("--passphrase-file", "passphrase") == 0

    data = (world.folder / "keys.age").read_bytes()
    opened = decrypt_with_passphrase(data, Plaintext(_PASSPHRASE.encode()), where="")
    assert len(read_private_keys(opened.reveal(), where="")) == len(NAMES)
    assert world.acknowledged() == set(NAMES)


def test_a_passphrase_is_asked_for_twice_and_not_shown(world: KeysOfACluster) -> None:
    argv = gitopskit("keys", "backup", "keys.age", "-n", world.namespace)

    with at_terminal(argv, cwd=world.folder) as terminal:
        terminal.answer("passphrase: ", _PASSPHRASE)
        terminal.answer("the same again: ", "something else")
        terminal.answer("passphrase: ", _PASSPHRASE)
        terminal.answer("the same again: ", _PASSPHRASE)
        code = terminal.end()

    assert code == 0
    assert _PASSPHRASE not in terminal.shown
    assert world.acknowledged() == set(NAMES)


@pytest.mark.parametrize("how", ["no terminal", "empty file"])
def test_without_a_passphrase_nothing_is_written(
    world: KeysOfACluster, how: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (world.folder / "empty").write_text("\n")
    argv = gitopskit("keys", "backup", "keys.age", "-n", world.namespace)
    if how == "empty file":
        code = world.backup("--passphrase-file", "empty")
        said = capsys.readouterr().err
        assert "the passphrase is empty" in said
    else:
        with at_terminal(argv, cwd=world.folder) as terminal:
            terminal.answer("passphrase: ", "")
            code = terminal.end()

    assert code == 2
    assert not (world.folder / "keys.age").exists()
    assert world.acknowledged() == set()


def test_recipients_may_stand_in_a_file(world: KeysOfACluster) -> None:
    (world.folder / "team").write_text(f"# who keeps the keys\n{recipient()}\n")

    assert world.backup("--recipients-file", "team") == 0

    assert len(read_private_keys(_opened(world.folder / "keys.age").reveal(), where="")) == 4


@pytest.mark.parametrize(
    ("arguments", "what"),
    [
        (["--recipient", "alice@example.com"], "this is no recipient: alice@example.com"),
        (["--recipients-file", "none"], "there is no public key in the file - none"),
    ],
    ids=["no key", "an empty file"],
)
def test_what_is_no_recipient_is_refused(
    world: KeysOfACluster, arguments: list[str], what: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (world.folder / "none").write_text("# nobody\n")

    assert world.backup(*arguments) == 2

    assert what in capsys.readouterr().err
    assert world.acknowledged() == set()


def test_a_backup_may_stay_unacknowledged(world: KeysOfACluster) -> None:
    assert world.backup_to_recipient("--no-acknowledge") == 0

    assert (world.folder / "keys.age").exists()
    assert world.acknowledged() == set()
    assert world.labels()["new"] == "pending"


def test_what_goes_to_standard_output_is_not_acknowledged(
    world: KeysOfACluster, capsys: pytest.CaptureFixture[str]
) -> None:
    assert world.backup_to_recipient(file="-") == 0

    said = capsys.readouterr()
    assert said.out.startswith("-----BEGIN AGE ENCRYPTED FILE-----\n")
    assert "nothing is acknowledged" in said.err
    assert world.acknowledged() == set()


def test_a_dry_run_shows_the_keys_and_writes_nothing(
    world: KeysOfACluster, capsys: pytest.CaptureFixture[str]
) -> None:
    assert world.backup("--dry-run") == 0

    assert f"Secret/{world.namespace}/current: active, SHA256:" in capsys.readouterr().err
    assert not (world.folder / "keys.age").exists()
    assert world.acknowledged() == set()


def test_a_file_that_exists_is_kept(
    world: KeysOfACluster, capsys: pytest.CaptureFixture[str]
) -> None:
    (world.folder / "keys.age").write_text("the only copy of a key")

    assert world.backup_to_recipient() == 2

    assert "the file exists, and no backup is overwritten - keys.age" in capsys.readouterr().err
    assert (world.folder / "keys.age").read_text() == "the only copy of a key"


def test_a_passphrase_is_not_asked_for_where_nothing_can_be_written(world: KeysOfACluster) -> None:
    argv = gitopskit("keys", "backup", "nowhere/keys.age", "-n", world.namespace)

    with at_terminal(argv, cwd=world.folder) as terminal:
        code = terminal.end()

    assert code == 3
    assert "cannot write the file" in terminal.shown
    assert "passphrase" not in terminal.shown


def test_a_file_that_comes_while_a_passphrase_is_asked_for_is_kept(world: KeysOfACluster) -> None:
    argv = gitopskit("keys", "backup", "keys.age", "-n", world.namespace)

    with at_terminal(argv, cwd=world.folder) as terminal:
        terminal.answer("passphrase: ", _PASSPHRASE)
        terminal.expect("the same again: ")
        (world.folder / "keys.age").write_text("the only copy of a key")
        terminal.type(f"{_PASSPHRASE}\r")
        code = terminal.end()

    assert code == 4
    assert (world.folder / "keys.age").read_text() == "the only copy of a key"
    assert [it.name for it in world.folder.iterdir() if "gitopskit-" in it.name] == []
    assert world.acknowledged() == set()


def test_what_cannot_be_written_is_not_acknowledged(world: KeysOfACluster) -> None:
    assert world.backup_to_recipient(file="nowhere/keys.age") == 3

    assert world.acknowledged() == set()


def test_the_old_key_without_a_label_is_in_the_backup(world: KeysOfACluster) -> None:
    content = key_secret(sealing_pair(7), namespace=world.namespace, name="sealed-secrets-key")
    del content["metadata"]["labels"]
    world.create(content)

    assert world.backup_to_recipient() == 0

    assert len(read_private_keys(_opened(world.folder / "keys.age").reveal(), where="")) == 5
    assert "sealed-secrets-key" in world.acknowledged()


def test_a_key_that_cannot_be_used_is_kept_told_and_not_acknowledged(
    world: KeysOfACluster, capsys: pytest.CaptureFixture[str]
) -> None:
    broken = key_secret(sealing_pair(7), namespace=world.namespace, name="broken")
    broken["data"]["tls.crt"] = ""
    world.create(broken)

    assert world.backup_to_recipient() == 0

    assert "without a key that can be used: the key Secret has no certificate" in (
        capsys.readouterr().err
    )
    assert world.acknowledged() == set(NAMES)
    assert b"name: broken" in _opened(world.folder / "keys.age").reveal()


def test_a_namespace_without_keys_ends_with_2(
    world: KeysOfACluster, capsys: pytest.CaptureFixture[str]
) -> None:
    assert app.run(["keys", "backup", "keys.age", "-n", "default"]) == 2

    assert "there is no sealing key in the namespace default" in capsys.readouterr().err
    assert not (world.folder / "keys.age").exists()


def test_no_private_half_is_told(world: KeysOfACluster, capsys: pytest.CaptureFixture[str]) -> None:
    assert world.backup_to_recipient() == 0

    said = capsys.readouterr()
    private = secret_of("current", world.namespace)["data"]["tls.key"]
    assert private[:40] not in said.out + said.err
    assert private not in (world.folder / "keys.age").read_text()


async def test_a_key_that_was_replaced_meanwhile_is_not_acknowledged(
    world: KeysOfACluster, admin: KubeClient
) -> None:
    secrets = await read_key_secrets(admin, world.namespace)
    (current,) = [secret for secret in secrets if secret.name == "current"]
    world.delete("current")
    world.create(key_secret(sealing_pair(8), namespace=world.namespace, name="current"))

    with pytest.raises(IntegrityFault):
        await acknowledge(admin, current, now=BORN)

    assert "current" not in world.acknowledged()


async def test_a_key_that_was_only_marked_meanwhile_is_acknowledged(
    world: KeysOfACluster, admin: KubeClient
) -> None:
    secrets = await read_key_secrets(admin, world.namespace)
    (current,) = [secret for secret in secrets if secret.name == "current"]
    patch = {"metadata": {"annotations": {"team": "a"}}}
    await admin.patch(SECRETS, "current", world.namespace, patch=patch, field_manager="test")

    await acknowledge(admin, current, now=BORN)

    annotations = world.get("current")["metadata"]["annotations"]
    assert annotations["team"] == "a"
    assert parse_rfc3339(annotations["gitopskit.io/key-backed-up"]) == BORN


async def test_a_key_that_changes_all_the_time_is_given_up(
    world: KeysOfACluster, admin: KubeClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    (current,) = [
        secret
        for secret in await read_key_secrets(admin, world.namespace)
        if secret.name == "current"
    ]

    async def stale(*_: object, **__: object) -> object:
        content = current.content
        return {**content, "metadata": {**content["metadata"], "resourceVersion": "1"}}

    monkeypatch.setattr(admin, "get", stale)
    with pytest.raises(ApiConflict):
        await acknowledge(admin, current, now=BORN)
