"""`gitopskit seal` of whole documents: where they go, what stays, and the ways back."""

from __future__ import annotations

import base64
import io
import json
import stat
import sys
from typing import TYPE_CHECKING, Final

import pytest

from gitopskit.cli import app
from gitopskit.manifests.documents import read_documents
from gitopskit.sealing.envelope import open_value
from gitopskit.sealing.unseal import Keyring, unseal_secret
from tests.support.sealing import private_key_of, sealed_manifest, sealing_pair, write_pair

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_MANIFEST: Final = """\
apiVersion: v1
kind: Secret
metadata: {name: db, namespace: shop}
stringData: {password: correct-horse, user: admin}
"""
_CERT: Final = ("--cert", "tls.crt")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working folder: a Secret, a private key and its certificate."""
    monkeypatch.chdir(tmp_path)
    write_pair(sealing_pair(), tmp_path)
    (tmp_path / "secret.yaml").write_text(_MANIFEST)
    return tmp_path


@pytest.fixture
def type_in(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    def give(text: str) -> None:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode())))

    return give


def _envelopes(text: str) -> dict[str, str]:
    (manifest,) = read_documents(text, path="result")
    found: dict[str, str] = manifest.content["spec"]["encryptedData"]
    return found


def _values(text: str) -> dict[str, str]:
    keyring = Keyring([private_key_of(sealing_pair())])
    (manifest,) = read_documents(text, path="result")
    data = unseal_secret(manifest.content, keyring=keyring, where="").data
    return {item: value.reveal().decode() for item, value in data.items()}


def test_outputs_can_be_put_behind_one_another(capsys: pytest.CaptureFixture[str]) -> None:
    for _ in range(2):
        assert app.run(["seal", "secret.yaml", *_CERT, "-o", "yaml"]) == 0

    found = read_documents(capsys.readouterr().out, path="both")

    assert [each.kind for each in found] == ["SealedSecret", "SealedSecret"]


@pytest.mark.parametrize(
    ("flags", "begins"),
    [
        (["-w", "out.yaml", "-o", "json"], "---\n"),
        (["-w", "out.yml"], "---\n"),
        (["-w", "out.json"], "{\n"),
        (["-w", "out.json", "-o", "yaml"], "---\n"),
        (["-w", "out"], "{\n"),
        (["-w", "out", "-o", "yaml"], "---\n"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_a_file_is_written_in_the_format_of_its_name_or_flag(
    folder: Path, flags: list[str], begins: str
) -> None:
    assert app.run(["seal", "secret.yaml", *_CERT, *flags]) == 0

    assert (folder / flags[1]).read_text().startswith(begins)


@pytest.mark.parametrize("key", ["--private-key", "--digest-key"])
def test_unchanged_values_keep_their_envelopes(folder: Path, key: str) -> None:
    (folder / "digest.key").write_bytes(b"k" * 32)
    keys = {"--private-key": "tls.key", "--digest-key": "digest.key"}
    call = ["seal", "secret.yaml", *_CERT, "-w", "out.yaml", key, keys[key]]
    assert app.run(call) == 0
    before = _envelopes((folder / "out.yaml").read_text())
    (folder / "secret.yaml").write_text(_MANIFEST.replace("correct", "wrong"))

    assert app.run(call) == 0

    after = _envelopes((folder / "out.yaml").read_text())
    assert after["user"] == before["user"]
    assert after["password"] != before["password"]
    assert _values((folder / "out.yaml").read_text())["password"] == "wrong-horse"  # noqa: S105 -- made up


def test_a_file_that_holds_the_values_already_is_not_written(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    call = ["seal", "secret.yaml", *_CERT, "-w", "out.yaml", "--private-key", "tls.key"]
    assert app.run(call) == 0
    text = (folder / "out.yaml").read_text()
    (folder / "out.yaml").write_text(f"# ours\n{text}")

    code = app.run(call)

    assert (code, (folder / "out.yaml").read_text()) == (0, f"# ours\n{text}")
    assert capsys.readouterr().err == "gitopskit: out.yaml holds these very values already\n"


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (["-", "--in-place"], "--in-place needs a FILE, and no --sealed-secret-file"),
        (["secret.yaml", "--type", "a/b"], "--type is for a Secret that is made of values"),
        (["secret.yaml", "--merge-into", "t.yaml", "-w", "a"], "--merge-into writes into its FILE"),
        (["secret.yaml", "--merge-into", "t.yaml", "-i"], "--merge-into writes into its FILE"),
        (["secret.yaml", "--recovery-unseal"], "--recovery-unseal needs --recovery-private-key"),
    ],
    ids=["in place of nothing", "a type", "merged and written", "merged in place", "no key"],
)
def test_flags_that_do_not_go_together_are_refused(
    folder: Path, capsys: pytest.CaptureFixture[str], flags: list[str], said: str
) -> None:
    before = {path.name: path.read_bytes() for path in folder.iterdir()}

    code = app.run(["seal", *_CERT, *flags])

    shown = capsys.readouterr()
    assert (code, shown.out) == (2, "")
    assert shown.err.startswith(f"gitopskit: error: {said}\n")
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_values_are_merged_and_every_other_byte_stays(folder: Path) -> None:
    before = f"# ours\n{sealed_manifest({'old': 'kept'})}"
    (folder / "t.yaml").write_text(before)

    assert app.run(["seal", "secret.yaml", *_CERT, "--merge-into", "t.yaml"]) == 0

    after = (folder / "t.yaml").read_text()
    assert after.startswith("# ours\n")
    assert f"old: {_envelopes(before)['old']}\n" in after
    assert _values(after) == {"old": "kept", "password": "correct-horse", "user": "admin"}


def test_a_dry_run_of_merging_prints_and_writes_nothing(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = sealed_manifest({"old": "kept"})
    (folder / "t.yaml").write_text(before)

    assert app.run(["seal", "secret.yaml", *_CERT, "--merge-into", "t.yaml", "--dry-run"]) == 0

    assert (folder / "t.yaml").read_text() == before
    assert _values(capsys.readouterr().out).keys() == {"old", "password", "user"}


def test_merging_nothing_new_writes_nothing(folder: Path) -> None:
    path = folder / "t.yaml"
    call = ["seal", "secret.yaml", *_CERT, "--merge-into", "t.yaml", "--private-key", "tls.key"]
    path.write_text(sealed_manifest({"old": "kept"}))
    assert app.run(call) == 0
    before = path.stat().st_mtime_ns, path.stat().st_ino

    assert app.run(call) == 0

    assert (path.stat().st_mtime_ns, path.stat().st_ino) == before


@pytest.mark.parametrize("keys", ["tls.key", "other.key,tls.key"])
def test_what_was_sealed_is_recovered(
    folder: Path, capsys: pytest.CaptureFixture[str], keys: str
) -> None:
    (folder / "other.key").write_bytes(sealing_pair(1).private_pem.reveal())
    (folder / "sealed.yaml").write_text(sealed_manifest({"password": "correct-horse"}))
    call = ["seal", "--recovery-unseal", "--recovery-private-key", keys, "sealed.yaml"]

    code = app.run(call)

    secret = json.loads(capsys.readouterr().out)
    assert code == 0
    assert secret["data"] == {"password": base64.b64encode(b"correct-horse").decode()}


def test_what_was_recovered_is_for_its_owner_only(folder: Path) -> None:
    (folder / "sealed.yaml").write_text(sealed_manifest({"password": "correct-horse"}))
    call = ["seal", "--recovery-unseal", "--recovery-private-key", "tls.key", "sealed.yaml"]

    assert app.run([*call, "-w", "out.yaml"]) == 0

    assert stat.S_IMODE((folder / "out.yaml").stat().st_mode) == 0o600
    assert (folder / "out.yaml").read_text().startswith("---\napiVersion: v1\nkind: Secret\n")


@pytest.mark.parametrize("target", [[], ["-w", "-"], ["-w", "out"]], ids=["no", "dash", "file"])
def test_one_value_goes_where_it_shall_without_a_line_break(
    folder: Path,
    capsys: pytest.CaptureFixture[str],
    type_in: Callable[[str], None],
    target: list[str],
) -> None:
    type_in("correct-horse")

    code = app.run(["seal", *_CERT, "--raw", "--name", "db", "-n", "shop", *target])

    out = capsys.readouterr().out
    text = (folder / "out").read_text() if target == ["-w", "out"] else out
    value = open_value(
        base64.b64decode(text, validate=True),
        private_keys=[private_key_of(sealing_pair()).key],
        label=b"shop/db",
    )
    assert (code, value.reveal(), text.strip()) == (0, b"correct-horse", text)
    assert out == ("" if target == ["-w", "out"] else text)


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (["--from-file", "k="], "--from-file names no file"),
        (["--from-file", "a", "--from-file", "b"], "must provide only one --from-file"),
        (["secret.yaml", "--from-file", "a"], "must provide only one --from-file"),
    ],
    ids=["no file", "two files", "a file and another"],
)
def test_one_value_has_one_source(
    capsys: pytest.CaptureFixture[str],
    type_in: Callable[[str], None],
    flags: list[str],
    said: str,
) -> None:
    type_in("correct-horse")

    code = app.run(["seal", *_CERT, "--raw", "--name", "db", "-n", "shop", *flags])

    shown = capsys.readouterr()
    assert (code, shown.out) == (2, "")
    assert shown.err.startswith(f"gitopskit: error: {said}")
