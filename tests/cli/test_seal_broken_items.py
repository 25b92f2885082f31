"""A SealedSecret with an item that is no base64: it can be mended, and does not hide the others."""

from __future__ import annotations

import io
import re
import sys
from typing import TYPE_CHECKING, Final

import pytest

from gitopskit.cli import app
from tests.support.editing import opened
from tests.support.sealing import sealed_manifest, sealing_pair, write_pair

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_VALUE: Final = "correct-horse-battery"
_CERT: Final = ("--cert", "tls.crt")
_KEYS: Final = ("--private-key", "tls.key", *_CERT)
_BROKEN: Final = {
    "no base64": ("'%'", "it is not base64"),
    "cut off": ("AgB", "it is not base64"),
    "null": ("null", "it is not a text"),
    "a number": ("7", "it is not a text"),
    "nothing": ("", "it is not a text"),
}
_EACH_BROKEN = pytest.mark.parametrize(("written", "reason"), _BROKEN.values(), ids=_BROKEN)
_EACH_WRITTEN = pytest.mark.parametrize("written", [text for text, _ in _BROKEN.values()])


@pytest.fixture
def broken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Path]:
    """Return what writes a.yaml with that text for ``token``, a value on standard input."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(_VALUE.encode())))
    write_pair(sealing_pair(), tmp_path)
    text = sealed_manifest({"token": "hunter2", "user": "ann"})

    def write(written: str) -> Path:
        path = tmp_path / "a.yaml"
        path.write_text(re.sub(r"    token: .*", f"    token: {written}", text))
        return path

    return write


@_EACH_WRITTEN
def test_setting_the_item_mends_it(broken: Callable[[str], Path], written: str) -> None:
    path = broken(written)

    code = app.run(["seal", "set", "a.yaml", "token", *_CERT])

    assert code == 0
    assert opened(path.read_text()) == {"token": _VALUE, "user": "ann"}


@_EACH_WRITTEN
def test_another_item_is_set_and_the_broken_one_stays(
    broken: Callable[[str], Path], written: str
) -> None:
    path = broken(written)

    code = app.run(["seal", "set", "a.yaml", "user", *_CERT])

    text = path.read_text()
    assert code == 0
    assert f"    token: {written}\n" in text
    assert opened(re.sub("    token: .*\n", "", text)) == {"user": _VALUE}


@_EACH_WRITTEN
def test_a_broken_item_can_be_removed(broken: Callable[[str], Path], written: str) -> None:
    path = broken(written)

    code = app.run(["seal", "rm", "a.yaml", "token"])

    assert code == 0
    assert opened(path.read_text()) == {"user": "ann"}


def test_merging_mends_a_broken_item(broken: Callable[[str], Path], tmp_path: Path) -> None:
    path = broken("'%'")
    text = "apiVersion: v1\nkind: Secret\nmetadata: {name: db}\nstringData: {token: new}\n"
    (tmp_path / "secret.yaml").write_text(text)

    code = app.run(["seal", "secret.yaml", "--merge-into", "a.yaml", *_CERT])

    assert code == 0
    assert opened(path.read_text()) == {"token": "new", "user": "ann"}


@_EACH_BROKEN
def test_reencryption_tells_the_item_and_does_the_others(
    broken: Callable[[str], Path], written: str, reason: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path = broken(written)
    before = path.read_text()

    code = app.run(["seal", "reencrypt", "a.yaml", "--from-key", "tls.key", "--to-cert", "tls.crt"])

    said = capsys.readouterr()
    assert code == 4
    assert f"no key opens `token`: {reason}" in said.out + said.err
    assert f"    token: {written}\n" in path.read_text()
    assert "user SHA256:" in path.read_text()
    assert "user SHA256:" not in before


@_EACH_BROKEN
def test_editing_tells_the_item_and_opens_the_others(
    broken: Callable[[str], Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    written: str,
    reason: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    path = broken(written)
    editor = tmp_path / "editor"
    editor.write_text('#!/bin/sh\nsed -i "s/user: ann/user: eve/" "$1"\n')
    editor.chmod(0o700)
    monkeypatch.setenv("EDITOR", str(editor))
    monkeypatch.delenv("VISUAL", raising=False)

    code = app.run(["seal", "edit", "a.yaml", "--editor", "--allow-disk", *_KEYS])

    said = capsys.readouterr().err
    assert code == 0
    assert f"no key opens `token`: {reason} - a.yaml:" in said
    assert "it is left as it is" in said
    assert f"    token: {written}\n" in path.read_text()
    assert opened(re.sub("    token: .*\n", "", path.read_text())) == {"user": "eve"}


def test_to_open_the_whole_secret_is_refused_at_the_item(
    broken: Callable[[str], Path], capsys: pytest.CaptureFixture[str]
) -> None:
    broken("null")

    code = app.run(["unseal", "a.yaml", "--private-key", "tls.key"])

    said = capsys.readouterr()
    assert (code, said.out) == (2, "")
    assert "`spec.encryptedData.token` is not a text - a.yaml:8:5" in said.err
