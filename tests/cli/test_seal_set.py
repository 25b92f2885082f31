"""`gitopskit seal set` and `gitopskit seal rm`, as a person meets them."""

from __future__ import annotations

import io
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

from gitopskit.cli import app
from tests.support.editing import opened
from tests.support.sealing import sealed_manifest, sealing_pair, write_pair

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_VALUE: Final = "correct-horse-battery"
_FILE: Final = "sealed.yaml"
_CERT: Final = ("--cert", "tls.crt")
_ITEMS: Final = {"password": "hunter2", "user": "ann"}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working folder: a sealed file, a private key and its certificate."""
    monkeypatch.chdir(tmp_path)
    write_pair(sealing_pair(), tmp_path)
    (tmp_path / _FILE).write_text(f"# kept\n{sealed_manifest(_ITEMS)}")
    return tmp_path


@pytest.fixture
def type_in(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    def give(text: str) -> None:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode())))

    return give


def _now() -> Mapping[str, str]:
    return opened(Path(_FILE).read_text())


@pytest.mark.usefixtures("folder")
def test_a_value_comes_from_standard_input(
    type_in: Callable[[str], None], capsys: pytest.CaptureFixture[str]
) -> None:
    type_in(_VALUE)

    code = app.run(["seal", "set", _FILE, "password", *_CERT])

    said = capsys.readouterr()
    assert (code, said.out) == (0, "")
    assert said.err == "gitopskit: SealedSecret/shop/db: password replaced\n"
    assert _now() == _ITEMS | {"password": _VALUE}
    assert Path(_FILE).read_text().startswith("# kept\n")


@pytest.mark.parametrize("source", ["value", "-"], ids=["file", "standard input"])
def test_a_line_break_at_the_end_is_kept_and_told(
    folder: Path,
    type_in: Callable[[str], None],
    capsys: pytest.CaptureFixture[str],
    source: str,
) -> None:
    type_in(f"{_VALUE}\n")
    (folder / "value").write_text(f"{_VALUE}\n")

    assert app.run(["seal", "set", _FILE, "token", "--from-file", source, *_CERT]) == 0

    assert _now() == _ITEMS | {"token": f"{_VALUE}\n"}
    assert "ends with a line break, which is kept; --trim" in capsys.readouterr().err


@pytest.mark.usefixtures("folder")
def test_a_line_break_at_the_end_is_taken_off_where_that_is_asked_for(
    type_in: Callable[[str], None], capsys: pytest.CaptureFixture[str]
) -> None:
    type_in(f"{_VALUE}\r\n")

    assert app.run(["seal", "set", _FILE, "password", "--trim", *_CERT]) == 0

    assert _now()["password"] == _VALUE
    assert "line break" not in capsys.readouterr().err


@pytest.mark.parametrize(
    ("spec", "key", "items"),
    [
        ("password:length=24", ["token"], {"token"}),
        ("ssh", [], {"ssh-privatekey"}),
        ("ssh", ["deploy-key"], {"deploy-key"}),
        ("tls:host=a.example.com", [], {"tls.crt", "tls.key"}),
        ("htpasswd:user=ann,cost=10", [], {"auth", "password"}),
    ],
    ids=["one value", "its own name", "another name", "several", "several, one there"],
)
@pytest.mark.usefixtures("folder")
def test_values_come_from_a_generator(spec: str, key: list[str], items: set[str]) -> None:
    code = app.run(["seal", "set", _FILE, *key, "--generate", spec, *_CERT])

    now = _now()
    assert code == 0
    assert {item for item in now if now[item] != _ITEMS.get(item)} == items


@pytest.mark.usefixtures("folder")
def test_what_a_generator_makes_public_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert app.run(["seal", "set", _FILE, "--generate", "ssh:comment=deploy", *_CERT]) == 0

    said = capsys.readouterr()
    assert said.out == ""
    assert "gitopskit: ssh-ed25519 " in said.err


def test_a_generator_takes_its_password_from_a_file(folder: Path) -> None:
    (folder / "value").write_text(_VALUE)
    flags = ["--generate", "htpasswd:user=ann,cost=10", "--from-file", "value"]

    assert app.run(["seal", "set", _FILE, "users", *flags, *_CERT]) == 0

    assert _now()["users"].startswith("ann:$2")
    assert _now()["password"] == _ITEMS["password"]


@pytest.mark.usefixtures("folder")
def test_a_value_that_is_there_already_leaves_the_file_untouched(
    type_in: Callable[[str], None], capsys: pytest.CaptureFixture[str]
) -> None:
    before = Path(_FILE).stat()
    type_in("hunter2")

    code = app.run(["seal", "set", _FILE, "password", *_CERT, "--private-key", "tls.key"])

    after = Path(_FILE).stat()
    assert code == 0
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
    assert capsys.readouterr().err == (
        "gitopskit: SealedSecret/shop/db: password unchanged; nothing to write\n"
    )


@pytest.mark.usefixtures("folder")
def test_a_dry_run_prints_the_difference_and_writes_nothing(
    type_in: Callable[[str], None], capsys: pytest.CaptureFixture[str]
) -> None:
    before = Path(_FILE).read_text()
    type_in(_VALUE)

    code = app.run(["seal", "set", _FILE, "password", "--dry-run", *_CERT])

    said = capsys.readouterr()
    lines = [line[0] for line in said.out.splitlines()]
    assert (code, Path(_FILE).read_text()) == (0, before)
    assert said.out.startswith("--- a/sealed.yaml\n+++ b/sealed.yaml\n")
    assert (lines[2:].count("-"), lines[2:].count("+")) == (1, 1)
    assert "password would be replaced" in said.err


def test_standard_input_is_changed_to_standard_output_and_nothing_is_added(
    folder: Path, type_in: Callable[[str], None], capsys: pytest.CaptureFixture[str]
) -> None:
    text = (folder / _FILE).read_text().replace("\n", "\r\n").removesuffix("\r\n")
    (folder / "value").write_text(_VALUE)
    type_in(text)

    assert app.run(["seal", "set", "-", "user", "--from-file", "value", *_CERT]) == 0

    said = capsys.readouterr().out
    assert opened(said) == _ITEMS | {"user": _VALUE}
    assert said.startswith(text[: text.index("user: ")])
    assert not said.endswith("\n")


def test_key_records_are_begun_where_that_is_asked_for(
    folder: Path, type_in: Callable[[str], None]
) -> None:
    for flags in ([], ["--record-keys"]):
        type_in(_VALUE)
        assert app.run(["seal", "set", _FILE, "user", *flags, *_CERT]) == 0

        assert ("gitopskit.io/sealing-keys" in (folder / _FILE).read_text()) == bool(flags)


def test_one_of_several_is_chosen_by_its_name(
    folder: Path, type_in: Callable[[str], None], capsys: pytest.CaptureFixture[str]
) -> None:
    other = sealed_manifest(_ITEMS, name="other")
    (folder / _FILE).write_text(f"{other}---\n{sealed_manifest(_ITEMS)}")
    type_in(_VALUE)

    assert app.run(["seal", "set", _FILE, "user", *_CERT]) == 2
    assert "several SealedSecrets fit" in capsys.readouterr().err
    assert app.run(["seal", "set", _FILE, "user", "--name", "db", *_CERT]) == 0

    head, _, changed = (folder / _FILE).read_text().partition("---\n")
    assert head == other
    assert opened(changed) == _ITEMS | {"user": _VALUE}


def test_a_namespace_that_rendering_sets_can_be_given(
    folder: Path, type_in: Callable[[str], None]
) -> None:
    bare = (folder / _FILE).read_text().replace("  namespace: shop\n", "")
    (folder / _FILE).write_text(bare)
    type_in(_VALUE)

    assert app.run(["seal", "set", _FILE, "user", "-n", "shop", *_CERT]) == 0

    rendered = (folder / _FILE).read_text().replace("name: db\n", "name: db\n  namespace: shop\n")
    assert opened(rendered) == _ITEMS | {"user": _VALUE}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([_FILE, f"password={_VALUE}"], "a value must not stand in the command line"),
        ([f"password={_VALUE}", _FILE], "a value must not stand in the command line"),
        ([_FILE, "password", _VALUE], "there are more arguments than the command takes"),
        ([_FILE, f"{_VALUE} "], "item 1 of 1 has a key that a Secret cannot have - KEY"),
        ([_FILE], "there is no KEY to set"),
        ([_FILE, "--generate", "uuid"], "there is no KEY to set"),
        (
            [_FILE, "x", "--generate", f"uuid:{_VALUE}"],
            "option 1 of the generator `uuid` is not of",
        ),
        (
            [_FILE, "x", "--generate", "tls:host=a.example.com"],
            "this generator names its items itself: tls.crt, tls.key",
        ),
        ([_FILE, "x", "--from-file", "nowhere"], "cannot read the file: No such file"),
        ([_FILE, "x", "--from-file", "large"], "the values are larger than 1 MiB together"),
        ([_FILE, "x", "--from-file", "empty"], "the value is empty"),
        (["nowhere.yaml", "x"], "there is no such file - nowhere.yaml"),
        (["tls.crt", "x"], ""),
        (["-", "x", "--from-file", "-"], "standard input cannot be the file and the value"),
    ],
    ids=[
        "value behind the key",
        "value in place of the file",
        "value as an argument",
        "value as a key",
        "no key",
        "no key for a generator",
        "value as an option",
        "key for many",
        "no file",
        "too large",
        "empty",
        "no target",
        "no manifest",
        "one stream for two",
    ],
)
def test_what_cannot_be_done_is_told_without_a_value_and_nothing_is_written(
    folder: Path,
    type_in: Callable[[str], None],
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    said: str,
) -> None:
    type_in(sealed_manifest(_ITEMS))
    (folder / "empty").touch()
    (folder / "large").write_bytes(bytes(1024 * 1024 + 1))
    before = {path.name: path.read_bytes() for path in folder.iterdir()}

    code = app.run(["seal", "set", *arguments, *_CERT])

    shown = capsys.readouterr()
    assert (code, shown.out) == (2, "")
    assert shown.err.startswith(f"gitopskit: error: {said}")
    assert _VALUE not in shown.err
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


@pytest.mark.usefixtures("folder")
def test_an_empty_value_is_set_where_it_is_meant(type_in: Callable[[str], None]) -> None:
    type_in("")

    assert app.run(["seal", "set", _FILE, "password", "--allow-empty", *_CERT]) == 0

    assert _now() == _ITEMS | {"password": ""}


def test_items_are_removed(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = (folder / _FILE).read_text()

    assert app.run(["seal", "rm", _FILE, "password"]) == 0

    lines = before.splitlines(keepends=True)
    kept = [line for line in lines if not line.startswith("    password: ")]
    assert (folder / _FILE).read_text() == "".join(kept)
    assert capsys.readouterr().err == "gitopskit: SealedSecret/shop/db: password removed\n"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["token"], "there is no such item in SealedSecret/shop/db"),
        ([f"password={_VALUE}"], "a value must not stand in the command line"),
        (["password", "user"], "no item would be left"),
    ],
    ids=["absent", "with a value", "the last"],
)
def test_what_cannot_be_removed_is_told_and_stays(
    folder: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], said: str
) -> None:
    before = (folder / _FILE).read_text()

    code = app.run(["seal", "rm", _FILE, *arguments])

    shown = capsys.readouterr().err
    assert (code, (folder / _FILE).read_text()) == (2, before)
    assert shown.startswith(f"gitopskit: error: {said}")
    assert _VALUE not in shown
