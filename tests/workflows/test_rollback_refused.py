"""A clone that is not ready for a rollback stays as it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gitopskit.errors import GitFailed, GitopskitError
from gitopskit.workflows.rollback import commit_rollback, plan_rollback
from tests.support.clones import PersonsClone, application, clone_of

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def person(tmp_path: Path) -> PersonsClone:
    return PersonsClone.create(tmp_path / "shop")


def prepared(person: PersonsClone) -> tuple[str, str]:
    return person.commit({"app/a.yaml": "a: 1\n"}), person.commit({"app/a.yaml": "a: 2\n"})


def dirty(person: PersonsClone) -> None:
    person.write({"app/a.yaml": "mine\n"})


def merging(person: PersonsClone) -> None:
    (person.folder / ".git" / "MERGE_HEAD").write_text(person.git("rev-parse", "HEAD") + "\n")


def nameless(person: PersonsClone) -> None:
    person.git("config", "user.useConfigOnly", "true")
    person.git("config", "--unset", "user.email")


def detached(person: PersonsClone) -> None:
    person.git("switch", "--quiet", "--detach")


def refusing(person: PersonsClone) -> None:
    hook = person.folder / ".git" / "hooks" / "pre-commit"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\nexit 1\n")
    hook.chmod(0o755)


def in_the_way(person: PersonsClone) -> None:
    person.git("rm", "--quiet", "app/a.yaml")
    person.git("commit", "--quiet", "--message=remove")
    person.write({"app/a.yaml": "mine\n"})


@pytest.mark.parametrize(
    ("spoil", "branch", "said"),
    [
        (dirty, "", "changes that are not committed"),
        (merging, "", "a merge is under way"),
        (nameless, "", "in whose name"),
        (detached, "", "no branch is checked out"),
        (None, "main", "there is a branch main already"),
        (None, "-x", "git switch failed"),
        (refusing, "", "git commit failed"),
        (refusing, "back", "git commit failed"),
        (in_the_way, "", "git read-tree failed"),
    ],
)
def test_a_clone_that_is_not_ready_stays_as_it_is(
    person: PersonsClone, spoil: object, branch: str, said: str
) -> None:
    good, _ = prepared(person)
    if callable(spoil):
        spoil(person)
    clone = clone_of(person)
    plan = plan_rollback(clone, application(), to=good)
    before = (person.git("status", "--porcelain", "--branch"), person.git("rev-parse", "HEAD"))
    content = person.read("app/a.yaml")

    with pytest.raises(GitopskitError, match=said):
        commit_rollback(clone, plan, branch=branch)

    after = (person.git("status", "--porcelain", "--branch"), person.git("rev-parse", "HEAD"))
    assert (after, person.read("app/a.yaml")) == (before, content)
    assert not clone.has("refs/heads/back")


def test_a_branch_off_a_detached_head_goes_when_the_commit_is_refused(
    person: PersonsClone,
) -> None:
    good, bad = prepared(person)
    detached(person)
    refusing(person)
    clone = clone_of(person)

    with pytest.raises(GitFailed):
        commit_rollback(clone, plan_rollback(clone, application(), to=good), branch="back")

    assert (clone.branch(), person.git("rev-parse", "HEAD")) == ("", bad)
    assert not clone.has("refs/heads/back")
