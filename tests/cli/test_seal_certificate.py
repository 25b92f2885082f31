"""Which certificate seals what goes into a file, where none or one is named."""

from __future__ import annotations

from pathlib import Path

import pytest

from gitopskit.cli.seal_certificate import choose_certificate
from gitopskit.errors import InputError
from tests.support.sealing import private_key_of, sealing_pair, write_pair

_CONFIG = """\
apiVersion: gitopskit.io/v1
kind: Repository
spec:
  name: shop
  repoURL: https://git.example.com/shop.git
  environments: [{name: dev}, {name: prod}, {name: qa}]
"""
_OVERLAYS = ("dev", "prod", "qa", "old")
_NUMBERS = {"dev": 0, "prod": 1}


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository with certificates for dev and prod; the working folder is outside of it."""
    elsewhere, root = tmp_path / "elsewhere", tmp_path / "repository"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    (root / ".gitopskit" / "certs").mkdir(parents=True)
    (root / ".gitopskit" / "config.yaml").write_text(_CONFIG)
    for name, number in _NUMBERS.items():
        pem = sealing_pair(number).certificate_pem
        (root / ".gitopskit" / "certs" / f"{name}.pem").write_bytes(pem)
    for name in _OVERLAYS:
        (root / "clusters" / name / "apps" / "web").mkdir(parents=True)
    (root / "apps" / "web").mkdir(parents=True)
    return root


def _fingerprint(environment: str) -> str:
    return private_key_of(sealing_pair(_NUMBERS[environment])).fingerprint


@pytest.mark.parametrize("environment", _NUMBERS)
def test_the_environment_whose_folder_a_file_lies_in_is_meant(root: Path, environment: str) -> None:
    file = root / "clusters" / environment / "apps" / "web" / "sealed.yaml"

    assert choose_certificate("", "", near=file).fingerprint == _fingerprint(environment)


def test_a_path_may_lead_through_another_environment(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(root / "clusters" / "dev" / "apps")
    file = Path("../../prod/apps/web/sealed.yaml")

    assert choose_certificate("", "", near=file).fingerprint == _fingerprint("prod")


def test_an_environment_that_is_named_wins(root: Path) -> None:
    file = root / "clusters" / "dev" / "apps" / "web" / "sealed.yaml"

    assert choose_certificate("", "prod", near=file).fingerprint == _fingerprint("prod")


def test_another_environments_certificate_is_never_taken(root: Path) -> None:
    (root / ".gitopskit" / "certs" / "dev.pem").unlink()

    with pytest.raises(InputError, match="no certificate for the environment 'qa'"):
        choose_certificate("", "", near=root / "clusters" / "qa" / "apps" / "web" / "sealed.yaml")


@pytest.mark.parametrize("folder", ["apps/web", "clusters/old/apps/web"], ids=["shared", "unknown"])
def test_a_file_of_no_environment_needs_the_only_certificate(root: Path, folder: str) -> None:
    file = root / folder / "sealed.yaml"

    with pytest.raises(InputError, match="several environments have a certificate"):
        choose_certificate("", "", near=file)
    (root / ".gitopskit" / "certs" / "dev.pem").unlink()

    assert choose_certificate("", "", near=file).fingerprint == _fingerprint("prod")


def test_outside_a_repository_it_is_that_of_the_working_folder(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "sealed.yaml"

    with pytest.raises(InputError, match="no repository to take one from"):
        choose_certificate("", "", near=file)
    monkeypatch.chdir(root / "clusters" / "prod" / "apps")

    assert choose_certificate("", "", near=file).fingerprint == _fingerprint("prod")


def test_a_file_that_is_named_wins(root: Path, tmp_path: Path) -> None:
    _, certificate = write_pair(sealing_pair(2), tmp_path)
    near = root / "clusters" / "dev" / "apps" / "web" / "sealed.yaml"

    for source in (str(certificate), certificate.as_uri()):
        chosen = choose_certificate(source, "", near=near)

        assert chosen.fingerprint == private_key_of(sealing_pair(2)).fingerprint


def test_two_certificates_are_one_too_many(root: Path) -> None:
    with pytest.raises(InputError, match="both --cert and --env are given"):
        choose_certificate("tls.crt", "dev", near=root)
