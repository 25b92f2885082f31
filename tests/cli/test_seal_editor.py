"""`gitopskit seal edit --editor`: plaintext in memory for as long as an editor needs it."""

from __future__ import annotations

import signal
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

from gitopskit.cli import app
from tests.support.editing import Editor, make_editor, needs_memory, opened
from tests.support.sealing import sealed_manifest, sealing_pair, write_pair
from tests.support.terminal import at_terminal, gitopskit

if TYPE_CHECKING:
    from collections.abc import Callable

_FILE: Final = "sealed.yaml"
_ITEMS: Final = {"password": "hunter2", "user": "ann"}
_EDIT: Final = ["seal", "edit", _FILE, "--editor", "--private-key", "tls.key", "--cert", "tls.crt"]
_AGAIN: Final = "edit it again? [Y/n] "

pytestmark = needs_memory


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working folder: a sealed file, a private key and its certificate."""
    monkeypatch.chdir(tmp_path)
    write_pair(sealing_pair(), tmp_path)
    (tmp_path / _FILE).write_text(f"# kept\n{sealed_manifest(_ITEMS)}")
    return tmp_path


@pytest.fixture
def use(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Editor]:
    """Return what makes a script the editor; it has the file to edit as ``$path``."""

    def make(script: str) -> Editor:
        editor = make_editor(folder, script)
        monkeypatch.setenv("EDITOR", str(editor.program))
        return editor

    return make


def _now() -> str:
    return Path(_FILE).read_text()


def _alone(*flags: str) -> subprocess.CompletedProcess[str]:
    """Run the command where there is no terminal to ask on."""
    return subprocess.run(
        gitopskit(*_EDIT, *flags),
        capture_output=True,
        check=False,
        text=True,
        start_new_session=True,
    )


def _is_gone(editor: Editor) -> bool:
    return bool(editor.paths) and not any(path.parent.exists() for path in editor.paths)


def test_the_text_lies_in_memory_for_its_owner_and_is_gone_afterwards(
    use: Callable[[str], Editor],
) -> None:
    editor = use("cp $path $path~; mkdir $path.d; ln -s /etc/hostname $path.d/link")

    assert app.run(_EDIT) == 0

    assert editor.modes == ["-rw-------", "drwx------"]
    assert (editor.log / "file-system").read_text() in {"tmpfs\n", "ramfs\n"}
    assert "stringData:\n  password: hunter2\n  user: ann\n" in editor.text
    assert _is_gone(editor)
    assert Path("/etc/hostname").exists()


@pytest.mark.usefixtures("folder")
def test_what_is_changed_added_and_removed_is_sealed_and_the_rest_stays(
    use: Callable[[str], Editor], capsys: pytest.CaptureFixture[str]
) -> None:
    Path(_FILE).write_text(sealed_manifest(_ITEMS | {"keep": "me"}))
    before = _now().splitlines()
    use("sed -i -e s/hunter2/correct-horse/ -e /user:/d $path; echo '  token: t' >> $path")

    assert app.run(_EDIT) == 0

    after = _now().splitlines()
    kept = [line for line in before if not line.strip().startswith(("password:", "user:"))]
    assert [line for line in after if line in before] == kept
    assert opened(_now()) == {"password": "correct-horse", "keep": "me", "token": "t"}
    assert capsys.readouterr().err.endswith(
        "gitopskit: SealedSecret/shop/db: token added; password replaced; user removed\n"
    )


@pytest.mark.parametrize("script", ["true", "touch $path", "echo >> $path"])
def test_nothing_is_written_where_no_value_changed(
    use: Callable[[str], Editor], capsys: pytest.CaptureFixture[str], script: str
) -> None:
    editor = use(script)
    before = Path(_FILE).stat()

    assert app.run(_EDIT) == 0

    after = Path(_FILE).stat()
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
    assert "nothing to write" in capsys.readouterr().err
    assert _is_gone(editor)


@pytest.mark.usefixtures("folder")
def test_a_dry_run_shows_the_difference_and_writes_nothing(
    use: Callable[[str], Editor], capsys: pytest.CaptureFixture[str]
) -> None:
    before = _now()
    use("sed -i s/hunter2/correct-horse/ $path")

    assert app.run([*_EDIT, "--dry-run"]) == 0

    said = capsys.readouterr()
    assert said.out.startswith("--- a/sealed.yaml\n+++ b/sealed.yaml\n")
    assert "correct-horse" not in said.out + said.err
    assert _now() == before


@pytest.mark.parametrize(
    ("script", "code", "said"),
    [
        ("sed -i s/hunter2/x/ $path; exit 3", 3, "error: editor ended with exit code 3"),
        ("rm $path", 2, "error: the edited file cannot be read: No such file"),
        ("rm $path; ln -s /etc/hostname $path", 2, "error: the edited file cannot be read"),
        ("rm $path; mkfifo $path", 2, "error: there is something else in it than `stringData`"),
        ("echo '  t: [' >> $path", 2, "error: while parsing a flow node"),
        ("echo 'more: x' >> $path", 2, "error: there is something else in it"),
        ("echo '  a b: x' >> $path", 2, "error: item 3 of 3 has a key that a Secret cannot have"),
        ("echo '  port: 5432' >> $path", 2, "error: `stringData.port` is not a text; quote it"),
        ("sed -i 's/hunter2/\"\"/' $path", 2, "error: the value of `password` is empty"),
        ("echo 'stringData: {}' > $path", 2, "error: no item would be left"),
        ("head -c 17000000 /dev/zero > $path", 2, "error: the edited file is larger than 16 MiB"),
        ("kill -KILL $$", 3, "error: editor ended with exit code -9"),
        ("kill -INT $$", 130, ""),
        (
            "echo '# theirs' > sealed.yaml; sed -i s/ann/bob/ $path",
            4,
            "error: the file was changed",
        ),
    ],
    ids=[
        "error",
        "removed",
        "a link",
        "a pipe",
        "no YAML",
        "another section",
        "no key",
        "no text",
        "an empty value",
        "no item",
        "too large",
        "killed",
        "interrupted",
        "changed meanwhile",
    ],
)
def test_what_cannot_be_used_is_told_and_writes_nothing(
    use: Callable[[str], Editor], script: str, code: int, said: str
) -> None:
    editor = use(script)
    before = _now()

    done = _alone()

    assert (done.returncode, done.stdout) == (code, "")
    assert said in done.stderr
    assert "hunter2" not in done.stderr
    assert ("the edited text is gone" in done.stderr) == (code == 2)
    assert _now() == ("# theirs\n" if code == 4 else before)
    assert _is_gone(editor)


def test_what_is_meant_to_be_empty_may_be(use: Callable[[str], Editor]) -> None:
    use("printf 'stringData:\\n  password:\\n' > $path")

    assert app.run([*_EDIT, "--allow-empty"]) == 0
    assert opened(_now()) == {"password": ""}

    use_nothing = "printf 'stringData: {}' > $path"
    Path("editor").write_text(f'#!/bin/sh\npath="$1"\n{use_nothing}\n')
    assert app.run([*_EDIT, "--allow-empty-data"]) == 0
    assert opened(_now()) == {}


def test_a_mistake_can_be_mended_in_the_text_as_it_was_left(
    folder: Path, use: Callable[[str], Editor]
) -> None:
    editor = use("grep -q '\\[' $path && sed -i '/\\[/d' $path || echo '  token: [' >> $path")

    with at_terminal(gitopskit(*_EDIT), cwd=folder) as terminal:
        terminal.expect("values.yaml:")
        terminal.answer(_AGAIN, "")
        terminal.expect("nothing to write")
        assert terminal.end() == 0

    assert len(editor.paths) == 2
    assert editor.text.endswith("  token: [\n")
    assert _is_gone(editor)


@pytest.mark.parametrize("keys", ["n\r", "\x03", "\x04"], ids=["no", "Ctrl-C", "Ctrl-D"])
def test_a_person_may_give_up(folder: Path, use: Callable[[str], Editor], keys: str) -> None:
    editor = use("echo '  token: [' >> $path")
    before = _now()

    with at_terminal(gitopskit(*_EDIT), cwd=folder) as terminal:
        terminal.expect(_AGAIN)
        terminal.type(keys)
        code = terminal.end()

        assert code == (2 if keys == "n\r" else 130)
        assert ("the edited text is gone" in terminal.shown) == (code == 2)
    assert _now() == before
    assert _is_gone(editor)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP], ids=lambda each: each.name)
def test_a_signal_ends_the_editor_and_removes_the_text(
    folder: Path, use: Callable[[str], Editor], number: signal.Signals
) -> None:
    editor = use("stty raw -echo; echo ready; exec sleep 100")
    before = _now()

    with at_terminal(gitopskit(*_EDIT), cwd=folder) as terminal:
        terminal.expect("ready")
        assert editor.paths[0].exists()
        terminal.child.send_signal(number)

        assert (terminal.end(), terminal.echoes) == (130, True)
    assert _now() == before
    assert _is_gone(editor)


def test_control_c_is_the_editors_own(folder: Path, use: Callable[[str], Editor]) -> None:
    editor = use("trap 'echo caught' INT; echo ready; read line; sed -i s/hunter2/x/ $path")

    with at_terminal(gitopskit(*_EDIT), cwd=folder) as terminal:
        terminal.expect("ready")
        terminal.interrupt()
        terminal.expect("caught")
        terminal.type("\r")
        terminal.expect("password replaced")
        assert terminal.end() == 0

    assert opened(_now()) == _ITEMS | {"password": "x"}
    assert _is_gone(editor)


def test_control_c_that_ends_the_editor_ends_it_all(
    folder: Path, use: Callable[[str], Editor]
) -> None:
    editor = use("sed -i s/hunter2/x/ $path; echo ready; exec sleep 100")
    before = _now()

    with at_terminal(gitopskit(*_EDIT), cwd=folder) as terminal:
        terminal.expect("ready")
        terminal.interrupt()
        assert terminal.end() == 130

    assert _now() == before
    assert _is_gone(editor)


def test_items_that_do_not_open_are_explained_before_anything_is_edited(
    folder: Path, use: Callable[[str], Editor], capsys: pytest.CaptureFixture[str]
) -> None:
    editor = use("true")
    write_pair(sealing_pair(1), folder)

    assert app.run(_EDIT) == 4

    said = capsys.readouterr().err
    assert "no key opens `password`: it was " in said
    assert "no key opens `user`: " in said
    assert editor.paths == []


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["seal", "edit", _FILE, "--editor"], "--editor needs the private key"),
        (["seal", "edit", "-", "--editor", "--private-key", "tls.key"], "--editor needs a FILE"),
        ([*_EDIT, "hunter2"], "there are more arguments than the command takes"),
    ],
    ids=["no key", "no file", "a value"],
)
def test_a_call_that_cannot_be_is_told(
    use: Callable[[str], Editor],
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    said: str,
) -> None:
    editor = use("true")

    assert app.run(arguments) == 2

    shown = capsys.readouterr().err
    assert shown.startswith(f"gitopskit: error: {said}")
    assert "hunter2" not in shown
    assert editor.paths == []
