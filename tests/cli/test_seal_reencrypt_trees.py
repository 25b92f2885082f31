"""`gitopskit seal reencrypt` in trees that are not as they should be, and in ones that change."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from gitopskit.cli import app
from gitopskit.sealedfiles.sealed_text import SealedText
from gitopskit.sealing.keys import load_certificate
from tests.support.fake_controller import FakeController
from tests.support.file_modes import CAN_BE_STOPPED, run_bound_by_modes
from tests.support.sealing import sealed_manifest, sealing_pair

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.support.fake_api import Reply

OLD, NEW = sealing_pair(0), sealing_pair(1)
_NEW_KEY = load_certificate(NEW.certificate_pem, where="").fingerprint
_KEYS = ["--from-key", "old.key", "--to-cert", "new.crt"]
_LEFTOVER = ".gitopskit-0123abc_.tmp"
_SUMMARY = (
    "gitopskit: files: {files}, items re-encrypted: {items}, on the newest key already: 0, "
    "not opened: 0, files that failed: {failed}"
)

bound_by_modes = pytest.mark.skipif(
    not CAN_BE_STOPPED, reason="nothing here stops root from overriding the modes of files"
)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working folder: an old private key, a new certificate, and a folder for the tree."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "old.key").write_bytes(OLD.private_pem.reveal())
    (tmp_path / "new.crt").write_bytes(NEW.certificate_pem)
    (tmp_path / "apps").mkdir()
    return tmp_path


def _write(path: Path) -> bytes:
    """Write a SealedSecret of the old key and return the file's content."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(sealed_manifest({"password": "x", "user": "y"}, pair=OLD))
    return path.read_bytes()


def _is_done(path: Path) -> bool:
    (part,) = SealedText.read(path.read_bytes(), path=str(path)).parts
    return set(part.keys.values()) == {_NEW_KEY}


def _said(completed: subprocess.CompletedProcess[bytes]) -> list[str]:
    assert completed.stdout == b""
    return completed.stderr.decode().splitlines()


_MALFORMED = {
    "no YAML": (b"kind: SealedSecret\nspec: [\n", "did not find expected node content"),
    "a template": (b"kind: SealedSecret\nspec: {{ .Values }}\n", "only a scalar can name a field"),
    "no UTF-8": (b"kind: SealedSecret # \xff\n", "the text is not UTF-8"),
}


@pytest.mark.parametrize(("content", "words"), _MALFORMED.values(), ids=_MALFORMED.keys())
def test_a_malformed_file_is_told_and_the_others_are_done(
    folder: Path, capsys: pytest.CaptureFixture[str], content: bytes, words: str
) -> None:
    (folder / "apps" / "b.yaml").write_bytes(content)
    others = [folder / "apps" / "a.yaml", folder / "apps" / "c.yaml"]
    for path in others:
        _write(path)

    code = app.run(["seal", "reencrypt", "apps", *_KEYS])

    said = capsys.readouterr().err
    assert (code, said.count("gitopskit: error: ")) == (2, 1)
    assert re.search(rf"error: .*{re.escape(words)}.* - apps/b\.yaml", said)
    assert "files: 3, items re-encrypted: 4," in said
    assert said.endswith("files that failed: 1\n")
    assert all(map(_is_done, others))
    assert (folder / "apps" / "b.yaml").read_bytes() == content


