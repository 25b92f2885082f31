from __future__ import annotations

import base64
import json
import os
import tempfile
from typing import TYPE_CHECKING

import pytest

from gitopskit.errors import (
    EnvironmentFault,
    GitopskitError,
    InputError,
    MalformedDocument,
    UnsupportedField,
)
from gitopskit.kube.credentials import Connection, load_connection
from tests.support.kubeconfig import loaded, with_user, written

if TYPE_CHECKING:
    from pathlib import Path

    from gitopskit.controlplane.authority import ServingIdentity
    from gitopskit.manifests.json_types import JsonObject
    from tests.support.clock import FakeClock


async def test_the_current_context_is_used(
    kubeconfig: JsonObject, tmp_path: Path, clock: FakeClock
) -> None:
    connection = await loaded(written(kubeconfig, tmp_path), clock)

    assert connection.server == "https://127.0.0.1:6443"
    assert connection.context_name == "prod"
    assert connection.namespace == "shop"
    assert connection.tls is not None
    assert await connection.tokens.current() == "Bearer hunter2"


async def test_another_context_can_be_chosen(
    kubeconfig: JsonObject, tmp_path: Path, clock: FakeClock
) -> None:
    connection = await loaded(written(kubeconfig, tmp_path), clock, context="staging")

    assert connection.context_name == "staging"
    assert connection.namespace == "default"


async def test_nothing_secret_is_in_the_repr(
    kubeconfig: JsonObject, tmp_path: Path, clock: FakeClock
) -> None:
    kubeconfig["clusters"][0]["cluster"]["proxy-url"] = "http://me:hunter2@proxy.example:1"

    connection = await loaded(written(kubeconfig, tmp_path), clock)

    assert "hunter2" not in repr(connection)
    assert "hunter2" in connection.proxy


@pytest.mark.parametrize("source", ["KUBECONFIG", "HOME"])
async def test_the_usual_places_are_looked_at(
    kubeconfig: JsonObject, tmp_path: Path, clock: FakeClock, source: str
) -> None:
    path = written(kubeconfig, tmp_path, name=".kube/config")
    values = {"KUBECONFIG": path, "HOME": str(tmp_path)}

    connection = await load_connection(environment={source: values[source]}, clock=clock)

    assert connection.context_name == "prod"


async def test_several_files_are_merged(
    kubeconfig: JsonObject, tmp_path: Path, clock: FakeClock
) -> None:
    first = tmp_path / "users"
    first.write_text(json.dumps({"users": kubeconfig.pop("users")}))
    second = written(kubeconfig, tmp_path)

    connection = await loaded(f"{first}{os.pathsep}{second}", clock)

    assert await connection.tokens.current() == "Bearer hunter2"


