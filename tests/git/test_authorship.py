"""Who made a commit is read from its header, and nothing else is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitopskit.git.authorship import UNKNOWN, Authorship, read_authorship
from gitopskit.git.remotes import parse_remote
from gitopskit.redaction import LONGEST_FOREIGN_TEXT

if TYPE_CHECKING:
    from tests.git.conftest import MirrorFactory
    from tests.support.gitrepo import SourceRepository

ADA = b"author Ada Byron <ada@example.com> 1700000000 +0100"
BOB = b"committer Bob <bob@example.com> 1700000060 +0000"
TREE = b"tree " + b"0" * 40


def test_author_committer_and_time_are_told() -> None:
    commit = b"\n".join((TREE, ADA, BOB, b"", b"author Eve <eve@example.com> 1 +0000"))

    assert read_authorship(commit) == Authorship(
        author="Ada Byron <ada@example.com>",
        committer="Bob <bob@example.com>",
        committed_at="2023-11-14T22:14:20Z",
    )


def test_the_first_of_several_counts() -> None:
    commit = b"\n".join((ADA, b"author Eve <eve@example.com> 1 +0000", b"", b""))

    assert read_authorship(commit).author == "Ada Byron <ada@example.com>"


@pytest.mark.parametrize(
    "line",
    [
        b"author",
        b"author Ada <ada@example.com>",
        b"author Ada <ada@example.com> yesterday +0000",
        b"author Ada <ada@example.com> 999999999999 +0000",
    ],
    ids=["empty", "without time", "with a word as time", "after the year 9999"],
)
def test_a_line_of_another_form_tells_nobody(line: bytes) -> None:
    assert read_authorship(line + b"\n\nmessage") == UNKNOWN


def test_a_name_cannot_steer_a_terminal() -> None:
    commit = b"author \x1b[31mAda\xe2\x80\xae <a@example.com> 1 +0000\n\n"

    assert read_authorship(commit).author == "[31mAda <a@example.com>"


@given(st.binary())
def test_whatever_a_commit_holds_it_is_read(content: bytes) -> None:
    found = read_authorship(b"author " + content + b" 1 +0000\n" + content)

    assert len(found.author) <= LONGEST_FOREIGN_TEXT
    assert "\n" not in found.author + found.committer


def test_a_fetched_commit_has_an_author(source: SourceRepository, mirror_of: MirrorFactory) -> None:
    remote = parse_remote(str(source.folder), allow_local=True)
    commit = source.commit({"a": "b"})
    mirror = mirror_of(remote)
    before = mirror.authorship(commit)
    mirror.fetch(remote, commit)

    assert before == UNKNOWN
    assert mirror.authorship(commit).author == "Author <author@example.invalid>"
