"""`gitopskit keys usage`, as a person meets it."""

from __future__ import annotations

import io
import json
import sys
from typing import TYPE_CHECKING

import pytest

from gitopskit.cli import app
from gitopskit.manifests.documents import read_value
from gitopskit.manifests.settled_names import KEY_RECORDS_ANNOTATION
from tests.support.sealed_manifests import fingerprint_of, sealed_content, yaml_of
from tests.support.sealing import sealing_pair, write_pair

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from gitopskit.manifests.json_types import JsonObject

_OLD, _NEW, _UNUSED = fingerprint_of(0), fingerprint_of(1), fingerprint_of(2)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working folder: a tree with items on key 0 and key 1; key 0 in tls.key and tls.crt."""
    monkeypatch.chdir(tmp_path)
    write_pair(sealing_pair(), tmp_path)
    _write(tmp_path / "tree" / "old.yaml", sealed_content(items={"a": "1"}))
    _write(tmp_path / "tree" / "new.yaml", sealed_content("b", key=1), sealed_content("c", key=1))
    return tmp_path


def _write(path: Path, *contents: JsonObject) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(yaml_of(*contents))


def _write_unknown(folder: Path, *, key: int = 0) -> None:
    content = sealed_content("u", items={"a": "1"}, key=key, is_recorded=False)
    _write(folder / "tree" / "unknown.yaml", content)


def test_without_a_key_all_are_counted(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _write_unknown(folder)

    assert app.run(["keys", "usage", "tree"]) == 0

    assert capsys.readouterr().out.splitlines() == [
        f"{'KEY':<50}  ITEMS  FILES  DAYS OLD",
        f"{_NEW}  4      1",
        f"{_OLD}  1      1",
        f"{'unknown':<50}  1      1",
    ]


def test_the_working_folder_is_the_default(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert app.run(["keys", "usage", _OLD]) == 1

    assert capsys.readouterr().out.startswith("tree/old.yaml:")
    assert folder.is_dir()


@pytest.mark.parametrize(
    "key",
    [[_OLD], [_OLD[:20]], ["--key", _OLD], ["--key", "tls.crt"], ["--key", "tls.key"]],
    ids=["whole", "beginning", "option", "certificate", "private key"],
)
def test_the_items_that_need_a_key_are_listed_and_end_with_1(
    folder: Path, key: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert app.run(["keys", "usage", *key, "tree"]) == 1

    line = (folder / "tree" / "old.yaml").read_text().split("\n").index("  encryptedData:") + 2
    said = capsys.readouterr()
    assert said.out == f"tree/old.yaml:{line}:5: SealedSecret/shop/db `a` (recorded)\n"
    assert said.err == (f"gitopskit: key {_OLD}: items that need it: 1, that may need it: 0\n")


@pytest.mark.usefixtures("folder")
def test_a_key_that_nothing_needs_ends_with_0(capsys: pytest.CaptureFixture[str]) -> None:
    assert app.run(["keys", "usage", _UNUSED, "tree"]) == 0

    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("length", [15, len(_UNUSED)], ids=["beginning", "whole"])
def test_a_key_that_is_not_known_is_no_error(
    folder: Path, length: int, capsys: pytest.CaptureFixture[str]
) -> None:
    key = _UNUSED[:length]
    codes = [app.run(["keys", "usage", key, "tree"])]
    _write_unknown(folder)
    codes.append(app.run(["keys", "usage", key, "tree"]))

    assert codes == [0, 1]
    assert f"no key that is known here begins with {key}\n" in capsys.readouterr().err


def test_a_key_that_is_known_gets_no_such_note(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    app.run(["keys", "usage", _NEW[:15], "tree/new.yaml"])
    app.run(["keys", "usage", "--key", "tls.crt", "tree/new.yaml"])

    assert folder.is_dir()
    assert "known here" not in capsys.readouterr().err


@pytest.mark.parametrize(
    ("add", "line"),
    [
        (
            lambda tree: (tree / "link").symlink_to("/"),
            "tree/link: warning: a link that is not followed",
        ),
        (
            lambda tree: (tree / "patch").write_text("spec: {encryptedData: {a: AgB=}}"),
            "tree/patch:1:8: warning: `encryptedData` outside of a SealedSecret",
        ),
    ],
    ids=["link", "patch"],
)
def test_what_cannot_be_told_may_need_any_key(
    folder: Path,
    add: Callable[[Path], object],
    line: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    add(folder / "tree")

    assert app.run(["keys", "usage", _UNUSED, "tree"]) == 1

    said = capsys.readouterr()
    assert said.out.startswith(line)
    assert "items that need it: 0, that may need it: 1" in said.err


def test_a_record_does_not_beat_the_key_in_hand(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    content = sealed_content("forged", items={"a": "1"})
    annotations = content["metadata"]["annotations"]
    annotations[KEY_RECORDS_ANNOTATION] = annotations[KEY_RECORDS_ANNOTATION].replace(_OLD, _NEW)
    _write(folder / "tree" / "forged.yaml", content)
    arguments = ["keys", "usage", _OLD, "tree/forged.yaml"]

    codes = [app.run([*arguments, *flags]) for flags in ([], ["--private-key", "tls.key"])]

    assert codes == [0, 1]
    assert "SealedSecret/shop/forged `a` (opened)" in capsys.readouterr().out


def test_an_unknown_item_may_need_any_key(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _write_unknown(folder)

    assert app.run(["keys", "usage", _UNUSED, "tree"]) == 1

    said = capsys.readouterr()
    assert said.out.startswith("tree/unknown.yaml:")
    assert said.out.endswith(": SealedSecret/shop/u `a` (unknown)\n")
    assert "items that need it: 0, that may need it: 1" in said.err


def test_a_private_key_tells_of_which_key_an_unknown_item_is(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _write_unknown(folder)

    codes = [
        app.run(["keys", "usage", key, "tree/unknown.yaml", "--private-key", "tls.key"])
        for key in (_UNUSED, _OLD)
    ]

    assert codes == [0, 1]
    assert "SealedSecret/shop/u `a` (opened)" in capsys.readouterr().out


def test_a_private_key_that_does_not_open_an_item_tells_nothing(folder: Path) -> None:
    _write_unknown(folder, key=1)

    assert app.run(["keys", "usage", _OLD, "tree/unknown.yaml", "--private-key", "tls.key"]) == 1


def test_a_sealed_secret_that_cannot_be_read_may_need_any_key(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    content = sealed_content("broken")
    content["spec"]["data"] = "AA=="
    _write(folder / "tree" / "broken.yaml", content)

    assert app.run(["keys", "usage", _UNUSED, "tree"]) == 1

    said = capsys.readouterr()
    assert said.out.startswith("tree/broken.yaml:")
    assert "that may need it: 1" in said.err


@pytest.mark.parametrize("key", [[], [_UNUSED]], ids=["all", "one"])
def test_a_file_that_cannot_be_read_ends_with_2(
    folder: Path, key: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "tree" / "bad.yaml").write_text("kind: SealedSecret\nx: [")

    assert app.run(["keys", "usage", *key, "tree"]) == 2

    assert "tree/bad.yaml:2:5: error: " in capsys.readouterr().out


@pytest.mark.parametrize("form", ["json", "yaml"])
def test_programs_get_the_uses_of_a_key(
    folder: Path, form: str, capsys: pytest.CaptureFixture[str]
) -> None:
    _write_unknown(folder)

    assert app.run(["keys", "usage", _OLD, "tree", "-o", form]) == 1

    text = capsys.readouterr().out
    found = json.loads(text) if form == "json" else read_value(text, path="x")
    assert (found["key"], found["certain"], found["possible"]) == (_OLD, 1, 1)
    assert [(use["path"], use["item"], use["key"], use["known"]) for use in found["uses"]] == [
        ("tree/old.yaml", "a", _OLD, "recorded"),
        ("tree/unknown.yaml", "a", None, "unknown"),
    ]
    assert found["findings"] == []


@pytest.mark.usefixtures("folder")
def test_programs_get_the_counts_of_all_keys(capsys: pytest.CaptureFixture[str]) -> None:
    assert app.run(["keys", "usage", "tree", "-o", "json"]) == 0

    found = json.loads(capsys.readouterr().out)
    assert [(key["fingerprint"], key["items"]) for key in found["keys"]] == [(_NEW, 4), (_OLD, 1)]


def test_standard_input_is_read(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    data = (folder / "tree" / "old.yaml").read_bytes()
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))

    assert app.run(["keys", "usage", _OLD, "-"]) == 1

    assert capsys.readouterr().out.startswith("-:")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([_OLD, "tree", "--key", "tls.crt"], "both KEY and --key are given"),
        (["SHA256:short", "tree"], "this is no fingerprint of a key"),
        (["--key", "nowhere", "tree"], "cannot read the file: No such file or directory"),
        (["nowhere"], "there is no such file or folder"),
        (["tls.crt"], "there is no SealedSecret in these paths"),
    ],
    ids=["two keys", "too short", "no key file", "no path", "nothing sealed"],
)
@pytest.mark.usefixtures("folder")
def test_unusable_arguments_end_with_2(
    arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert app.run(["keys", "usage", *arguments]) == 2

    assert capsys.readouterr().err.startswith(f"gitopskit: error: {words}")
