"""The certificate in a file, at an address, of a repository, and of a cluster."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from gitopskit.errors import ApiUnreachable, EnvironmentFault, InputError, UnusableKey
from gitopskit.kube.client import KubeClient
from gitopskit.kube.credentials import Connection
from gitopskit.kube.resources import CONFIG_MAPS
from gitopskit.kube.tokens import fixed_token
from gitopskit.manifests.settled_names import CERTIFICATE_CONFIG_MAP
from gitopskit.sealedfiles.certificates import (
    fetch_certificate,
    live_certificate,
    open_certificate,
    stored_certificate,
)
from gitopskit.sealedfiles.controller import ControllerAddress
from gitopskit.sealing.keys import SealingCertificate
from tests.support.clock import FakeClock
from tests.support.fake_api import FakeApi, Reply
from tests.support.fake_controller import FakeController
from tests.support.sealing import BORN, private_key_of, rsa_of, sealing_pair

_CONFIG = """\
apiVersion: gitopskit.io/v1
kind: Repository
spec:
  name: shop
  repoURL: https://git.example.com/shop.git
  environments: [{name: staging}, {name: prod}]
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder inside a repository that has a certificate for prod only."""
    (tmp_path / ".gitopskit" / "certs").mkdir(parents=True)
    (tmp_path / ".gitopskit" / "config.yaml").write_text(_CONFIG)
    (tmp_path / ".gitopskit" / "certs" / "prod.pem").write_bytes(sealing_pair().certificate_pem)
    (tmp_path / "apps").mkdir()
    return tmp_path / "apps"


@pytest.mark.parametrize("environment", ["prod", ""], ids=["named", "the only one"])
def test_a_repository_keeps_certificates(folder: Path, environment: str) -> None:
    certificate = stored_certificate(folder, environment, now=BORN)

    assert certificate.fingerprint == private_key_of(sealing_pair()).fingerprint


def test_an_environment_without_a_certificate_is_told(folder: Path) -> None:
    with pytest.raises(InputError) as caught:
        stored_certificate(folder, "staging", now=BORN)

    assert caught.value.hint == "run `gitopskit keys fetch --env staging`"


def test_an_expired_certificate_is_named_with_its_file(folder: Path) -> None:
    with pytest.raises(UnusableKey) as caught:
        stored_certificate(folder, "prod", now=BORN + timedelta(days=4000))

    assert caught.value.where.endswith(".gitopskit/certs/prod.pem")


def test_outside_a_repository_the_flag_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        stored_certificate(tmp_path, "", now=BORN)

    assert "--cert FILE" in caught.value.hint


async def test_a_cluster_publishes_its_certificate(admin: KubeClient, namespace: str) -> None:
    body = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": CERTIFICATE_CONFIG_MAP, "namespace": namespace},
        "data": {"tls.crt": sealing_pair().certificate_pem.decode()},
    }
    await admin.create(CONFIG_MAPS, body, field_manager="test")

    certificate = await fetch_certificate(admin, namespace=namespace)

    assert certificate.pem == sealing_pair().certificate_pem


async def test_a_cluster_without_a_certificate_is_told(admin: KubeClient) -> None:
    with pytest.raises(InputError) as caught:
        await fetch_certificate(admin, namespace="default")

    assert str(caught.value) == (
        "the cluster publishes no sealing certificate"
        " - ConfigMap/default/gitopskit-sealing-certificate"
    )


PUBLISHED, SERVED = sealing_pair(0), sealing_pair(1)
ADDRESS = ControllerAddress()


def opened(source: str, *, clock: FakeClock | None = None) -> SealingCertificate:
    return open_certificate(source, environment={}, clock=clock or FakeClock())


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A file with two certificates after some words, in a folder with a space in its name."""
    (tmp_path / "my keys").mkdir()
    path = tmp_path / "my keys" / "tls.crt"
    path.write_bytes(b"the new one:\n" + SERVED.certificate_pem + PUBLISHED.certificate_pem)
    return path


def test_the_first_certificate_of_a_file_is_taken(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(file.parent)

    found = [opened(source).pem for source in (str(file), file.name, f"../my keys/{file.name}")]

    assert found == [SERVED.certificate_pem] * 3


@pytest.mark.parametrize("start", ["file://", "file://localhost", "FILE://", "file:"])
def test_a_file_address_names_a_file(file: Path, start: str) -> None:
    certificate = opened(start + str(file).replace(" ", "%20"))

    assert certificate.pem == SERVED.certificate_pem


@pytest.mark.parametrize("address", ["file://other.example/tls.crt", "file://tls.crt"])
def test_a_file_address_names_no_other_machine(address: str) -> None:
    with pytest.raises(InputError, match="cannot name another machine") as caught:
        opened(address)

    assert caught.value.where == address


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ("missing.crt", "cannot read the certificate: No such file or directory - missing.crt"),
        ("file:///%00", "cannot read the certificate: this is no path - /\0"),
        ("ftp://a.example/tls.crt", "this is no address of the web - ftp://a.example/tls.crt"),
    ],
    ids=["missing", "no path", "another scheme"],
)
def test_what_cannot_be_opened_is_told(source: str, told: str) -> None:
    with pytest.raises(InputError) as caught:
        opened(source)

    assert str(caught.value) == told


