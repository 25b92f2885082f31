"""What a tree is read as for a report."""

from __future__ import annotations

import os
from threading import Thread
from typing import TYPE_CHECKING

import pytest

from gitopskit.errors import InputError
from gitopskit.sealedfiles.sealed_tree import LINK, SealedTree, read_tree
from gitopskit.sealedfiles.strays import STRAY
from tests.support.sealed_manifests import sealed_content, yaml_of

if TYPE_CHECKING:
    from pathlib import Path

_STRAY = b"spec: {encryptedData: {a: AgB=}}\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working folder, with a SealedSecret in ``tree``."""
    (tmp_path / "tree").mkdir()
    (tmp_path / "tree" / "x.yaml").write_bytes(yaml_of(sealed_content()))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def _read(path: str = "tree", *, seeks_strays: bool = False) -> SealedTree:
    return read_tree([path], read_stdin=lambda: b"", seeks_strays=seeks_strays)


def test_a_link_out_of_the_tree_is_a_warning(folder: Path) -> None:
    (folder / "elsewhere").mkdir()
    (folder / "tree" / "link").symlink_to(folder / "elsewhere")

    (finding,) = _read().links

    assert (finding.where, finding.rule, finding.severity) == ("tree/link", LINK, "warning")
    assert finding.message.startswith("a link that is not followed")


def test_a_tree_of_links_alone_holds_nothing(folder: Path) -> None:
    (folder / "links").mkdir()
    (folder / "links" / "a").symlink_to(folder / "tree")

    with pytest.raises(InputError, match="there is no SealedSecret in these paths") as raised:
        _read("links", seeks_strays=True)

    assert "links/a" in raised.value.hint


def test_strays_are_read_only_where_they_are_sought(folder: Path) -> None:
    (folder / "tree" / "patch").write_bytes(_STRAY)

    found = [_read(seeks_strays=seeks) for seeks in (False, True)]

    assert [len(tree.readings) for tree in found] == [1, 2]
    assert [each.where for each in found[1].strays] == ["tree/patch:1:8"]


def test_strays_alone_are_enough_where_they_are_sought(folder: Path) -> None:
    (folder / "tree" / "x.yaml").write_bytes(_STRAY)

    assert len(_read(seeks_strays=True).strays) == 1
    with pytest.raises(InputError, match="there is no SealedSecret"):
        _read()


def test_a_manifest_that_mentions_items_and_cannot_be_read_is_a_stray(folder: Path) -> None:
    (folder / "tree" / "template.yaml").write_text("encryptedData: {{ .Values.items }}\n- x")
    (folder / "tree" / "notes.md").write_text("encryptedData: {{ .Values.items }}\n- x")

    tree = _read(seeks_strays=True)

    assert [(each.where, each.rule) for each in tree.strays] == [("tree/template.yaml", STRAY)]
    assert tree.findings == ()


def test_an_encoding_that_only_others_read_is_a_finding(folder: Path) -> None:
    (folder / "tree" / "sealed").write_bytes("kind: SealedSecret\n".encode("utf-16"))

    assert [each.message for each in _read().malformed] == ["the text is not UTF-8"]


def test_a_named_pipe_is_read(folder: Path) -> None:
    data = (folder / "tree" / "x.yaml").read_bytes()
    os.mkfifo(folder / "pipe")
    writer = Thread(target=(folder / "pipe").write_bytes, args=(data,), daemon=True)
    writer.start()

    tree = _read("pipe")

    writer.join()
    assert [part.sealed.name for part in tree.parts] == ["db"]


def test_a_pipe_in_a_tree_is_passed_over(folder: Path) -> None:
    os.mkfifo(folder / "tree" / "pipe.yaml")

    assert [reading.path for reading in _read().readings] == ["tree/x.yaml"]
