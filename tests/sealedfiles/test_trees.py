"""The files of a tree that hold SealedSecrets, and their safe replacement."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from gitopskit.errors import ChangedMeanwhile, EnvironmentFault, GitopskitError, InputError
from gitopskit.sealedfiles.trees import clear_up, read_file, replace_text, sealed_files

if TYPE_CHECKING:
    from collections.abc import Sequence

_SEALED = b"kind: SealedSecret\n"


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working folder: files with a SealedSecret in every place that may be looked at or not."""
    for name in (
        "b/two.yaml",
        "b/one.yml",
        "a/list.json",
        "a/deep/er/x.yaml",
        ".github/x.yaml",
        ".git/x.yaml",
        "a/node_modules/x.yaml",
        "a/sealed",
        "a/.gitopskit-0123abc_.tmp",
    ):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(_SEALED)
    (tmp_path / "a" / "notes.txt").write_text("SealedSecret: [no YAML\n")
    (tmp_path / "b" / "plain.yaml").write_text("kind: Secret\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def _found(*paths: str | Path) -> list[str]:
    return [str(path) for path, _ in sealed_files([Path(each) for each in paths])]


@pytest.mark.usefixtures("tree")
def test_manifests_are_found_in_order_and_foreign_folders_passed_over() -> None:
    assert _found(".") == [
        ".github/x.yaml",
        "a/list.json",
        "a/sealed",
        "a/deep/er/x.yaml",
        "a/node_modules/x.yaml",
        "b/one.yml",
        "b/two.yaml",
    ]


@pytest.mark.usefixtures("tree")
def test_content_is_given_with_the_path() -> None:
    assert list(sealed_files([Path("b/two.yaml")])) == [(Path("b/two.yaml"), _SEALED)]


@pytest.mark.usefixtures("tree")
def test_a_file_that_is_named_is_read_whatever_it_is_called() -> None:
    assert _found("a/notes.txt") == ["a/notes.txt"]


def test_each_file_is_given_once_however_it_is_named(tree: Path) -> None:
    assert _found("b/two.yaml", "b", tree / "b", "a/../b") == ["b/two.yaml", "b/one.yml"]


@pytest.mark.parametrize(
    "text",
    [
        r'{"kind": "Sealed\u0053ecret"}',
        r'"\x6bind": "\U00000053ealedSecret"',
        'kind: "Sealed\\\n  Secret"',
        'kind: "Sealed\\\r\n  Secret"',
        "kind: !!binary U2VhbGVkU2VjcmV0",
        "kind: !!%62inary U2VhbGVkU2VjcmV0",
        "kind: !<tag:yaml.org,2002:binary> U2VhbGVkU2VjcmV0",
        "%TAG !a! tag:yaml.org,2002:bin\n---\nkind: !a!ary U2VhbGVkU2VjcmV0",
    ],
    ids=["JSON", "YAML", "break", "carriage return", "binary", "escaped tag", "verbatim", "handle"],
)
def test_a_kind_that_is_spelled_otherwise_is_found(tree: Path, text: str) -> None:
    (tree / "b" / "two.yaml").write_bytes(text.encode())

    assert _found("b") == ["b/one.yml", "b/two.yaml"]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-be", "utf-32", "utf-32-be"])
@pytest.mark.parametrize("name", ["two.yaml", "two"], ids=["manifest", "other name"])
def test_a_text_that_others_can_read_is_found(tree: Path, encoding: str, name: str) -> None:
    mark = "" if encoding in {"utf-16", "utf-32"} else "\ufeff"
    (tree / "b" / "two.yaml").unlink()
    (tree / "b" / name).write_bytes((mark + _SEALED.decode()).encode(encoding))

    assert _found("b") == ["b/one.yml", f"b/{name}"]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("script.js", r'if (a) { b("\u0053") ] SealedSecret'),
        ("run.sh", "a \\\n  b: [\n"),
        ("notes", "SealedSecret: notes\n"),
        ("bad.yaml", r'x: ["\u0053ealedSecret"'),
        ("image.png", b"\x89PNG SealedSecret \\u0053".decode("latin-1")),
    ],
    ids=["program", "script", "other YAML", "malformed without the word", "no text"],
)
def test_what_holds_none_after_all_is_no_file_of_ours(tree: Path, name: str, text: str) -> None:
    (tree / "b" / name).write_bytes(text.encode("latin-1"))

    assert _found("b") == ["b/one.yml", "b/two.yaml"]


def test_links_inside_a_folder_are_not_followed(tree: Path) -> None:
    (tree / "b" / "link.yaml").symlink_to(tree / "a" / "list.json")
    (tree / "b" / "folder").symlink_to(tree / "a")

    assert _found("b") == ["b/one.yml", "b/two.yaml"]


