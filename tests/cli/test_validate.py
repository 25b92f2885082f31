from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from gitopskit.cli import app as frame
from gitopskit.manifests.documents import read_value

if TYPE_CHECKING:
    from pathlib import Path

GOOD = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n"
BAD = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: b}\ndatta: {}\n"
CONFIG = """\
apiVersion: gitopskit.io/v1
kind: Repository
spec:
  name: shop
  repoURL: https://git.example.com/shop.git
  environments: [{name: staging}]
  validation:
    exceptions:
    - {rule: schema, object: ConfigMap/b, reason: an old name, expires: "2999-01-01"}
"""


def test_a_clean_file_ends_with_0(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a.yaml").write_text(GOOD, encoding="utf-8")

    assert frame.run(["validate", str(tmp_path)]) == 0

    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err == "gitopskit: documents: 1, files: 1, errors: 0, warnings: 0\n"


def test_a_finding_ends_with_1(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "b.yaml"
    path.write_text(BAD, encoding="utf-8")

    assert frame.run(["validate", str(path)]) == 1
    assert capsys.readouterr().out == (
        f'{path}:4:1: error: the field "datta" is unknown here [schema]\n'
        '    hint: did you mean "data"?\n'
    )


def test_malformed_text_ends_with_2(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "c.yaml").write_text("a: [", encoding="utf-8")

    assert frame.run(["validate", str(tmp_path)]) == 2
    assert "c.yaml:1:5: error: while parsing a flow node" in capsys.readouterr().out


def test_the_current_folder_is_the_default(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "b.yaml").write_text(BAD, encoding="utf-8")
    monkeypatch.chdir(tmp_path)

    assert frame.run(["validate"]) == 1
    assert capsys.readouterr().out.startswith("b.yaml:4:1: error:")


@pytest.mark.parametrize("form", ["json", "yaml"])
def test_programs_get_a_structure(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], form: str
) -> None:
    (tmp_path / "b.yaml").write_text(BAD, encoding="utf-8")

    assert frame.run(["validate", "-o", form, str(tmp_path)]) == 1

    text = capsys.readouterr().out
    report = json.loads(text) if form == "json" else read_value(text, path="x")
    assert [found["line"] for found in report["findings"]] == [4]
    assert report["errors"] == 1


def test_exceptions_of_the_repository_count(tmp_path: Path) -> None:
    (tmp_path / ".gitopskit").mkdir()
    (tmp_path / ".gitopskit" / "config.yaml").write_text(CONFIG, encoding="utf-8")
    (tmp_path / "b.yaml").write_text(BAD, encoding="utf-8")

    assert frame.run(["validate", str(tmp_path)]) == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        pytest.param(["nowhere"], "there is no such file or folder - nowhere", id="path"),
        pytest.param(
            ["--kubernetes", "1.20"], "there are no schemas of Kubernetes 1.20", id="version"
        ),
    ],
)
def test_what_cannot_be_used_ends_with_2(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert frame.run(["validate", *arguments]) == 2
    assert message in capsys.readouterr().err
