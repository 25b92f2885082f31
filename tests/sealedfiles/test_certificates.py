"""The certificate of a repository, and that of a cluster."""

from datetime import timedelta
from pathlib import Path

import pytest

from gitopskit.errors import InputError, UnusableKey
from gitopskit.kube.client import KubeClient
from gitopskit.kube.resources import CONFIG_MAPS
from gitopskit.manifests.settled_names import CERTIFICATE_CONFIG_MAP
from gitopskit.sealedfiles.certificates import fetch_certificate, stored_certificate
from tests.support.sealing import BORN, private_key_of, sealing_pair

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
