"""`gitopskit keys inspect`, as a person meets it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from gitopskit.cli import app
from gitopskit.clock import SystemClock
from gitopskit.manifests.documents import read_value
from gitopskit.manifests.write import dump_documents
from gitopskit.sealing.keys import key_secret, new_sealing_key
from tests.support.sealed_manifests import fingerprint_of
from tests.support.sealing import BORN, sealing_pair, write_pair

if TYPE_CHECKING:
    from pathlib import Path

_KEY = fingerprint_of()


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working folder: a key as files, as a Secret, and an expired certificate."""
    monkeypatch.chdir(tmp_path)
    write_pair(sealing_pair(), tmp_path)
    secret = key_secret(sealing_pair(), namespace="keys", name="key-1")
    (tmp_path / "key.yaml").write_text(dump_documents([secret]))
    expired = new_sealing_key(now=BORN, size_bits=2048, days=1)
    (tmp_path / "old.crt").write_bytes(expired.certificate_pem)
    return tmp_path


@pytest.mark.usefixtures("folder")
def test_a_key_secret_is_told_without_its_private_half(capsys: pytest.CaptureFixture[str]) -> None:
    assert app.run(["keys", "inspect", "key.yaml"]) == 0

    age = (SystemClock().now_utc() - BORN).days
    assert capsys.readouterr().out == (
        "key Secret in key.yaml:1:1\n"
        f"  fingerprint  {_KEY}\n"
        "  size         2048 bits\n"
        "  state        active\n"
        "  valid from   2026-06-01T12:00:00Z\n"
        "  valid until  2036-05-29T12:00:00Z\n"
        f"  age          {age} days\n"
    )


@pytest.mark.usefixtures("folder")
def test_an_expired_certificate_is_told_as_such(capsys: pytest.CaptureFixture[str]) -> None:
    assert app.run(["keys", "inspect", "old.crt"]) == 0

    assert "  valid until  2026-06-02T12:00:00Z, expired\n" in capsys.readouterr().out


@pytest.mark.usefixtures("folder")
def test_of_a_private_key_alone_there_are_no_dates(capsys: pytest.CaptureFixture[str]) -> None:
    assert app.run(["keys", "inspect", "tls.key"]) == 0

    assert capsys.readouterr().out == (
        f"private key in tls.key\n  fingerprint  {_KEY}\n  size         2048 bits\n"
    )


@pytest.mark.parametrize("form", ["json", "yaml"])
def test_programs_get_a_structure_for_each_key(
    folder: Path, form: str, capsys: pytest.CaptureFixture[str]
) -> None:
    both = (folder / "tls.crt").read_bytes() + (folder / "tls.key").read_bytes()
    (folder / "both.pem").write_bytes(both)

    assert app.run(["keys", "inspect", "both.pem", "-o", form]) == 0

    text = capsys.readouterr().out
    rows = json.loads(text) if form == "json" else read_value(text, path="x")
    assert [(row["kind"], row["fingerprint"]) for row in rows] == [
        ("certificate", _KEY),
        ("private key", _KEY),
    ]
    assert "BEGIN" not in text


def test_a_file_without_a_key_ends_with_2(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "x.yaml").write_text("kind: ConfigMap\n")

    assert app.run(["keys", "inspect", "x.yaml"]) == 2

    assert "there is neither a certificate nor a private key in it" in capsys.readouterr().err
