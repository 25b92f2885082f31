"""The sealing key and the repository's password go through bootstrap and show nowhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gitopskit.clock import SystemClock
from gitopskit.controlplane.build import ensure_binaries
from gitopskit.controlplane.server import ControlPlane
from gitopskit.kube.resources import APP_PROJECTS, APPLICATIONS, CONFIG_MAPS, EVENTS
from tests.support import cluster
from tests.support.canary import Canary, Watch

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from gitopskit.controlplane.build import BuildSettings

PASSWORD = Canary(b"canary-password-5f21-of-the-repository")


@pytest.fixture
def bare_plane(
    control_plane: ControlPlane,  # noqa: ARG001 -- where it cannot be had, this cannot either
    build_settings: BuildSettings,
) -> Iterator[ControlPlane]:
    """Return a control plane with nothing of ours in it."""
    with ControlPlane(ensure_binaries(build_settings), clock=SystemClock()) as server:
        yield server


@pytest.mark.timeout(150)
async def test_bootstrap_and_what_looks_after_it_show_neither(
    bare_plane: ControlPlane, tmp_path: Path
) -> None:
    watch = Watch(PASSWORD, tmp_path / "watch")
    shop, keys = tmp_path / "shop", tmp_path / "keys"
    extra = {"KUBECONFIG": str(bare_plane.kubeconfig_path)}

    def run(*arguments: str, stdin: bytes = b"", expected: int = 0) -> None:
        done = watch.run(["-m", "gitopskit", *arguments], stdin=stdin, cwd=shop, extra=extra)
        assert done.returncode == expected, (arguments, done.stderr)

    shop.mkdir()
    run("init", "--name", "shop", "--repo-url", "https://localhost:1/shop.git")
    made = watch.run(["-m", "gitopskit", "keys", "new", "--out-dir", str(keys)])
    watch.forgive_replacing(keys)  # the key's own file takes its name when it is complete
    private_lines = (keys / "tls.key").read_bytes().splitlines()
    (shop / ".gitopskit/certs/prod.pem").write_bytes((keys / "tls.crt").read_bytes())
    install = ("bootstrap", "prod", "--external-controllers", "--git-username", "bot")
    with_key = (*install, "--git-password-file", "-", "--sealing-key", str(keys / "tls.key"))
    for canary in (PASSWORD, Canary(private_lines[5])):
        watch.canary = canary
        watch.look("stdout", "keys new", made.stdout + made.stderr)
        run(*with_key, "--dry-run", stdin=PASSWORD.value, expected=canary is PASSWORD)
        run(*with_key, "--yes", stdin=PASSWORD.value)
        run("reconciler", "once", expected=1)
        run("reconciler", "status", expected=1)
        run("status", expected=1)
        run("doctor", "--context", "admin")
        run("keys", "fetch", "--env", "prod")
        async with await cluster.connect(bare_plane.kubeconfig_path) as admin:
            for kind in (APPLICATIONS, APP_PROJECTS, CONFIG_MAPS, EVENTS):
                watch.look_at_objects(kind.plural, (await admin.list(kind)).items)

    assert watch.leaks == []
