from __future__ import annotations

import json
import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest

from gitopskit.controlplane.authority import new_identity
from gitopskit.controlplane.build import Binaries
from gitopskit.controlplane.commands import programs
from gitopskit.controlplane.folder import Folder, fill_folder

_SERVER = "https://127.0.0.1:6443"


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


def _fill(folder: Folder) -> str:
    identity = new_identity(now=datetime(2026, 6, 1, tzinfo=UTC))
    return fill_folder(folder, identity, server_url=_SERVER)


def test_every_file_is_its_owners_alone(folder: Folder) -> None:
    _fill(folder)

    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in folder.root.iterdir()}
    assert set(modes.values()) == {0o600}, modes


def test_the_kubeconfig_carries_the_administrators_token(folder: Folder) -> None:
    token = _fill(folder)

    content = json.loads(folder.kubeconfig("admin").read_bytes())
    assert content["users"] == [{"name": "admin", "user": {"token": token}}]
    assert content["clusters"][0]["cluster"]["server"] == _SERVER


def test_every_account_has_a_token_of_its_own(folder: Folder) -> None:
    _fill(folder)

    lines = folder.tokens.read_text().splitlines()
    assert len({line.split(",")[0] for line in lines}) == len(lines) == 4


def test_every_request_is_logged_and_no_body(folder: Folder) -> None:
    _fill(folder)

    assert json.loads(folder.audit_policy.read_bytes())["rules"] == [{"level": "Metadata"}]


def test_no_key_or_token_is_on_a_command_line(folder: Folder) -> None:
    token = _fill(folder)
    path = Path("/programs/x")
    binaries = Binaries(
        etcd=path,
        kube_apiserver=path,
        kube_controller_manager=path,
        kube_scheduler=path,
        kwok=path,
    )

    started = programs(binaries, folder, port=6443)

    assert token not in json.dumps([program.argv for program in started])
    assert [program.name for program in started] == [
        "etcd",
        "kube-apiserver",
        "kube-controller-manager",
        "kube-scheduler",
        "kwok",
    ]
    assert "--bind-address=127.0.0.1" in started[1].argv
    assert "--authorization-mode=RBAC" in started[1].argv


def test_programs_that_are_not_there_are_not_started(folder: Folder) -> None:
    path = Path("/programs/x")

    started = programs(Binaries(etcd=path, kube_apiserver=path), folder, port=6443)

    assert [program.name for program in started] == ["etcd", "kube-apiserver"]
