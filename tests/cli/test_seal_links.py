"""Commands that rewrite a file refuse a link: it may lead out of the repository."""

from __future__ import annotations

import io
import sys
from typing import TYPE_CHECKING

import pytest

from gitopskit.cli import app
from tests.support.sealing import sealed_manifest, sealing_pair, write_pair

if TYPE_CHECKING:
    from pathlib import Path

_PLAIN = """\
apiVersion: v1
kind: Secret
metadata: {name: db, namespace: shop}
stringData: {password: correct-horse-battery}
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working folder: link.yaml leads to ../db.yaml, and a value waits on standard input."""
    folder = tmp_path / "repository"
    folder.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"correct-horse-battery")))
    write_pair(sealing_pair(), folder)
    (tmp_path / "db.yaml").write_text(sealed_manifest({"password": "hunter2", "user": "ann"}))
    (folder / "link.yaml").symlink_to("../db.yaml")
    (folder / "secret.yaml").write_text(_PLAIN)
    return folder


@pytest.mark.parametrize(
    "arguments",
    [
        ["set", "link.yaml", "password", "--cert", "tls.crt"],
        ["rm", "link.yaml", "password"],
        ["secret.yaml", "--merge-into", "link.yaml", "--cert", "tls.crt"],
    ],
    ids=["set", "rm", "merge"],
)
def test_a_link_is_not_followed(
    folder: Path, arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    before = (folder / "link.yaml").read_bytes()

    code = app.run(["seal", *arguments])

    assert (code, (folder / "link.yaml").read_bytes()) == (2, before)
    assert capsys.readouterr().err == (
        "gitopskit: error: the file is a link, which may lead anywhere - link.yaml\n"
        "gitopskit: hint: name the file that it leads to\n"
    )


def test_a_secret_behind_a_link_is_not_sealed_in_place(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder.parent / "db.yaml").write_text(_PLAIN)

    code = app.run(["seal", "link.yaml", "-i", "--cert", "tls.crt"])

    assert (code, (folder / "link.yaml").read_text()) == (2, _PLAIN)
    assert "the file is a link, which may lead anywhere" in capsys.readouterr().err


def test_what_is_only_shown_may_be_behind_a_link(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder.parent / "db.yaml").write_text(_PLAIN)

    code = app.run(["seal", "link.yaml", "-i", "--cert", "tls.crt", "--dry-run"])

    assert code == 0
    assert "kind: SealedSecret" in capsys.readouterr().out
