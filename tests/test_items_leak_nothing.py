"""A secret value goes through every command that changes single items, and shows nowhere.

The text that an editor is given is the one exception: it is in memory, and gone afterwards.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

import pytest

from gitopskit.sealing.keys import new_sealing_key
from tests.support.canary import Canary, Watch
from tests.support.editing import Editor, make_editor, needs_memory
from tests.support.sealing import sealed_manifest, sealing_pair, write_pair
from tests.support.terminal import at_terminal, gitopskit

if TYPE_CHECKING:
    from pathlib import Path

CANARY: Final = Canary(b'canary-"k7\\Zq\nsecond-line-of-the-canary-93b1')
_WORD: Final = "canary-of-a-single-word-5d20"
_ITEMS: Final = {"password": CANARY.value.decode(), "user": "ann"}
_CERT: Final = ("--cert", "tls.crt")
_PLACE: Final = ("--name", "db", "-n", "shop", *_CERT)
_LONG_AGO: Final = datetime(2015, 1, 1, tzinfo=UTC)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with keys, a sealed file, and odd ones beside it."""
    folder = tmp_path / "folder"
    folder.mkdir()
    write_pair(sealing_pair(), folder)
    text = sealed_manifest(_ITEMS)
    (folder / "sealed.yaml").write_text(text)
    (folder / "broken.yaml").write_text(f"{text}  - [")
    (folder / "shared.yaml").write_text(text.replace("password: ", "password: &a ") + "x: *a\n")
    (folder / "bare.yaml").write_text(text.replace("  namespace: shop\n", ""))
    expired = new_sealing_key(now=_LONG_AGO, size_bits=2048, days=30)
    (folder / "expired.crt").write_bytes(expired.certificate_pem)
    (folder / "value").write_bytes(CANARY.value)
    (folder / "large").write_bytes(CANARY.value * 30_000)
    return folder


@pytest.fixture
def watch(tmp_path: Path) -> Watch:
    """Return a watch over the canary in a folder of the test's own."""
    return Watch(CANARY, tmp_path / "watch")


@pytest.mark.parametrize(
    "arguments",
    [
        ["set", "sealed.yaml", "password", *_CERT],
        ["set", "sealed.yaml", "token", "--trim", "--record-keys", *_CERT],
        ["set", "sealed.yaml", "token", "--from-file", "value", *_CERT],
        ["set", "sealed.yaml", "password", "--dry-run", *_CERT],
        ["set", "sealed.yaml", "password", "--private-key", "tls.key", *_CERT],
        ["rm", "sealed.yaml", "password"],
        ["raw", *_PLACE],
        ["raw", "--from-file", "password=value", "--scope", "cluster-wide", *_CERT],
    ],
    ids=["set", "added", "from a file", "dry run", "unchanged", "rm", "raw", "raw from a file"],
)
def test_a_value_that_is_sealed_shows_nowhere(
    watch: Watch, folder: Path, arguments: list[str]
) -> None:
    done = watch.run(["-m", "gitopskit", "seal", *arguments], stdin=CANARY.value, cwd=folder)

    assert done.returncode == 0, done.stderr
    assert not CANARY.is_in((folder / "sealed.yaml").read_bytes())
    assert watch.leaks == []


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["set", "sealed.yaml", f"password={CANARY.value.decode()}", *_CERT], 2),
        (["set", "sealed.yaml", "password", CANARY.value.decode(), *_CERT], 2),
        (["set", "sealed.yaml", CANARY.value.decode(), *_CERT], 2),
        (["set", f"password={CANARY.value.decode()}", "sealed.yaml", *_CERT], 2),
        (["set", "sealed.yaml", "x", "--generate", f"token:{CANARY.value.decode()}", *_CERT], 2),
        (["set", "sealed.yaml", "x", "--generate", CANARY.value.decode(), *_CERT], 2),
        (["set", "sealed.yaml", "x", "--cert", "expired.crt"], 2),
        (["set", "sealed.yaml", "x", "--cert", "nowhere.crt"], 2),
        (["set", "sealed.yaml", "x", "--cert", "-"], 2),
        (["set", "nowhere.yaml", "x", *_CERT], 2),
        (["set", "broken.yaml", "x", *_CERT], 2),
        (["set", "shared.yaml", "password", *_CERT], 2),
        (["set", "bare.yaml", "password", *_CERT], 2),
        (["set", "-", "password", "--from-file", "value", *_CERT], 2),
        (["set", "sealed.yaml", "x", "--from-file", "large", *_CERT], 2),
        (["set", "sealed.yaml", "x", "--private-key", "value", *_CERT], 2),
        (["rm", "sealed.yaml", CANARY.value.decode()], 2),
        (["edit", "sealed.yaml", CANARY.value.decode(), *_CERT], 2),
        (["raw", CANARY.value.decode(), *_PLACE], 2),
        (["raw", "--name", "db", *_CERT], 2),
        (["raw", "--from-file", "large", *_PLACE], 2),
        (["raw", "--cert", "-", *_PLACE[:4]], 2),
    ],
    ids=[
        "behind the key",
        "as an argument",
        "as the key",
        "as the file",
        "as an option",
        "as a generator",
        "expired certificate",
        "no certificate",
        "as the certificate",
        "no file",
        "broken file",
        "refused shape",
        "no namespace",
        "as the manifest",
        "too large",
        "as a private key",
        "as what to remove",
        "as what to edit",
        "as an argument of raw",
        "no namespace of raw",
        "too large for raw",
        "as the certificate of raw",
    ],
)
def test_a_value_that_is_refused_shows_nowhere(
    watch: Watch, folder: Path, arguments: list[str], code: int
) -> None:
    done = watch.run(["-m", "gitopskit", "seal", *arguments], stdin=CANARY.value, cwd=folder)

    assert done.returncode == code, done.stderr
    assert watch.leaks == []