async def test_client_certificates_leave_no_file_behind(
    kubeconfig: JsonObject,
    tmp_path: Path,
    clock: FakeClock,
    identity: ServingIdentity,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    certificate = {
        "client-certificate-data": base64.b64encode(identity.certificate).decode(),
        "client-key-data": base64.b64encode(identity.private_key).decode(),
    }
    path = written(with_user(kubeconfig, **certificate), tmp_path)

    first = await loaded(path, clock)
    second = await loaded(path, clock)

    assert first.tls is not None
    assert second.tls is not None
    assert list(folder.iterdir()) == []
    assert await first.tokens.current() == ""


async def test_a_token_file_is_read_again_after_a_minute(
    kubeconfig: JsonObject, tmp_path: Path, clock: FakeClock
) -> None:
    token = tmp_path / "token"
    token.write_text("first")
    path = written(with_user(kubeconfig, tokenFile=str(token)), tmp_path)
    connection = await loaded(path, clock)

    token.write_text("second")
    early = await connection.tokens.current()
    clock.advance(61)

    assert early == "Bearer first"
    assert await connection.tokens.current() == "Bearer second"


async def test_a_missing_file_is_named(tmp_path: Path, clock: FakeClock) -> None:
    with pytest.raises(EnvironmentFault, match="there is no kubeconfig") as caught:
        await loaded(str(tmp_path / "absent"), clock)

    assert caught.value.where == str(tmp_path / "absent")
    assert "KUBECONFIG" in caught.value.hint
    assert "--kubeconfig" not in caught.value.hint
    assert caught.value.exit_code == 3


async def test_a_folder_in_place_of_the_file_is_told(tmp_path: Path, clock: FakeClock) -> None:
    with pytest.raises(EnvironmentFault, match="Is a directory") as caught:
        await loaded(str(tmp_path), clock)

    assert caught.value.hint == "check that KUBECONFIG names a kubeconfig"


async def test_an_unknown_context_is_told_with_those_that_exist(
    kubeconfig: JsonObject, tmp_path: Path, clock: FakeClock
) -> None:
    with pytest.raises(InputError, match='there is no context "prd"') as caught:
        await loaded(written(kubeconfig, tmp_path), clock, context="prd")

    assert "prod, staging" in caught.value.hint


async def test_no_current_context_is_told_with_those_that_exist(
    kubeconfig: JsonObject, tmp_path: Path, clock: FakeClock
) -> None:
    del kubeconfig["current-context"]

    with pytest.raises(EnvironmentFault, match="has no current context") as caught:
        await loaded(written(kubeconfig, tmp_path), clock)

    assert "prod, staging" in caught.value.hint


@pytest.mark.parametrize(
    ("content", "kind", "told"),
    [
        ("a: [hunter2", MalformedDocument, "is not YAML"),
        ("hunter2", EnvironmentFault, "this is no kubeconfig"),
        ("", EnvironmentFault, "this is no kubeconfig"),
        ("contexts: hunter2", EnvironmentFault, 'lacks "name"'),
        ("current-context: a\ncontexts: [{hunter2: 1}]", EnvironmentFault, "this is no kubeconfig"),
    ],
    ids=["no YAML", "a word", "empty", "no list", "a context without a name"],
)
async def test_a_malformed_file_is_told_without_its_content(
    tmp_path: Path, clock: FakeClock, content: str, kind: type[GitopskitError], told: str
) -> None:
    with pytest.raises(kind, match=told) as caught:
        await loaded(written(content, tmp_path), clock)

    assert "hunter2" not in str(caught.value)


async def test_a_context_without_its_cluster_is_told_without_the_users_token(
    kubeconfig: JsonObject, tmp_path: Path, clock: FakeClock
) -> None:
    kubeconfig["clusters"] = []

    with pytest.raises(EnvironmentFault) as caught:
        await loaded(written(kubeconfig, tmp_path), clock)

    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize("data", ["not base64!", base64.b64encode(b"no certificate").decode()])
async def test_a_broken_certificate_is_told(
    kubeconfig: JsonObject, tmp_path: Path, clock: FakeClock, data: str
) -> None:
    kubeconfig["clusters"][0]["cluster"]["certificate-authority-data"] = data

    with pytest.raises(EnvironmentFault):
        await loaded(written(kubeconfig, tmp_path), clock)


async def test_impersonation_by_kubeconfig_is_refused_rather_than_ignored(
    kubeconfig: JsonObject, tmp_path: Path, clock: FakeClock
) -> None:
    path = written(with_user(kubeconfig, **{"token": "x", "as": "somebody"}), tmp_path)

    with pytest.raises(UnsupportedField, match="`as`"):
        await loaded(path, clock)


async def test_verification_is_skipped_only_where_the_file_says_so(
    kubeconfig: JsonObject, tmp_path: Path, clock: FakeClock
) -> None:
    kubeconfig["clusters"][0]["cluster"] = {
        "server": "https://127.0.0.1:6443",
        "insecure-skip-tls-verify": True,
        "tls-server-name": "kubernetes",
    }

    connection = await loaded(written(kubeconfig, tmp_path), clock)

    assert connection.tls is not None
    assert not connection.tls.check_hostname
    assert connection.tls_server_name == "kubernetes"


async def test_a_server_without_tls_has_no_tls(
    kubeconfig: JsonObject, tmp_path: Path, clock: FakeClock
) -> None:
    kubeconfig["clusters"][0]["cluster"] = {"server": "http://127.0.0.1:8001/"}

    connection = await loaded(written(kubeconfig, tmp_path), clock)

    assert connection.tls is None
    assert connection.server == "http://127.0.0.1:8001"


@pytest.fixture
def pod(tmp_path: Path, identity: ServingIdentity) -> Path:
    """Return a folder as a pod finds it."""
    (tmp_path / "token").write_text("first\n")
    (tmp_path / "ca.crt").write_bytes(identity.ca_certificate)
    (tmp_path / "namespace").write_text("gitopskit-system")
    return tmp_path


POD_ENVIRONMENT = {"KUBERNETES_SERVICE_HOST": "fd00::1", "KUBERNETES_SERVICE_PORT": "443"}


async def in_pod(folder: Path, clock: FakeClock) -> Connection:
    return await load_connection(
        in_cluster=True, environment=POD_ENVIRONMENT, clock=clock, service_account_folder=folder
    )


async def test_a_pod_uses_its_service_account_and_reads_the_token_again(
    pod: Path, clock: FakeClock
) -> None:
    connection = await in_pod(pod, clock)

    first = await connection.tokens.current()
    (pod / "token").write_text("second")
    clock.advance(61)
    second = await connection.tokens.current()

    assert connection.server == "https://[fd00::1]:443"
    assert connection.namespace == "gitopskit-system"
    assert [first, second] == ["Bearer first", "Bearer second"]


async def test_a_pod_without_a_namespace_file_is_in_default(pod: Path, clock: FakeClock) -> None:
    (pod / "namespace").unlink()

    assert (await in_pod(pod, clock)).namespace == "default"


@pytest.mark.parametrize("name", ["token", "ca.crt"])
async def test_an_incomplete_service_account_is_told(
    pod: Path, clock: FakeClock, name: str
) -> None:
    (pod / name).unlink()

    with pytest.raises(EnvironmentFault, match="does not exist") as caught:
        await in_pod(pod, clock)

    assert caught.value.where == str(pod)
