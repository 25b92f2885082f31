"""What a rollback changes in Git, and how it is told."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gitopskit.git.clone_texts import Blob, Change, Commit
from gitopskit.workflows.rollback_plan import (
    RollbackPlan,
    body,
    message,
    named_files,
    narrowed,
    replaced,
    tag_of,
    title,
    told,
)

if TYPE_CHECKING:
    from gitopskit.manifests.json_types import JsonObject

GOOD, BAD = "a" * 40, "b" * 40
OLD, NEW, OTHER = Blob("100644", "1"), Blob("100644", "2"), Blob("100644", "3")


def plan(*subjects: str, why: str = "", name: str = "web", left: str = "") -> RollbackPlan:
    commits = [Commit(id=f"{n:08}", author="A", subject=it) for n, it in enumerate(subjects)]
    others = [Commit(id="99999999", author="A", subject=left)] if left else []
    return RollbackPlan(
        application=name,
        good=GOOD,
        bad=BAD,
        why=why,
        paths=("app",),
        commits=(*commits, *others),
        concerned=frozenset(it.id for it in commits),
        blobs={b"app/all.yaml": OLD},
        notes=("look",),
    )


@pytest.mark.parametrize(
    ("here", "blobs", "later"),
    [
        (OLD, {b"a": NEW}, ()),
        (NEW, {}, ()),
        (OTHER, {b"a": NEW}, (b"a",)),
        (None, {b"a": NEW}, (b"a",)),
    ],
    ids=["as-it-was-bad", "good-already", "changed-again", "gone-again"],
)
def test_what_was_changed_after_the_bad_commit_is_told_apart(
    here: Blob | None, blobs: dict[bytes, Blob], later: tuple[bytes, ...]
) -> None:
    change = Change(path=b"a", old=OLD, new=NEW)

    assert replaced([change], {b"a": here} if here else {}) == (blobs, later)


def test_tags_of_one_commit_are_told_apart() -> None:
    found = [tag_of("web", BAD, number=n) for n in (1, 2)]

    assert found == ["rollback/web/bbbbbbbb", "rollback/web/bbbbbbbb-2"]


def test_the_commit_says_why_and_what_is_taken_back() -> None:
    assert message(plan("Second", "First", why="it was Degraded", left="Other")) == (
        f"Roll back web to aaaaaaaa\n\nWhat web is rendered from is again as it was in\n{GOOD}.\n\n"
        f"{BAD} was bad: it was Degraded\n\n"
        "Taken back, as far as it concerns it:\n\n- 00000000 Second\n- 00000001 First\n"
    )


def test_a_title_is_no_longer_than_a_line() -> None:
    assert title(plan(name="w" * 60)) == "Roll back to aaaaaaaa"


def test_the_request_tells_what_stays_and_which_files_change() -> None:
    found = body(plan("One", left="Other"))

    assert "## Taken back\n\n- 00000000 `One` (`A`)\n" in found
    assert "they do not concern it\n\n- 99999999 `Other` (`A`)\n" in found
    assert "## Files\n\n- `app/all.yaml`\n" in found
    assert "- look\n" in found
    assert "was bad" not in found


def test_what_others_wrote_is_no_markup_and_steers_no_terminal() -> None:
    found = body(plan("@all `x` \x1b[31m[a](https://u:p@h)\n## no", why="\x1b[2J\nbad"))

    assert "- 00000000 `@all 'x' [31m[a](https://***@h) ## no` (`A`)" in found
    assert "\x1b" not in found
    assert f"{BAD} was bad: [2J bad\n" in found


def test_a_commit_without_a_subject_is_listed() -> None:
    assert "- 00000000 `-` (`A`)" in body(plan(""))


def test_a_long_list_is_cut() -> None:
    assert "- and 10 more" in body(plan(*["x"] * 60))


def test_programs_get_all_of_it() -> None:
    found = told(plan("One", left="Other"))

    assert (found["good"], found["bad"], found["files"]) == (GOOD, BAD, ["app/all.yaml"])
    assert [it["subject"] for it in found["reverted"] + found["left"]] == ["One", "Other"]


@pytest.mark.parametrize(
    ("source", "files"),
    [
        ({}, (".",)),
        ({"path": "./a/b/"}, ("a/b",)),
        (
            {"path": "a", "helm": {"valueFiles": ["v.yaml", "../w.yaml", "/x.yaml", "$r/y"]}},
            ("a", "a/v.yaml", "w.yaml", "x.yaml"),
        ),
        ({"path": "a", "helm": {"valueFiles": ["../../../etc"]}}, ("a",)),
        ({"path": "a", "helm": {"fileParameters": [{"path": "f"}]}}, ("a", "a/f")),
        (
            {"path": "a", "kustomize": {"patches": [{"path": "p"}, {"patch": "x"}]}},
            ("a", "a/p"),
        ),
        ({"path": "a", "kustomize": {"components": ["../c"]}}, ("a", "c")),
    ],
    ids=["root", "path", "values", "outside", "parameters", "patches", "components"],
)
def test_files_that_options_name_belong_to_a_source(
    source: JsonObject, files: tuple[str, ...]
) -> None:
    assert named_files(source) == files


@pytest.mark.parametrize(
    ("paths", "left"),
    [
        (["a/b", "a", "ab", "a"], ("a", "ab")),
        (["a", "."], (".",)),
        ([], ()),
    ],
    ids=["below", "root", "none"],
)
def test_what_lies_below_another_path_is_left_out(paths: list[str], left: tuple[str, ...]) -> None:
    assert narrowed(paths) == left