def test_a_file_beyond_all_bounds_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "tls.crt"
    path.write_bytes(SERVED.certificate_pem + bytes(1024 * 1024))

    with pytest.raises(InputError, match="the file is larger than 1 MiB"):
        opened(str(path))


def test_a_bare_public_key_is_no_certificate(tmp_path: Path) -> None:
    public_key = rsa_of(private_key_of(SERVED)).public_key()
    path = tmp_path / "key.pub"
    path.write_bytes(public_key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))

    with pytest.raises(UnusableKey):
        opened(str(path))


def test_an_expired_certificate_is_refused(file: Path) -> None:
    clock = FakeClock(BORN + timedelta(days=4000))

    with pytest.raises(UnusableKey, match="expired"):
        opened(str(file), clock=clock)


async def test_a_certificate_is_fetched_from_an_address() -> None:
    async with FakeApi() as server:
        server.reply(Reply(raw=SERVED.certificate_pem))

        certificate = await asyncio.to_thread(opened, f"{server.url}/tls.crt")

    assert certificate.pem == SERVED.certificate_pem


async def test_an_address_without_a_certificate_is_named_without_credentials() -> None:
    async with FakeApi() as server:
        server.reply(Reply(raw=b"<html>"))
        url = server.url.replace("//", "//me:hunter2@")

        with pytest.raises(UnusableKey) as caught:
            await asyncio.to_thread(opened, f"{url}/?token=hunter2")

    assert caught.value.where == f"{server.url}/"


@pytest.fixture
def controller() -> Iterator[FakeController]:
    with FakeController([SERVED]) as running:
        yield running


@pytest.fixture
async def api(controller: FakeController) -> AsyncIterator[KubeClient]:
    """A client of the API server in front of a controller."""
    clock = FakeClock()
    async with KubeClient(controller.connection(clock), clock=clock) as client:
        yield client


async def test_the_published_certificate_comes_first(
    controller: FakeController, api: KubeClient
) -> None:
    controller.publish(PUBLISHED.certificate_pem)

    certificate = await live_certificate(api, address=ADDRESS, is_default=True)

    assert certificate.pem == PUBLISHED.certificate_pem
    assert controller.asked == []


async def test_without_a_published_certificate_the_controller_is_asked(api: KubeClient) -> None:
    certificate = await live_certificate(api, address=ADDRESS, is_default=True)

    assert certificate.pem == SERVED.certificate_pem


async def test_a_controller_that_was_chosen_is_the_only_one_asked(
    controller: FakeController, api: KubeClient
) -> None:
    controller.publish(PUBLISHED.certificate_pem)

    certificate = await live_certificate(api, address=ADDRESS, is_default=False)

    assert certificate.pem == SERVED.certificate_pem


async def test_an_unusable_published_certificate_is_not_passed_over(
    controller: FakeController, api: KubeClient
) -> None:
    controller.publish(b"nonsense")

    with pytest.raises(UnusableKey) as caught:
        await live_certificate(api, address=ADDRESS, is_default=True)

    assert caught.value.where == "ConfigMap/kube-system/gitopskit-sealing-certificate"


async def test_an_unusable_certificate_of_a_controller_is_named(
    controller: FakeController, api: KubeClient
) -> None:
    api.clock.advance(4000 * 86400)  # type: ignore[attr-defined]  # a FakeClock

    with pytest.raises(UnusableKey, match="expired at") as caught:
        await live_certificate(api, address=ADDRESS, is_default=True)

    assert caught.value.where == "Service/kube-system/sealed-secrets-controller"
    assert [path for _, path, _ in controller.asked] == ["/v1/cert.pem"]


async def test_both_ways_are_told_when_neither_leads_to_a_certificate(
    controller: FakeController, api: KubeClient
) -> None:
    controller.behaviour.is_missing = True

    with pytest.raises(InputError) as caught:
        await live_certificate(api, address=ADDRESS, is_default=True)

    assert str(caught.value) == (
        "there is no sealing certificate to be had: the cluster publishes no sealing certificate"
        " - ConfigMap/kube-system/gitopskit-sealing-certificate; there is no sealed-secrets"
        " controller - Service/kube-system/sealed-secrets-controller"
    )
    assert "gitopskit bootstrap" in caught.value.hint
    assert "--controller-name" in caught.value.hint
    assert "--cert FILE" in caught.value.hint


async def test_what_the_environment_refuses_may_be_allowed_later(
    controller: FakeController, api: KubeClient
) -> None:
    controller.behaviour.forbids_proxy = True

    with pytest.raises(EnvironmentFault, match="services/proxy"):
        await live_certificate(api, address=ADDRESS, is_default=True)


async def test_an_api_server_that_does_not_answer_is_asked_one_way_only() -> None:
    clock = FakeClock()
    connection = Connection(server="http://127.0.0.1:1", tokens=fixed_token("a", clock=clock))

    async with KubeClient(connection, clock=clock) as api:
        with pytest.raises(ApiUnreachable):
            await live_certificate(api, address=ADDRESS, is_default=True)

    assert len(clock.sleeps) == 4
