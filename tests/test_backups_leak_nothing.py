"""A private key and a passphrase go through backups and restores, and show nowhere."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pytest

from tests.support.canary import Canary, Watch
from tests.support.key_backups import KeysOfACluster, identity, new_identity, secret_of
from tests.support.sealing import sealing_pair

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from gitopskit.controlplane.server import ControlPlane

_PASSPHRASE: Final = b"canary-passphrase-8c52-of-the-backup"
_NUMBER_OF_CURRENT: Final = 1


@pytest.fixture
def world(control_plane: ControlPlane, namespace: str, tmp_path: Path) -> KeysOfACluster:
    """A namespace with one key, and a folder with what opens backups."""
    world = KeysOfACluster(control_plane, namespace, tmp_path)
    world.clear()
    world.create(secret_of("current", namespace))
    (tmp_path / "passphrase").write_bytes(_PASSPHRASE)
    (tmp_path / "wrong").write_bytes(_PASSPHRASE[:-1])
    (tmp_path / "identity").write_text(f"{identity()}\n")
    (tmp_path / "other").write_text(f"{new_identity()}\n")
    return world


@pytest.fixture
def run(world: KeysOfACluster, watch: Watch) -> Callable[..., None]:
    """Return what runs a command about keys and looks where the canary shows."""
    extra = {"KUBECONFIG": str(world.control_plane.kubeconfig_path)}

    def command(*arguments: str, expected: int = 0, shown: str = "") -> None:
        argv = ["-m", "gitopskit", *arguments]
        done = watch.run(argv, cwd=world.folder, extra=extra, shows_value_on=shown)
        assert done.returncode == expected, (arguments, done.stderr)

    return command


_CANARIES: Final = {
    "private key": sealing_pair(_NUMBER_OF_CURRENT).private_pem.reveal().splitlines()[5],
    "passphrase": _PASSPHRASE,
    "identity": str(identity()).encode(),
}


@pytest.fixture(params=_CANARIES)
def watch(request: pytest.FixtureRequest, tmp_path: Path) -> Watch:
    """Return a watch over one of what must not show."""
    return Watch(Canary(_CANARIES[request.param]), tmp_path / "watch")


def test_backups_and_restores_show_neither_key_nor_passphrase(
    world: KeysOfACluster, watch: Watch, run: Callable[..., None]
) -> None:
    place = ("-n", world.namespace)
    by_passphrase = ("--passphrase-file", "passphrase")
    run("keys", "backup", "locked.age", *place, *by_passphrase)
    run("keys", "backup", "keys.age", *place, "--recipient", str(identity().to_public()))
    run("keys", "list", "--cluster", *place)
    run("keys", "restore", "locked.age", *by_passphrase, "--dry-run")
    run("keys", "restore", "locked.age", "--passphrase-file", "wrong", expected=4)
    run("keys", "restore", "keys.age", "--identity", "other", expected=4)
    run("keys", "restore", "keys.age", "--identity", "passphrase", expected=2)
    world.delete("current")
    run("keys", "restore", "keys.age", "--identity", "identity", "--yes")
    run("keys", "restore", "keys.age", "-i", "identity", "--out", "-", shown="stdout")

    for name in ("locked.age", "keys.age"):
        watch.look("file", name, (world.folder / name).read_bytes())
    assert watch.leaks == []
