"""The real kubeseal, and our own commands, against our unsealer's HTTP interface.

The way is that of a cluster: through a real API server's proxy, to the Service that kubeseal looks
for when it is told nothing. Time stands still for the server, so all that a test asks has to fit
into one burst of its limits.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Final

import pytest

from gitopskit.errors import ApiError
from gitopskit.manifests.documents import read_documents
from gitopskit.manifests.settled_names import CERTIFICATE_CONFIG_MAP
from gitopskit.manifests.write import dump_documents
from gitopskit.sealing.scope import CLUSTER_WIDE_ANNOTATION, Scope
from gitopskit.sealing.unseal import Keyring, unseal_secret
from tests.support.outside import machine_address
from tests.support.sealing import private_key_of
from tests.support.unsealer_service import NAME, served_in_cluster
from tests.support.unsealing import SealingKey

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from gitopskit.controlplane.server import ControlPlane
    from gitopskit.kube.client import KubeClient
    from gitopskit.manifests.json_types import JsonObject
    from tests.support.unsealer_http import Served

OLD, NEW = SealingKey.new("old"), SealingKey.new("new", days_later=1)
NEWEST = Keyring((private_key_of(NEW.pair),))
SCOPES = pytest.mark.parametrize("scope", Scope, ids=lambda scope: scope.value)
PUBLISHED: Final = f"/api/v1/namespaces/kube-system/configmaps/{CERTIFICATE_CONFIG_MAP}"
VALUES: Final = {"password": "hunter2", "user": "admin"}


@pytest.fixture
async def served(admin: KubeClient, control_plane: ControlPlane) -> AsyncIterator[Served]:
    """The unsealer's server where kubeseal looks for it, with an old and a new key."""
    host = machine_address()
    if not host:
        pytest.skip("this machine has no IPv4 address but the loopback's")
    with contextlib.suppress(ApiError):  # of another test's unsealer, if there was one
        control_plane.rest.send("DELETE", PUBLISHED)
    async with served_in_cluster(admin, control_plane, OLD, NEW, host=host) as running:
        yield running


async def _run(
    control_plane: ControlPlane, *arguments: str | Path, stdin: str = "", code: int = 0
) -> str:
    """Run a program beside the server; return what it printed."""
    completed = await asyncio.to_thread(
        subprocess.run,
        [str(argument) for argument in arguments],
        input=stdin,
        capture_output=True,
        text=True,
        check=False,
        env={
            "KUBECONFIG": str(control_plane.kubeconfig_path),
            "HOME": os.environ["HOME"],
            "PATH": os.environ["PATH"],
        },
    )
    assert completed.returncode == code, completed.stderr
    return completed.stdout if code == 0 else completed.stderr


def _sealed(scope: Scope = Scope.STRICT, *, key: SealingKey = OLD) -> JsonObject:
    metadata: JsonObject = {"labels": {"team": "a"}, "annotations": {"note": "ours"}}
    return key.seal("db", "shop", VALUES, scope=scope, metadata=metadata)


def _opened(content: JsonObject) -> dict[str, str]:
    data = unseal_secret(content, keyring=NEWEST).data
    return {item: value.reveal().decode() for item, value in data.items()}


async def test_kubeseal_fetches_the_newest_certificate(
    served: Served, control_plane: ControlPlane, kubeseal: Path
) -> None:
    printed = await _run(control_plane, kubeseal, "--fetch-cert")

    assert served.is_ready
    assert printed == NEW.pair.certificate_pem.decode()


async def test_kubeseal_seals_for_the_unsealer(
    served: Served, control_plane: ControlPlane, kubeseal: Path
) -> None:
    secret = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "db", "namespace": "shop"},
        "stringData": VALUES,
    }

    printed = await _run(control_plane, kubeseal, stdin=json.dumps(secret))

    assert served.is_ready
    assert _opened(json.loads(printed)) == VALUES


@SCOPES
async def test_kubeseal_validates_what_a_key_opens(
    served: Served, control_plane: ControlPlane, kubeseal: Path, scope: Scope
) -> None:
    text = dump_documents([_sealed(scope)])

    await _run(control_plane, kubeseal, "--validate", stdin=text)

    assert served.is_ready


async def test_kubeseal_refuses_what_no_key_opens(
    served: Served, control_plane: ControlPlane, kubeseal: Path
) -> None:
    await served.hold(NEW)
    text = dump_documents([_sealed()])

    validated = await _run(control_plane, kubeseal, "--validate", stdin=text, code=1)
    rotated = await _run(control_plane, kubeseal, "--re-encrypt", stdin=text, code=1)

    assert "unable to decrypt sealed secret: db" in validated
    assert "unable to rotate secret" in rotated


@SCOPES
async def test_kubeseal_re_encrypts_and_loses_nothing(
    served: Served, control_plane: ControlPlane, kubeseal: Path, scope: Scope
) -> None:
    before = _sealed(scope)

    printed = await _run(control_plane, kubeseal, "--re-encrypt", stdin=json.dumps(before))

    after = json.loads(printed)
    assert served.is_ready
    assert _opened(after) == VALUES
    assert after["metadata"]["annotations"].keys() == before["metadata"]["annotations"].keys()
    template = after["spec"]["template"]["metadata"]
    assert template["labels"] == {"team": "a"}
    assert template["annotations"]["note"] == "ours"


async def test_kubeseal_cannot_be_made_to_widen_a_scope(
    served: Served, control_plane: ControlPlane, kubeseal: Path
) -> None:
    """CVE-2026-22728, as an attacker would do it: with the victim's file and kubeseal."""
    stolen = _sealed()
    stolen["spec"]["template"]["metadata"]["annotations"] = {CLUSTER_WIDE_ANNOTATION: "true"}

    printed = await _run(control_plane, kubeseal, "--re-encrypt", stdin=json.dumps(stolen))
    moved = json.loads(printed)
    moved["metadata"] |= {
        "name": "mine",
        "namespace": "attacker",
        "annotations": {CLUSTER_WIDE_ANNOTATION: "true"},
    }
    opened = await _run(control_plane, kubeseal, "--validate", stdin=json.dumps(moved), code=1)

    assert served.is_ready
    assert _opened(json.loads(printed)) == VALUES
    assert "unable to decrypt sealed secret: mine" in opened


async def test_our_own_commands_go_the_same_way(
    served: Served, control_plane: ControlPlane, tmp_path: Path
) -> None:
    path = tmp_path / "db.yaml"
    path.write_text(dump_documents([_sealed()]))
    program = (sys.executable, "-m", "gitopskit")
    named = ("--controller-name", NAME)

    fetched = await _run(control_plane, *program, "keys", "fetch", *named)
    await _run(control_plane, *program, "seal", "verify", "--controller", path)
    await _run(control_plane, *program, "seal", "reencrypt", *named, path)

    (after,) = read_documents(path.read_text(), path="db.yaml")
    assert fetched == NEW.pair.certificate_pem.decode()
    assert _opened(after.content) == VALUES
    counted = await served.scraped("sealed_secrets_controller_http_requests_total")
    assert {labels[1:] for labels in counted} >= {
        ("GET", "/v1/cert.pem"),
        ("POST", "/v1/verify"),
        ("POST", "/v1/rotate"),
    }
