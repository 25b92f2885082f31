"""Which certificate and which keys follow from what `gitopskit seal` was asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gitopskit.cli.seal_flags import Target
from gitopskit.cli.seal_request import (
    SealRequest,
    comparison_of,
    find_certificate,
    read_keyring,
    require_known_cluster,
)
from gitopskit.errors import EnvironmentFault, InputError
from tests.support.fake_controller import FakeController
from tests.support.sealing import private_key_of, sealing_pair, write_pair

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_CONFIG = """\
apiVersion: gitopskit.io/v1
kind: Repository
spec:
  name: shop
  repoURL: https://git.example.com/shop.git
  environments: [{name: dev}, {name: prod}]
"""
_NUMBERS = {"dev": 0, "prod": 1, "cluster": 2, "file": 3}
_FILE = "clusters/prod/apps/web/sealed.yaml"


@pytest.fixture
def outside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working folder, which belongs to no repository."""
    folder = tmp_path / "outside"
    folder.mkdir()
    monkeypatch.chdir(folder)
    write_pair(sealing_pair(_NUMBERS["file"]), folder)
    return folder


@pytest.fixture
def repository(outside: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working folder: a repository with certificates of two environments."""
    folder = tmp_path / "repository"
    (folder / ".gitopskit" / "certs").mkdir(parents=True)
    (folder / ".gitopskit" / "config.yaml").write_text(_CONFIG)
    for name in ("dev", "prod"):
        pem = sealing_pair(_NUMBERS[name]).certificate_pem
        (folder / ".gitopskit" / "certs" / f"{name}.pem").write_bytes(pem)
        (folder / "clusters" / name / "apps" / "web").mkdir(parents=True)
    write_pair(sealing_pair(_NUMBERS["file"]), folder)
    monkeypatch.chdir(folder)
    assert outside != folder
    return folder


@pytest.fixture
def cluster(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeController]:
    """A cluster that KUBECONFIG leads to."""
    with FakeController([sealing_pair(_NUMBERS["cluster"])]) as controller:
        monkeypatch.setenv("KUBECONFIG", str(controller.kubeconfig))
        yield controller


def _chosen(request: SealRequest) -> str:
    """Return whose certificate is found."""
    fingerprint = find_certificate(request).fingerprint
    owners = {
        private_key_of(sealing_pair(number)).fingerprint: name for name, number in _NUMBERS.items()
    }
    return owners[fingerprint]


@pytest.mark.parametrize(
    ("request_", "owner"),
    [
        (SealRequest(source="-", cert="tls.crt"), "file"),
        (SealRequest(source="-", cert="tls.crt", target=_FILE), "file"),
        (SealRequest(source="-", cert="tls.crt", cluster=Target(context="fake")), "file"),
        (SealRequest(source="-", environments=("dev",), target=_FILE), "dev"),
        (SealRequest(source="-", environments=("dev",), cluster=Target(context="fake")), "dev"),
        (SealRequest(source="-", target=_FILE), "prod"),
        (SealRequest(source="-", merge_into=_FILE), "prod"),
        (SealRequest(source=_FILE, is_in_place=True), "prod"),
        (SealRequest(source="-", target=_FILE, cluster=Target(context="fake")), "cluster"),
    ],
    ids=[
        "a file",
        "a file over the target's environment",
        "a file over a cluster",
        "an environment over the target's",
        "an environment over a cluster",
        "the target's environment",
        "that of what is merged into",
        "that of what is replaced",
        "a cluster over the target's environment",
    ],
)
@pytest.mark.usefixtures("repository", "cluster")
def test_the_certificate_is_the_one_that_is_closest_to_what_was_said(
    request_: SealRequest, owner: str
) -> None:
    assert _chosen(request_) == owner


@pytest.mark.usefixtures("repository", "cluster")
def test_a_repository_of_several_environments_is_never_guessed_at() -> None:
    with pytest.raises(InputError, match="several environments have a certificate"):
        find_certificate(SealRequest(source="-"))


@pytest.mark.usefixtures("outside", "cluster")
def test_outside_a_repository_the_cluster_is_asked() -> None:
    assert _chosen(SealRequest(source="-")) == "cluster"


@pytest.mark.usefixtures("outside")
def test_without_a_repository_and_a_kubeconfig_the_certificate_must_be_named() -> None:
    with pytest.raises(InputError, match="no repository or kubeconfig to take one from") as caught:
        find_certificate(SealRequest(source="-"))

    assert "--cert FILE" in caught.value.hint


@pytest.mark.usefixtures("outside")
def test_a_cluster_that_is_named_and_cannot_be_asked_is_told(
    cluster: FakeController,
) -> None:
    cluster.close()

    with pytest.raises(EnvironmentFault, match="cannot reach the API server"):
        find_certificate(SealRequest(source="-"))


@pytest.mark.usefixtures("outside", "cluster")
def test_a_variable_that_means_another_cluster_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEALED_SECRETS_CLUSTER", "prod")

    with pytest.raises(InputError, match="SEALED_SECRETS_CLUSTER"):
        find_certificate(SealRequest(source="-"))
    with pytest.raises(InputError, match="SEALED_SECRETS_CLUSTER"):
        require_known_cluster()

    assert _chosen(SealRequest(source="-", cert="tls.crt")) == "file"


def test_several_environments_need_an_app() -> None:
    with pytest.raises(InputError, match="several --env are given without --app"):
        find_certificate(SealRequest(source="-", environments=("dev", "prod")))


def test_the_keys_of_all_files_are_a_keyring(tmp_path: Path) -> None:
    paths = []
    for number in (0, 1):
        (tmp_path / str(number)).mkdir()
        paths.append(str(write_pair(sealing_pair(number), tmp_path / str(number))[0]))

    keyring = read_keyring(tuple(paths))

    expected = [private_key_of(sealing_pair(number)).fingerprint for number in (0, 1)]
    assert sorted(key.fingerprint for key in keyring.keys) == sorted(expected)


def test_nothing_is_compared_by_default() -> None:
    comparison = comparison_of(SealRequest(source="-"))

    assert (comparison.keyring, comparison.digest_key) == (None, None)


def test_values_are_compared_by_what_is_named(tmp_path: Path) -> None:
    private_key, _ = write_pair(sealing_pair(), tmp_path)
    (tmp_path / "digest.key").write_bytes(b"k" * 32)
    request = SealRequest(
        source="-", private_keys=(str(private_key),), digest_key=str(tmp_path / "digest.key")
    )

    comparison = comparison_of(request)

    assert comparison.keyring is not None
    assert comparison.digest_key is not None
    assert comparison.digest_key.key == b"k" * 32


def test_digests_need_records() -> None:
    request = SealRequest(source="-", digest_key="digest.key", records_keys=False)

    with pytest.raises(InputError, match="--digest-key needs the key records"):
        comparison_of(request)
