"""Which namespace a file of an overlay is for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gitopskit.errors import InputError
from gitopskit.sealedfiles.overlay_namespaces import OverlayNamespaces

if TYPE_CHECKING:
    from pathlib import Path

_CONFIG = """\
apiVersion: gitopskit.io/v1
kind: Repository
spec:
  name: shop
  repoURL: https://git.example.com/shop.git
  environments: [{name: staging}, {name: prod, namespaceFormat: "live-{app}"}]
  apps: [{name: web}]
"""


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    (tmp_path / ".gitopskit").mkdir()
    (tmp_path / ".gitopskit" / "config.yaml").write_text(_CONFIG)
    return tmp_path


@pytest.mark.parametrize(
    ("path", "namespace"),
    [
        ("clusters/prod/apps/web/x.yaml", "live-web"),
        ("clusters/staging/apps/web/deep/er/x.yaml", "staging-web"),
        ("clusters/prod/apps/web/../../../staging/apps/web/x.yaml", "staging-web"),
        ("clusters/prod/apps/other/x.yaml", ""),
        ("clusters/other/apps/web/x.yaml", ""),
        ("clusters/prod/apps/x.yaml", ""),
        ("clusters/prod/base/web/x.yaml", ""),
        ("apps/web/x.yaml", ""),
        ("x.yaml", ""),
    ],
    ids=[
        "overlay",
        "below it",
        "another way",
        "unknown app",
        "unknown environment",
        "beside the apps",
        "platform",
        "shared",
        "root",
    ],
)
def test_an_overlay_has_the_namespace_of_its_app_and_environment(
    repository: Path, path: str, namespace: str
) -> None:
    assert OverlayNamespaces().of_file(repository / path) == namespace


def test_outside_of_a_repository_there_is_none(tmp_path: Path) -> None:
    assert OverlayNamespaces().of_file(tmp_path / "clusters/prod/apps/web/x.yaml") == ""


def test_a_configuration_that_cannot_be_read_is_told(repository: Path) -> None:
    (repository / ".gitopskit" / "config.yaml").write_text("kind: Other\n")

    with pytest.raises(InputError):
        OverlayNamespaces().of_file(repository / "clusters/prod/apps/web/x.yaml")


def test_the_configuration_is_read_once(repository: Path) -> None:
    namespaces = OverlayNamespaces()
    namespaces.of_file(repository / "clusters/prod/apps/web/x.yaml")
    (repository / ".gitopskit" / "config.yaml").write_text("kind: Other\n")

    again = namespaces.of_file(repository / "clusters/staging/apps/web/x.yaml")

    assert again == "staging-web"
