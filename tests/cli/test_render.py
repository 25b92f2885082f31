"""``gitopskit render`` prints objects, or says why there are none."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
import typer

from gitopskit.cli import app as frame
from gitopskit.cli import render

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    app = typer.Typer(rich_markup_mode=None, add_completion=False)
    app.callback()(lambda: None)
    render.register(app)
    monkeypatch.setattr(frame, "build_app", lambda *_: app)
    files = {
        "base/kustomization.yaml": "resources: [a.yaml]\n",
        "base/a.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n",
        "overlay/kustomization.yaml": "namespace: prod\nresources: [../base]\n",
        "empty/readme.md": "",
        ".git/HEAD": "",
    }
    for name, content in files.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(content)
    return tmp_path


def test_an_overlay_is_printed_as_yaml(
    repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert frame.run(["render", str(repository / "overlay")]) == 0

    assert capsys.readouterr().out == (
        "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n  namespace: prod\n"
    )


def test_the_current_folder_is_rendered_as_json(
    repository: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(repository / "overlay")

    assert frame.run(["render", "-o", "json"]) == 0

    listed = json.loads(capsys.readouterr().out)
    assert listed["kind"] == "List"
    assert [item["metadata"]["name"] for item in listed["items"]] == ["a"]


def test_an_empty_folder_prints_nothing(
    repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert frame.run(["render", str(repository / "empty")]) == 0

    assert capsys.readouterr().out.strip() == ""


def test_what_does_not_build_ends_with_2(
    repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (repository / "base" / "kustomization.yaml").write_text("resources: [nope.yaml]\n")

    assert frame.run(["render", str(repository / "overlay")]) == 2

    said = capsys.readouterr()
    assert said.out == ""
    assert said.err == (
        "gitopskit: error: `nope.yaml` does not exist - base/kustomization.yaml:1:13\n"
        "gitopskit: hint: correct the path, or commit the file\n"
    )
