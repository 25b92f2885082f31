"""What users install: the wheel that is built from the source distribution."""

from __future__ import annotations

import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

_ROOT = Path(__file__).parents[1]
_PROGRAM = """
from gitopskit.controlplane.build import KUBERNETES, KWOK
from gitopskit.repository.templates import templates_root
print(templates_root())
print(all((module.folder / "go.sum").is_file() for module in (KUBERNETES, KWOK)))
"""


def _run(*arguments: str | Path, cwd: Path = _ROOT) -> str:
    completed = subprocess.run(
        [str(argument) for argument in arguments],
        cwd=cwd,
        check=False,
        capture_output=True,
        text=True,
    )
    assert completed.returncode == 0, completed.stderr
    return completed.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a wheel that was built from an unpacked source distribution."""
    folder = tmp_path_factory.mktemp("packaging")
    hatchling = Path(sys.executable).with_name("hatchling")
    _run(hatchling, "build", "-t", "sdist", "-d", folder)
    (archive,) = folder.glob("*.tar.gz")
    _run("tar", "-xzf", archive, "-C", folder)
    _run(
        hatchling,
        "build",
        "-t",
        "wheel",
        "-d",
        folder,
        cwd=folder / archive.name[: -len(".tar.gz")],
    )
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def names(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as archive:
        return {name for name in archive.namelist() if not name.endswith("/")}


def _tracked(folder: str) -> set[str]:
    listed = _run("git", "ls-files", "-z", "--", folder)
    return {name for name in listed.split("\0") if name}


def test_the_wheel_carries_exactly_the_templates_of_the_repository(names: set[str]) -> None:
    packed = {name for name in names if name.startswith("gitopskit/templates/")}

    assert packed == {f"gitopskit/{name}" for name in _tracked("templates")}


def test_the_wheel_carries_every_file_of_the_package(names: set[str]) -> None:
    assert _tracked("gitopskit") - names == set()


def test_the_wheel_carries_the_licence_and_is_typed(names: set[str]) -> None:
    assert any(name.endswith("licenses/LICENSE") for name in names)
    assert "gitopskit/py.typed" in names


def test_the_installed_wheel_runs_without_the_checkout(wheel: Path, tmp_path: Path) -> None:
    fresh = tmp_path / "fresh"
    _run(sys.executable, "-m", "venv", "--without-pip", fresh)
    site = Path(_run(fresh / "bin/python", "-c", _SITE, cwd=tmp_path).strip())
    _run(
        *(sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"),
        *("--no-deps", "--no-index", "--target", site, wheel),
    )
    (site / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")

    version = _run(fresh / "bin/python", "-m", "gitopskit", "--version", cwd=tmp_path)
    templates, has_modules = _run(fresh / "bin/python", "-c", _PROGRAM, cwd=tmp_path).split()

    assert version.startswith("gitopskit ")
    assert templates == str(site / "gitopskit" / "templates")
    assert has_modules == "True"


_SITE = "import sysconfig; print(sysconfig.get_path('purelib'))"
