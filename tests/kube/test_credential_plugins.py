"""Exec plugins of a kubeconfig's user."""

from __future__ import annotations

import json
import stat
import sys
from typing import TYPE_CHECKING

import pytest

from gitopskit.errors import EnvironmentFault
from tests.support.kubeconfig import loaded, with_user, written

if TYPE_CHECKING:
    from pathlib import Path

    from gitopskit.controlplane.authority import ServingIdentity
    from gitopskit.manifests.json_types import JsonObject
    from tests.support.clock import FakeClock

PLUGIN = """#!{python}
import json, pathlib, sys
counter = pathlib.Path({counter!r})
runs = int(counter.read_text()) + 1 if counter.exists() else 1
counter.write_text(str(runs))
print(json.dumps({{
    "apiVersion": "client.authentication.k8s.io/v1",
    "kind": "ExecCredential",
    "status": {{"token": f"minted-{{runs}}", "expirationTimestamp": {expiry!r}}},
}}))
"""


def plugin(tmp_path: Path, source: str) -> JsonObject:
    program = tmp_path / "plugin"
    program.write_text(source)
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    return {
        "apiVersion": "client.authentication.k8s.io/v1",
        "command": str(program),
        "interactiveMode": "Never",
    }


async def test_a_plugins_token_is_used_until_it_expires(
    kubeconfig: JsonObject, tmp_path: Path, clock: FakeClock
) -> None:
    source = PLUGIN.format(
        python=sys.executable, counter=str(tmp_path / "runs"), expiry="2026-11-23T13:00:00Z"
    )
    path = written(with_user(kubeconfig, exec=plugin(tmp_path, source)), tmp_path)
    connection = await loaded(path, clock)

    early = await connection.tokens.current()
    clock.advance(3595)
    late = await connection.tokens.current()
    refused = await connection.tokens.renew(late)

    assert [early, late, refused] == ["Bearer minted-1", "Bearer minted-2", "Bearer minted-3"]


async def test_a_plugins_certificate_is_used(
    kubeconfig: JsonObject, tmp_path: Path, clock: FakeClock, identity: ServingIdentity
) -> None:
    credential = {
        "apiVersion": "client.authentication.k8s.io/v1",
        "kind": "ExecCredential",
        "status": {
            "clientCertificateData": identity.certificate.decode(),
            "clientKeyData": identity.private_key.decode(),
        },
    }
    (tmp_path / "credential").write_text(json.dumps(credential))
    source = f"#!/bin/sh\ncat '{tmp_path}/credential'\n"
    path = written(with_user(kubeconfig, exec=plugin(tmp_path, source)), tmp_path)

    connection = await loaded(path, clock)

    assert connection.tls is not None
    assert await connection.tokens.current() == ""


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ("#!/bin/sh\necho 'sign in first' >&2; exit 3\n", "sign in first"),
        ("#!/bin/sh\necho hunter2\n", "failed to decode"),
        ('#!/bin/sh\necho \'{"apiVersion":"v0","kind":"k","status":{}}\'\n', "does not match"),
    ],
    ids=["fails", "prints no JSON", "speaks another version"],
)
async def test_a_plugin_that_fails_is_an_error_with_its_words(
    kubeconfig: JsonObject, tmp_path: Path, clock: FakeClock, source: str, told: str
) -> None:
    path = written(with_user(kubeconfig, exec=plugin(tmp_path, source)), tmp_path)

    with pytest.raises(EnvironmentFault, match=told) as caught:
        await loaded(path, clock)

    assert "hunter2" not in str(caught.value)


async def test_what_a_plugin_prints_is_not_logged(
    kubeconfig: JsonObject, tmp_path: Path, clock: FakeClock, caplog: pytest.LogCaptureFixture
) -> None:
    source = "#!/bin/sh\necho hunter2 >&2; exit 3\n"
    path = written(with_user(kubeconfig, exec=plugin(tmp_path, source)), tmp_path)

    with pytest.raises(EnvironmentFault):
        await loaded(path, clock)

    assert caplog.text == ""


async def test_a_plugin_that_is_not_there_is_an_error(
    kubeconfig: JsonObject, tmp_path: Path, clock: FakeClock
) -> None:
    absent = {"apiVersion": "client.authentication.k8s.io/v1", "command": "/nowhere/plugin"}
    path = written(with_user(kubeconfig, exec=absent), tmp_path)

    with pytest.raises(EnvironmentFault, match="cannot read or run /nowhere/plugin"):
        await loaded(path, clock)
