"""Where templates are looked for, and what may be read of them."""

from pathlib import Path

import pytest

from gitopskit.errors import EnvironmentFault, InputError
from gitopskit.repository.templates import platform_documents, read_platform, templates_root


@pytest.mark.parametrize(
    ("folders", "expected"),
    [
        (["package/templates", "templates"], "package/templates"),
        (["package", "templates"], "templates"),
    ],
    ids=["wheel", "checkout"],
)
def test_the_folder_inside_the_package_comes_first(
    tmp_path: Path, folders: list[str], expected: str
) -> None:
    for folder in folders:
        (tmp_path / folder).mkdir(parents=True)

    assert templates_root(tmp_path / "package") == tmp_path / expected


def test_an_installation_without_templates_is_told(tmp_path: Path) -> None:
    with pytest.raises(EnvironmentFault, match="templates of gitopskit are missing"):
        templates_root(tmp_path / "package")


def test_platform_manifests_are_read_in_the_order_given() -> None:
    manifests = platform_documents("crds/sealedsecrets.yaml", "crds/applications.yaml")

    assert [manifest.name for manifest in manifests] == [
        "sealedsecrets.bitnami.com",
        "applications.argoproj.io",
    ]


@pytest.mark.parametrize(
    "name", ["none.yaml", "crds", "../repository/copier.yml"], ids=["none", "folder", "outside"]
)
def test_another_name_is_refused_with_those_there_are(name: str) -> None:
    with pytest.raises(InputError, match="no platform manifest") as caught:
        read_platform(name)

    assert "crds/sealedsecrets.yaml" in caught.value.hint
