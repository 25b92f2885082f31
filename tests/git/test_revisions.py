"""Which names can be revisions, and which commit they mean."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitopskit.errors import InputError
from gitopskit.git.revisions import is_commit, pick, read_listing, references, require_revision

A, B = "a" * 40, "b" * 40


@pytest.mark.parametrize(
    "revision", ["main", "feature/x-1", "v1.2.3", "refs/heads/main", "HEAD", "ü", A]
)
def test_names_of_branches_tags_and_commits_are_taken(revision: str) -> None:
    assert require_revision(revision) == revision


def test_no_revision_is_the_default_branch() -> None:
    assert require_revision("") == "HEAD"


def test_a_commit_in_capitals_is_the_same_commit() -> None:
    assert require_revision(A.upper()) == A


@pytest.mark.parametrize(
    "revision",
    [
        "-",
        "--upload-pack=x",
        "/main",
        "main/",
        "a//b",
        "a..b",
        ".a",
        "a/.b",
        "a.lock",
        "a.lock/b",
        "a.",
        "a b",
        "a\nb",
        "a~1",
        "a^",
        "a:b",
        "1.*",
        "a?",
        "a[b",
        "a\\b",
        "a@{1}",
        "@",
        "a" * 256,
    ],
)
def test_what_no_reference_can_be_is_refused(revision: str) -> None:
    with pytest.raises(InputError, match="cannot be the name"):
        require_revision(revision)


@pytest.mark.parametrize(
    ("found", "commit"),
    [
        ({"refs/heads/x": A, "refs/tags/x": B}, A),
        ({"refs/tags/x": A, "refs/tags/x^{}": B}, B),
        ({"refs/tags/x": A}, A),
        ({"refs/heads/other/x": A}, ""),
        ({}, ""),
    ],
    ids=["branch first", "annotated tag", "light tag", "another branch", "none"],
)
def test_a_name_means_a_branch_then_a_tag(found: dict[str, str], commit: str) -> None:
    assert pick(found, "x") == commit


def test_a_full_reference_means_only_itself() -> None:
    assert pick({"refs/heads/x": A, "refs/tags/x": B}, "refs/tags/x") == B
    assert references("HEAD") == ("HEAD",)


def test_lines_of_another_form_are_left_out() -> None:
    listing = f"{A}\trefs/heads/x\nwarning: y\n{'c' * 64}\trefs/heads/z\n{B}\t\n".encode()

    assert read_listing(listing) == {"refs/heads/x": A}


@given(st.text(max_size=50))
def test_no_revision_looks_like_an_option_or_has_a_space(text: str) -> None:
    try:
        revision = require_revision(text)
    except InputError:
        return

    assert not re.search(r"^-|[\x00-\x20]", revision)


@given(st.binary(max_size=200))
def test_any_listing_is_read(listing: bytes) -> None:
    assert all(map(is_commit, read_listing(listing).values()))