def test_a_value_that_is_written_for_two_items_is_refused_and_the_file_kept(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = folder / "apps" / "db.yaml"
    text = _write(path).decode()
    shared = re.sub(r"password: (\S+)\n    user: \S+", r"password: &it \1\n    user: *it", text)
    path.write_text(shared)

    code = app.run(["seal", "reencrypt", "apps", *_KEYS])

    assert (code, path.read_text()) == (2, shared)
    assert "apps/db.yaml:9:5" in capsys.readouterr().err


@bound_by_modes
@pytest.mark.parametrize("hidden", ["apps/b.yaml", "apps/more"], ids=["a file", "a folder"])
def test_what_may_not_be_read_is_told_and_the_others_are_done(folder: Path, hidden: str) -> None:
    for name in ("a", "b", "more/c", "z"):
        _write(folder / "apps" / f"{name}.yaml")
    (folder / hidden).chmod(0)

    completed = run_bound_by_modes(["seal", "reencrypt", "apps", *_KEYS], folder=folder)

    (folder / hidden).chmod(0o700)
    assert completed.returncode == 3
    assert _said(completed) == [
        f"gitopskit: error: cannot be read: Permission denied - {hidden}",
        "gitopskit: hint: check the rights of the file",
        _SUMMARY.format(files=4, items=6, failed=1),
    ]
    assert _is_done(folder / "apps/a.yaml")
    assert _is_done(folder / "apps/z.yaml")


@bound_by_modes
def test_files_whose_folder_may_be_listed_and_not_entered_are_told(folder: Path) -> None:
    _write(folder / "apps/a.yaml")
    _write(folder / "apps/more/b.yaml")
    (folder / "apps/more").chmod(0o600)

    completed = run_bound_by_modes(["seal", "reencrypt", "apps", *_KEYS], folder=folder)

    (folder / "apps/more").chmod(0o700)
    assert completed.returncode == 3
    assert _said(completed)[0] == (
        "gitopskit: error: cannot be read: Permission denied - apps/more/b.yaml"
    )
    assert _is_done(folder / "apps/a.yaml")


@bound_by_modes
def test_a_path_below_a_hidden_folder_is_told_before_anything_is_done(folder: Path) -> None:
    before = _write(folder / "apps/a.yaml")
    _write(folder / "hidden/b.yaml")
    (folder / "hidden").chmod(0)
    command = ["seal", "reencrypt", "apps", "hidden/b.yaml", *_KEYS]

    completed = run_bound_by_modes(command, folder=folder)

    (folder / "hidden").chmod(0o700)
    assert completed.returncode == 3
    assert _said(completed)[0] == (
        "gitopskit: error: cannot be read: Permission denied - hidden/b.yaml"
    )
    assert (folder / "apps/a.yaml").read_bytes() == before


@bound_by_modes
def test_a_folder_that_may_not_be_written_is_told_and_the_others_are_done(folder: Path) -> None:
    before = _write(folder / "apps/locked/a.yaml")
    _write(folder / "apps/open/b.yaml")
    (folder / "apps/locked").chmod(0o500)

    completed = run_bound_by_modes(["seal", "reencrypt", "apps", *_KEYS], folder=folder)

    assert completed.returncode == 3
    assert _said(completed)[:2] == [
        "gitopskit: error: cannot write the file: Permission denied - apps/locked/a.yaml",
        "gitopskit: hint: check that its folder may be written",
    ]
    assert (folder / "apps/locked/a.yaml").read_bytes() == before
    assert [path.name for path in (folder / "apps/locked").iterdir()] == ["a.yaml"]
    assert _is_done(folder / "apps/open/b.yaml")


@bound_by_modes
def test_a_file_that_may_only_be_read_is_replaced_and_stays_so(folder: Path) -> None:
    """Its folder decides, as for every program that writes aside and renames; git does the same."""
    _write(folder / "apps/a.yaml")
    (folder / "apps/a.yaml").chmod(0o440)

    completed = run_bound_by_modes(["seal", "reencrypt", "apps", *_KEYS], folder=folder)

    assert completed.returncode == 0
    assert _is_done(folder / "apps/a.yaml")
    assert (folder / "apps/a.yaml").stat().st_mode & 0o777 == 0o440


def test_links_in_a_tree_are_not_followed(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = _write(folder / "elsewhere" / "db.yaml")
    _write(folder / "apps" / "own.yaml")
    (folder / "apps" / "folder").symlink_to(folder / "elsewhere")
    (folder / "apps" / "file.yaml").symlink_to(folder / "elsewhere" / "db.yaml")
    (folder / "apps" / "nowhere.yaml").symlink_to(folder / "missing.yaml")
    (folder / "apps" / "circle").symlink_to(folder / "apps")

    code = app.run(["seal", "reencrypt", "apps", *_KEYS])

    assert code == 0
    assert (folder / "elsewhere" / "db.yaml").read_bytes() == before
    said = capsys.readouterr().err
    assert "links that are not followed: 2, the first is apps/f" in said
    assert "files: 1, items re-encrypted: 2," in said


def test_a_link_that_is_named_itself_is_refused_and_its_file_stays(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = _write(folder / "elsewhere" / "db.yaml")
    (folder / "apps" / "link").symlink_to(folder / "elsewhere" / "db.yaml")

    code = app.run(["seal", "reencrypt", "apps/link", *_KEYS])

    assert (code, (folder / "elsewhere" / "db.yaml").read_bytes()) == (2, before)
    said = capsys.readouterr()
    assert "the file is a link, which may lead anywhere" in said.out + said.err


@pytest.mark.parametrize(
    "paths",
    [
        ["apps/db.yaml", "apps/db.yaml"],
        ["apps", "apps/db.yaml", "./apps/db.yaml"],
        ["apps/../apps/db.yaml", "{folder}/apps", "apps"],
        ["apps", "link.yaml"],
    ],
    ids=["twice", "with its folder", "in other words", "by a link"],
)
def test_a_file_that_is_named_twice_is_done_once(
    folder: Path, capsys: pytest.CaptureFixture[str], paths: list[str]
) -> None:
    _write(folder / "apps" / "db.yaml")
    (folder / "link.yaml").symlink_to(folder / "apps" / "db.yaml")

    code = app.run(["seal", "reencrypt", *(each.format(folder=folder) for each in paths), *_KEYS])

    assert code == 0
    assert "files: 1, items re-encrypted: 2," in capsys.readouterr().err
    assert _is_done(folder / "apps" / "db.yaml")


def test_files_of_any_name_are_done_and_what_is_no_part_of_the_tree_is_not(folder: Path) -> None:
    skipped = [".git/db.yaml", _LEFTOVER]
    before = {name: _write(folder / "apps" / name) for name in skipped}
    names = [".hidden/db.yml", "a/sealed", "a/values.yaml.bak", "node_modules/x/db.yaml"]
    for name in names:
        _write(folder / "apps" / name)
    (folder / "apps" / "notes.md").write_text("# SealedSecret: [notes\n")
    (folder / "apps" / "folder.yaml").mkdir()
    os.mkfifo(folder / "apps" / "pipe.yaml")

    code = app.run(["seal", "reencrypt", "apps", *_KEYS])

    assert code == 0
    assert [name for name in names if not _is_done(folder / "apps" / name)] == []
    assert {name: (folder / "apps" / name).read_bytes() for name in skipped} == before


class _Meddling(FakeController):
    """A controller beside which something happens whenever it is asked to seal again."""

    meddle: Callable[[], object]

    def _controller(self, method: str, path: str, body: bytes) -> Reply:
        if path == "/v1/rotate":
            self.meddle()
        return super()._controller(method, path, body)


def test_a_file_that_somebody_changes_meanwhile_is_left_to_them(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = folder / "apps" / "db.yaml"
    theirs = _write(path) + b"# theirs\n"
    with _Meddling([OLD, NEW]) as controller:
        controller.meddle = lambda: path.write_bytes(theirs)

        code = app.run(["seal", "reencrypt", "apps", "--kubeconfig", str(controller.kubeconfig)])

    said = capsys.readouterr().err
    assert (code, path.read_bytes()) == (4, theirs)
    assert "error: the file was changed by somebody else meanwhile" in said
    assert [each.name for each in (folder / "apps").iterdir()] == ["db.yaml"]


def test_what_a_kill_interrupted_is_finished_by_the_next_run(folder: Path) -> None:
    first, second = folder / "apps" / "a.yaml", folder / "apps" / "b.yaml"
    _write(first)
    before = _write(second)
    (folder / "apps" / _LEFTOVER).write_text("kind: SealedSe")
    with _Meddling([OLD, NEW]) as controller:
        command = ["seal", "reencrypt", "apps", "--kubeconfig", str(controller.kubeconfig)]
        child = subprocess.Popen([sys.executable, "-m", "gitopskit", *command], cwd=folder)
        controller.meddle = lambda: child.kill() if _is_done(first) else None
        child.wait(timeout=60)
        after_the_kill = first.read_bytes(), second.read_bytes()
        controller.meddle = bool
        asked = len(controller.asked)

        code = app.run(command)

    rotated = [body for _, path, body in controller.asked[asked:] if path == "/v1/rotate"]
    assert child.returncode < 0
    assert (after_the_kill[1], first.read_bytes()) == (before, after_the_kill[0])
    assert (code, len(rotated)) == (0, 1)
    assert _is_done(second)
    assert sorted(each.name for each in (folder / "apps").iterdir()) == ["a.yaml", "b.yaml"]
