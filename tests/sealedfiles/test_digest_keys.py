"""The key for digests of values: which files it is taken from."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gitopskit.errors import InputError
from gitopskit.sealedfiles.digest_keys import read_digest_key

if TYPE_CHECKING:
    from pathlib import Path

_KEY = bytes(range(32))


def test_the_bytes_of_the_file_are_the_key(tmp_path: Path) -> None:
    (tmp_path / "key").write_bytes(_KEY + b"\n")

    assert read_digest_key(tmp_path / "key").key == _KEY + b"\n"


def test_the_key_is_not_shown(tmp_path: Path) -> None:
    (tmp_path / "key").write_bytes(b"k" * 32)

    assert "kkk" not in repr(read_digest_key(tmp_path / "key"))


@pytest.mark.parametrize("size_bytes", [32, 4096])
def test_a_key_of_a_usable_size_is_taken(tmp_path: Path, size_bytes: int) -> None:
    (tmp_path / "key").write_bytes(b"k" * size_bytes)

    assert read_digest_key(tmp_path / "key").key == b"k" * size_bytes


@pytest.mark.parametrize("size_bytes", [0, 31, 4097])
def test_a_key_that_is_too_short_or_too_long_is_refused(tmp_path: Path, size_bytes: int) -> None:
    (tmp_path / "key").write_bytes(b"k" * size_bytes)

    with pytest.raises(InputError, match="has not between 32 and 4096 bytes") as caught:
        read_digest_key(tmp_path / "key")

    assert caught.value.where == str(tmp_path / "key")
    assert "kkk" not in str(caught.value) + caught.value.hint


@pytest.mark.parametrize(
    ("name", "said"),
    [("missing", "No such file or directory"), (".", "Is a directory")],
)
def test_a_file_that_cannot_be_read_is_told(tmp_path: Path, name: str, said: str) -> None:
    with pytest.raises(InputError, match=f"^cannot read the digest key: {said} - "):
        read_digest_key(tmp_path / name)


@pytest.mark.parametrize("inside", ["key", "folder/key"])
def test_a_key_in_a_work_tree_is_refused(tmp_path: Path, inside: str) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / "folder").mkdir()
    (tmp_path / inside).write_bytes(_KEY)

    with pytest.raises(InputError, match="the digest key lies in a Git work tree"):
        read_digest_key(tmp_path / inside)


def test_a_key_in_a_linked_work_tree_is_refused(tmp_path: Path) -> None:
    (tmp_path / ".git").write_text("gitdir: elsewhere\n")
    (tmp_path / "key").write_bytes(_KEY)

    with pytest.raises(InputError, match="the digest key lies in a Git work tree"):
        read_digest_key(tmp_path / "key")


def test_a_link_to_a_key_in_a_work_tree_is_refused(tmp_path: Path) -> None:
    (tmp_path / "tree" / ".git").mkdir(parents=True)
    (tmp_path / "tree" / "key").write_bytes(_KEY)
    (tmp_path / "link").symlink_to(tmp_path / "tree" / "key")

    with pytest.raises(InputError, match="the digest key lies in a Git work tree"):
        read_digest_key(tmp_path / "link")