def test_links_that_lead_out_of_the_paths_are_told(tree: Path) -> None:
    for name, target in (
        ("file", "a/list.json"),
        ("folder", "a"),
        ("history", "b/.git"),
        ("around", "."),
        ("inside.yaml", "b/one.yml"),
        ("circle", "b"),
        ("named", "a/deep/er/x.yaml"),
        ("nowhere", "missing"),
        ("device", "/dev/null"),
    ):
        (tree / "b" / name).symlink_to(tree / target)
    (tree / "b" / "itself").symlink_to("itself")
    (tree / "b" / ".git").mkdir()
    skipped: list[str] = []

    paths = [Path("b"), Path("a/deep/er/x.yaml")]
    list(sealed_files(paths, on_skipped=lambda path: skipped.append(str(path))))

    assert sorted(skipped) == ["b/around", "b/file", "b/folder", "b/history"]


def test_a_link_that_is_named_is_followed(tree: Path) -> None:
    (tree / "link.yaml").symlink_to(tree / "a" / "list.json")
    (tree / "linked").symlink_to(tree / "b")

    assert _found("link.yaml", "linked") == ["link.yaml", "linked/one.yml", "linked/two.yaml"]


def test_what_is_no_file_is_passed_over(tree: Path) -> None:
    os.mkfifo(tree / "b" / "pipe.yaml")
    (tree / "b" / "folder.yaml").mkdir()

    assert _found("b") == ["b/one.yml", "b/two.yaml"]


def test_a_named_pipe_is_no_file_that_can_be_replaced(tree: Path) -> None:
    os.mkfifo(tree / "pipe")

    with pytest.raises(InputError, match="this is neither a file nor a folder - pipe"):
        _found("pipe")


@pytest.mark.parametrize("path", ["nowhere", "b/two.yaml/below"], ids=["missing", "below a file"])
@pytest.mark.usefixtures("tree")
def test_a_path_that_does_not_exist_is_refused(path: str) -> None:
    with pytest.raises(InputError, match="there is no such file or folder") as raised:
        _found(path)

    assert raised.value.hint.startswith("check the path")


@pytest.fixture
def too_large(tree: Path) -> Path:
    path = tree / "b" / "large.yaml"
    with path.open("wb") as file:
        file.truncate(32 * 1024 * 1024 + 1)
    return path


def test_a_file_that_is_too_large_is_refused(too_large: Path) -> None:
    with pytest.raises(InputError, match="the file is larger than 32 MiB"):
        _found(too_large.parent)


@pytest.mark.parametrize(
    ("word", "is_told"), [(b"SealedSecret", True), (b"", False)], ids=["mentioned", "not"]
)
def test_a_large_file_of_another_name_is_a_fault_only_if_it_mentions_one(
    too_large: Path,
    word: bytes,
    is_told: bool,  # noqa: FBT001 -- pytest passes it by name
) -> None:
    with too_large.open("r+b") as file:
        file.write(word)
    too_large.rename("b/image")
    faults: list[GitopskitError] = []

    list(sealed_files([Path("b")], on_fault=faults.append))

    assert [fault.where for fault in faults] == (["b/image"] if is_told else [])


@pytest.mark.usefixtures("too_large")
def test_faults_can_be_collected_and_the_rest_given() -> None:
    faults: list[GitopskitError] = []

    found = [str(path) for path, _ in sealed_files([Path("b")], on_fault=faults.append)]

    assert found == ["b/one.yml", "b/two.yaml"]
    assert [fault.where for fault in faults] == ["b/large.yaml"]


@pytest.mark.usefixtures("tree")
def test_a_missing_file_is_told() -> None:
    with pytest.raises(InputError, match="there is no such file - nowhere"):
        read_file(Path("nowhere"))


@pytest.mark.usefixtures("tree")
def test_a_folder_cannot_be_read_as_a_file() -> None:
    with pytest.raises(EnvironmentFault, match="cannot be read: Is a directory - b"):
        read_file(Path("b"))


def test_a_file_is_replaced_if_it_is_what_was_read(tree: Path) -> None:
    replace_text(tree / "b" / "two.yaml", "new", before=_SEALED)

    assert (tree / "b" / "two.yaml").read_text() == "new"


def test_a_file_that_changed_meanwhile_is_kept(tree: Path) -> None:
    with pytest.raises(ChangedMeanwhile):
        replace_text(tree / "b" / "two.yaml", "new", before=b"old")

    assert (tree / "b" / "two.yaml").read_bytes() == _SEALED
    assert _names(tree / "b") == ["one.yml", "plain.yaml", "two.yaml"]


def test_a_file_that_cannot_be_written_is_told(tree: Path) -> None:
    path = tree / "nowhere" / "x.yaml"

    with pytest.raises(EnvironmentFault, match="cannot write the file: No such file") as raised:
        replace_text(path, "new", before=b"")

    assert raised.value.where == str(path)


def test_leftovers_are_removed_beside_the_files(tree: Path) -> None:
    for folder in ("a", "b"):
        (tree / folder / ".gitopskit-0123abc_.tmp").write_text("half a file")

    clear_up([tree / "b" / "two.yaml"])

    assert _names(tree / "b") == ["one.yml", "plain.yaml", "two.yaml"]
    assert ".gitopskit-0123abc_.tmp" in _names(tree / "a")


def _names(folder: Path) -> Sequence[str]:
    return sorted(path.name for path in folder.iterdir())
