"""Which editor `gitopskit seal edit --editor` starts, and where its text may lie."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Final

import pytest

from gitopskit.cli import app
from gitopskit.cli.editor_session import choose_place, usual_places
from gitopskit.errors import EnvironmentFault
from tests.support.editing import Editor, make_editor, needs_memory, opened
from tests.support.sealing import sealed_manifest, sealing_pair, write_pair
from tests.support.terminal import at_terminal, gitopskit

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_FILE: Final = "sealed.yaml"
_ITEMS: Final = {"password": "hunter2", "user": "ann"}
_EDIT: Final = ["seal", "edit", _FILE, "--editor", "--private-key", "tls.key", "--cert", "tls.crt"]

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


def test_the_visual_editor_is_taken_before_the_other_with_its_arguments(
    folder: Path,
    use: Callable[[str], Editor],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    other = use("true")
    visual = make_editor(folder, 'echo "$1 $#" > arguments', name="my editor")
    monkeypatch.setenv("VISUAL", f"'{visual.program}' --wait")

    assert app.run(_EDIT) == 0

    assert (len(visual.paths), other.paths) == (1, [])
    assert (folder / "arguments").read_text() == "--wait 2\n"
    assert "note: my editor may keep copies of what it edits elsewhere" in capsys.readouterr().err


_VIMRC: Final = """\
set backup writebackup swapfile updatecount=1 directory=. backupdir=.
silent! set undofile undodir=.
silent! set viminfo='100,n~/.viminfo
"""


@pytest.mark.skipif(shutil.which("vim") is None, reason="there is no vim")
@pytest.mark.parametrize("editor", ["vim", "vi"])
def test_vim_leaves_nothing_whatever_its_settings_say(
    folder: Path, home: Path, monkeypatch: pytest.MonkeyPatch, editor: str
) -> None:
    (home / ".vimrc").write_text(_VIMRC)
    monkeypatch.setenv("EDITOR", editor)

    with at_terminal(gitopskit(*_EDIT), cwd=folder) as terminal:
        terminal.expect("hunter2")
        terminal.type(":%s/hunter2/correct-horse/\r:w\r:silent !ls -A %:h > listing\r:q\r")
        terminal.expect("password replaced")
        assert terminal.end() == 0

    assert opened((folder / _FILE).read_text()) == _ITEMS | {"password": "correct-horse"}
    assert (folder / "listing").read_text() == "values.yaml\n"
    assert [path.name for path in home.iterdir()] == [".vimrc"]


@pytest.mark.parametrize(
    ("editor", "code", "said"),
    [
        ("/no/such/editor", 3, "error: cannot start /no/such/editor"),
        ("'vi", 2, "error: the editor's name has a quote that is not closed - 'vi"),
    ],
    ids=["missing", "open quote"],
)
@pytest.mark.usefixtures("folder")
def test_an_editor_that_cannot_be_started_is_told(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    editor: str,
    code: int,
    said: str,
) -> None:
    monkeypatch.setenv("EDITOR", editor)

    assert app.run(_EDIT) == code

    assert said in capsys.readouterr().err


@pytest.mark.usefixtures("folder")
def test_a_system_without_any_editor_is_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", "/no/such/folder")

    assert app.run(_EDIT) == 3

    assert "error: cannot start vi" in capsys.readouterr().err


def test_a_persons_own_folder_in_memory_is_the_first_choice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    others = list(usual_places())
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))

    assert list(usual_places()) == [tmp_path, *others]


def test_without_memory_only_a_person_can_allow_a_disk(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(EnvironmentFault, match="there is no folder in memory") as caught:
        choose_place([tmp_path / "nowhere"], allows_disk=False)
    place = choose_place([tmp_path / "nowhere"], allows_disk=True)

    assert "--allow-disk" in caught.value.hint
    assert place.is_dir()
    assert "the values lie on a disk" in capsys.readouterr().err