def _edit(watch: Watch, folder: Path, script: str, *flags: str) -> tuple[Editor, int]:
    editor = make_editor(folder, script)
    arguments = ["edit", "sealed.yaml", "--editor", "--private-key", "tls.key", *_CERT, *flags]
    done = watch.run(
        ["-m", "gitopskit", "seal", *arguments], cwd=folder, extra={"EDITOR": str(editor.program)}
    )
    return editor, done.returncode


@needs_memory
@pytest.mark.parametrize(
    ("script", "code"),
    [
        ("true", 0),
        ("sed -i s/ann/bob/ $path", 0),
        ("sed -i '/user:/d' $path", 0),
        ("cp $path $path~; cp $path ${path%/*}/.values.swp; sed -i s/ann/bob/ $path", 0),
        ("exit 1", 3),
        ("kill -KILL $$", 3),
        ("kill -INT $$", 130),
        ("kill -TERM $PPID; exec sleep 100", 130),
        ("kill -HUP $PPID; exec sleep 100", 130),
        ("sed -i '$d' $path; echo \"  token: '$(cat value)\" >> $path", 2),
        ('printf \'  "%s": x\\n\' "$(tail -n 1 value)x y" >> $path', 2),
        ('printf \'  more: ["%s"]\\n\' "$(tail -n 1 value)" >> $path', 2),
        ('printf \'data: {x: "%s"}\\n\' "$(tail -n 1 value)" >> $path', 2),
        ("printf '%s: x\\n' \"$(tail -n 1 value)\" >> $path", 2),
        ("tail -n 1 value > $path", 2),
        ("rm $path", 2),
        ("echo '# theirs' > sealed.yaml; sed -i s/ann/bob/ $path", 4),
    ],
    ids=[
        "unchanged",
        "changed",
        "removed",
        "copied by the editor",
        "failed",
        "killed",
        "interrupted",
        "terminated",
        "hung up",
        "open quote",
        "as a key",
        "no text",
        "no base64",
        "as a section",
        "no mapping",
        "file removed",
        "changed meanwhile",
    ],
)
def test_an_edited_value_shows_to_the_editor_only(
    watch: Watch, folder: Path, script: str, code: int
) -> None:
    editor, returned = _edit(watch, folder, script)

    assert returned == code
    assert "second-line-of-the-canary" in editor.text
    assert [path.parent.exists() for path in editor.paths] == [False]
    assert not CANARY.is_in((folder / "sealed.yaml").read_bytes())
    assert watch.leaks == []


@needs_memory
def test_values_that_do_not_open_show_nowhere(watch: Watch, folder: Path) -> None:
    write_pair(sealing_pair(1), folder)

    editor, returned = _edit(watch, folder, "true")

    assert (returned, editor.paths, watch.leaks) == (4, [], [])


_TYPED: Final = {
    "set": (["set", "sealed.yaml", "password", *_CERT], ["password: "]),
    "raw": (["raw", *_PLACE], ["value: "]),
    "edit": (["edit", "sealed.yaml", *_CERT], ["password: ", "user: "]),
}


@pytest.mark.parametrize("command", _TYPED)
@pytest.mark.parametrize("gives_up", [False, True], ids=["sealed", "given up"])
def test_a_typed_value_shows_nowhere(
    tmp_path: Path, folder: Path, command: str, *, gives_up: bool
) -> None:
    watch = Watch(Canary(_WORD.encode()), tmp_path / "watch")
    arguments, questions = _TYPED[command]

    with at_terminal(
        gitopskit("seal", *arguments), cwd=folder, environment=watch.environment()
    ) as terminal:
        for question in questions:
            terminal.answer(question, _WORD)
            terminal.expect("the same again: ")
            terminal.type("\x03" if gives_up and question == questions[-1] else f"{_WORD}\r")
        if command == "edit" and not gives_up:
            terminal.answer("Enter for none: ", "")

        assert terminal.end() == (130 if gives_up else 0)
        watch.look("terminal", "all that was shown", terminal.shown.encode())
    watch.look("file", "sealed.yaml", (folder / "sealed.yaml").read_bytes())
    watch.look_around()
    assert watch.leaks == []
