"""What git prints about a clone, as values."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitopskit.git.clone_texts import (
    Blob,
    Change,
    Commit,
    index_lines,
    read_changes,
    read_commits,
    read_entries,
)

ONE, TWO = "1" * 40, "2" * 40


@pytest.mark.parametrize(
    ("said", "old", "new"),
    [
        (f":100644 100755 {ONE} {TWO} M", Blob("100644", ONE), Blob("100755", TWO)),
        (f":000000 100644 {'0' * 40} {TWO} A", None, Blob("100644", TWO)),
        (f":100644 000000 {ONE} {'0' * 40} D", Blob("100644", ONE), None),
    ],
    ids=["changed", "added", "gone"],
)
def test_changes_tell_what_was_and_what_is(said: str, old: Blob | None, new: Blob | None) -> None:
    output = said.encode() + b"\0a\tb\n\xff.yaml\0"

    assert read_changes(output) == (Change(path=b"a\tb\n\xff.yaml", old=old, new=new),)


def test_nothing_that_was_printed_is_nothing() -> None:
    assert (read_changes(b""), read_entries(b""), read_commits(b"")) == ((), {}, ())


def test_commits_are_told_apart_whatever_they_say() -> None:
    found = read_commits(b"a\x1fMe\x1fone\x1ftwo\n\0b\x1fYou\x1f\0")

    assert found == (
        Commit(id="a", author="Me", subject="one\x1ftwo\n"),
        Commit(id="b", author="You", subject=""),
    )


@given(st.dictionaries(st.binary(min_size=1).filter(lambda it: b"\0" not in it), st.booleans()))
def test_every_path_goes_to_the_index_and_comes_back(paths: dict[bytes, bool]) -> None:
    blobs = {path: Blob("100644", ONE) if is_there else None for path, is_there in paths.items()}

    lines = index_lines(blobs, digits=40)

    entries = {
        path: said for said, _, path in (it.partition(b"\t") for it in lines.split(b"\0")[:-1])
    }
    assert entries == {
        path: f"100644 {ONE}".encode() if blob else f"0 {'0' * 40}".encode()
        for path, blob in blobs.items()
    }


@given(st.dictionaries(st.binary(min_size=1).filter(lambda it: b"\0" not in it), st.just(ONE)))
def test_every_path_of_a_tree_is_read(paths: dict[bytes, str]) -> None:
    output = b"".join(f"100644 blob {oid}\t".encode() + it + b"\0" for it, oid in paths.items())

    assert read_entries(output) == {path: Blob("100644", oid) for path, oid in paths.items()}
