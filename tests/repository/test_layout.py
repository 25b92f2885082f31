"""Where things lie in a repository."""

from pathlib import Path, PurePosixPath

import pytest

from gitopskit.errors import InputError
from gitopskit.repository import layout
from gitopskit.repository.layout import Repository, find_repository


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        (layout.app_folder("web"), "apps/web"),
        (layout.environment_folder("prod"), "clusters/prod"),
        (layout.platform_folder("prod"), "clusters/prod/base"),
        (layout.overlay_folder("prod", "web"), "clusters/prod/apps/web"),
        (layout.registrations_folder("prod"), "clusters/prod/registrations"),
        (layout.certificate_file("prod"), ".gitopskit/certs/prod.pem"),
    ],
    ids=["app", "environment", "platform", "overlay", "registrations", "certificate"],
)
def test_the_paths_of_the_layout(path: PurePosixPath, expected: str) -> None:
    assert path == PurePosixPath(expected)


@pytest.mark.parametrize(
    ("path", "environment"),
    [
        ("clusters/prod/apps/web/sealed.yaml", "prod"),
        ("clusters/prod/sealed.yaml", "prod"),
        ("clusters/sealed.yaml", ""),
        ("apps/web/sealed.yaml", ""),
        ("elsewhere/clusters/prod/sealed.yaml", ""),
    ],
    ids=["overlay", "environment", "no environment", "shared", "below another folder"],
)
def test_the_environment_of_a_file_is_that_of_its_folder(path: str, environment: str) -> None:
    assert layout.environment_of(PurePosixPath(path)) == environment


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("clusters/prod/apps/web/sealed.yaml", ("prod", "web")),
        ("clusters/prod/apps/web/deep/sealed.yaml", ("prod", "web")),
        ("clusters/prod/apps/sealed.yaml", ("", "")),
        ("clusters/prod/base/web/sealed.yaml", ("", "")),
        ("elsewhere/prod/apps/web/sealed.yaml", ("", "")),
    ],
    ids=["overlay", "below it", "beside overlays", "platform", "elsewhere"],
)
def test_the_overlay_of_a_file_is_that_of_its_folder(path: str, expected: tuple[str, str]) -> None:
    assert layout.overlay_of(PurePosixPath(path)) == expected


def test_a_repository_is_found_from_a_folder_below(repository: Repository) -> None:
    below = repository.path(layout.overlay_folder("prod", "web"))
    below.mkdir(parents=True)

    assert find_repository(below) == repository


def test_a_folder_outside_any_repository_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no gitopskit repository") as caught:
        find_repository(tmp_path)

    assert "gitopskit init" in caught.value.hint
