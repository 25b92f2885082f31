"""Going back in a person's clone, with the git that is installed."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from gitopskit.errors import GitFailed, InputError, IntegrityFault
from gitopskit.git.clone import Clone
from gitopskit.workflows.rollback import (
    commit_rollback,
    plan_rollback,
    tag_rollback,
    tree_of,
)
from tests.support.clones import PersonsClone, application, clone_of

if TYPE_CHECKING:
    from pathlib import Path

    from gitopskit.manifests.json_types import JsonObject

KUSTOMIZATION = "resources: [../base]\n"


@pytest.fixture
def person(tmp_path: Path) -> PersonsClone:
    return PersonsClone.create(tmp_path / "shop")


def test_only_the_files_of_the_application_go_back(person: PersonsClone) -> None:
    good = person.commit({"app/a.yaml": "a: 1\n", "app/gone.yaml": "b: 1\n", "other/a.yaml": "1"})
    both = person.commit({"app/a.yaml": "a: 2\n", "other/a.yaml": "2"}, "Both")
    person.commit({"README": "x"}, "Elsewhere")
    bad = person.commit({"app/gone.yaml": None, "app/new.yaml": "c: 1\n"}, "Worse")

    plan = plan_rollback(clone_of(person), application(good=good, bad=bad))
    commit = commit_rollback(clone_of(person), plan)

    assert person.read("app/a.yaml") == "a: 1\n"
    assert person.read("app/gone.yaml") == "b: 1\n"
    assert person.read("app/new.yaml") is None
    assert person.read("other/a.yaml") == "2"
    assert person.git("rev-parse", "HEAD^") == bad
    assert person.git("rev-parse", "HEAD") == commit
    assert person.git("status", "--porcelain") == ""
    assert person.git("log", "-1", "--format=%an <%ae>") == "Person <person@example.invalid>"
    assert [it.subject for it in plan.reverted] == ["Worse", "Both"]
    assert [it.subject for it in plan.left] == ["Elsewhere"]
    assert both in {it.id for it in plan.reverted}
    assert plan.why == "it was Degraded: broken"


def test_what_an_overlay_reads_goes_back_with_it(person: PersonsClone) -> None:
    good = person.commit({"app/kustomization.yaml": KUSTOMIZATION, "base/a.yaml": "a: 1\n"})
    person.commit({"base/kustomization.yaml": "resources: [a.yaml]\n"})
    good = person.git("rev-parse", "HEAD")
    bad = person.commit({"base/a.yaml": "a: 2\n"})

    plan = plan_rollback(clone_of(person), application(good=good, bad=bad))

    assert plan.paths == ("app", "base")
    assert plan.files == ("base/a.yaml",)
    assert plan.notes == ()


def test_a_base_that_was_left_meanwhile_comes_back(person: PersonsClone) -> None:
    base = {"base/kustomization.yaml": "resources: [a.yaml]\n", "base/a.yaml": "a: 1\n"}
    good = person.commit({"app/kustomization.yaml": KUSTOMIZATION, **base})
    gone = dict.fromkeys(base)
    bad = person.commit({"app/kustomization.yaml": "resources: []\n", **gone})

    plan = plan_rollback(clone_of(person), application(good=good, bad=bad))

    assert plan.files == ("app/kustomization.yaml", "base/a.yaml", "base/kustomization.yaml")


def test_a_merge_goes_back_as_a_whole(person: PersonsClone) -> None:
    good = person.commit({"app/a.yaml": "a: 1\n"})
    person.git("switch", "--quiet", "--create", "topic")
    person.commit({"app/a.yaml": "a: 2\n"}, "Topic")
    person.git("switch", "--quiet", "main")
    person.commit({"README": "x"})
    person.git("merge", "--quiet", "--no-ff", "--message=Merge topic", "topic")
    bad = person.git("rev-parse", "HEAD")

    plan = plan_rollback(clone_of(person), application(good=good, bad=bad))
    commit_rollback(clone_of(person), plan)

    assert person.read("app/a.yaml") == "a: 1\n"
    assert "Topic" in {it.subject for it in plan.reverted}


def test_a_branch_is_made_where_one_is_named(person: PersonsClone) -> None:
    good = person.commit({"app/a.yaml": "a: 1\n"})
    bad = person.commit({"app/a.yaml": "a: 2\n"})
    clone = clone_of(person)

    commit = commit_rollback(
        clone, plan_rollback(clone, application(good=good, bad=bad)), branch="back"
    )

    assert (clone.branch(), person.git("rev-parse", "main")) == ("back", bad)
    assert person.git("rev-parse", "back") == commit


def test_a_rollback_is_tagged_each_time(person: PersonsClone) -> None:
    good = person.commit({"app/a.yaml": "a: 1\n"})
    bad = person.commit({"app/a.yaml": "a: 2\n"})
    clone = clone_of(person)
    plan = plan_rollback(clone, application(good=good, bad=bad))

    names = [tag_rollback(clone, plan), tag_rollback(clone, plan)]

    assert names == [f"rollback/web/{bad[:8]}", f"rollback/web/{bad[:8]}-2"]
    assert "Roll back web to" in person.git("tag", "--list", "--format=%(subject)", names[1])


def test_one_may_go_back_to_any_revision_from_what_is_checked_out(person: PersonsClone) -> None:
    person.commit({"app/a.yaml": "a: 1\n"})
    person.git("tag", "v1")
    person.commit({"app/a.yaml": "a: 2\n"})
    person.commit({"app/a.yaml": "a: 3\n"})
    clone = clone_of(person)

    commit_rollback(clone, plan_rollback(clone, application(), to="v1"))

    assert person.read("app/a.yaml") == "a: 1\n"


def test_nothing_is_to_be_done_twice(person: PersonsClone) -> None:
    good = person.commit({"app/a.yaml": "a: 1\n"})
    bad = person.commit({"app/a.yaml": "a: 2\n"})
    clone, content = clone_of(person), application(good=good, bad=bad)
    commit_rollback(clone, plan_rollback(clone, content))

    assert plan_rollback(clone, content).blobs == {}


def test_what_was_changed_again_is_a_persons_to_decide(person: PersonsClone) -> None:
    good = person.commit({"app/a.yaml": "a: 1\n"})
    bad = person.commit({"app/a.yaml": "a: 2\n"})
    person.commit({"app/a.yaml": "a: 3\n"})

    with pytest.raises(IntegrityFault, match=r"changed again after .*: app/a\.yaml") as caught:
        plan_rollback(clone_of(person), application(good=good, bad=bad))

    assert f"--to {good[:8]}" in caught.value.hint


def test_a_history_that_was_rewritten_is_told(person: PersonsClone) -> None:
    person.commit({"app/a.yaml": "a: 0\n"})
    good = person.commit({"app/a.yaml": "a: 1\n"})
    person.git("tag", "kept")
    person.git("reset", "--quiet", "--hard", "HEAD^")
    bad = person.commit({"app/a.yaml": "a: 2\n"})

    plan = plan_rollback(clone_of(person), application(good=good, bad=bad))

    assert plan.files == ("app/a.yaml",)
    assert "rewritten" in " ".join(plan.notes)


def test_paths_that_are_only_guessed_are_told_and_may_be_named(person: PersonsClone) -> None:
    chart = {"app/Chart.yaml": "name: web\n", "app/values.yaml": "a: 1\n"}
    good = person.commit({**chart, "values/web.yaml": "a: 1\n", "more/x": "1"})
    bad = person.commit({"values/web.yaml": "a: 2\n", "more/x": "2"})
    source = {"repoURL": "u", "path": "app", "helm": {"valueFiles": ["/values/web.yaml"]}}
    content = application(good=good, bad=bad, source=source)

    plan = plan_rollback(clone_of(person), content, more_paths=["more"])

    assert plan.files == ("more/x", "values/web.yaml")
    assert "not known" in " ".join(plan.notes)


def test_a_path_that_neither_revision_has_is_refused(person: PersonsClone) -> None:
    good = person.commit({"app/a.yaml": "a: 1\n", "more/x": "1"})
    bad = person.commit({"app/a.yaml": "a: 2\n", "more/x": "2"})

    with pytest.raises(InputError, match="neither revision has mroe"):
        plan_rollback(
            clone_of(person), application(good=good, bad=bad), more_paths=["more", "mroe"]
        )


def test_a_shallow_clone_lacks_the_good_commit(person: PersonsClone, tmp_path: Path) -> None:
    good = person.commit({"app/a.yaml": "a: 1\n"})
    bad = person.commit({"app/a.yaml": "a: 2\n"})
    person.git("clone", "--quiet", "--depth=1", person.folder.as_uri(), str(tmp_path / "shallow"))
    shallow = PersonsClone(tmp_path / "shallow")

    with pytest.raises(InputError, match=good) as caught:
        plan_rollback(clone_of(shallow), application(good=good, bad=bad))
    shallow.git("fetch", "--quiet", "--depth=1", "origin", good)
    plan = plan_rollback(clone_of(shallow), application(good=good, bad=bad))

    assert "`git fetch --unshallow`" in caught.value.hint
    assert plan.files == ("app/a.yaml",)
    assert "shallow" in " ".join(plan.notes)


def test_a_clone_that_has_only_a_part_gets_what_it_needs(
    person: PersonsClone, tmp_path: Path
) -> None:
    base = {"base/kustomization.yaml": "resources: [a.yaml]\n", "base/a.yaml": "a: 1\n"}
    good = person.commit({"app/kustomization.yaml": KUSTOMIZATION, "other/x": "1", **base})
    bad = person.commit({"base/a.yaml": "a: 2\n"})
    person.git("config", "uploadpack.allowFilter", "true")
    url = person.folder.as_uri()
    person.git("clone", "--quiet", "--filter=blob:none", "--sparse", url, str(tmp_path / "part"))
    part = PersonsClone(tmp_path / "part")
    part.git("config", "user.name", "Person")
    part.git("config", "user.email", "person@example.invalid")
    part.git("sparse-checkout", "set", "app")
    clone = clone_of(part)

    plan = plan_rollback(clone, application(good=good, bad=bad))
    commit_rollback(clone, plan)

    assert plan.paths == ("app", "base")
    assert part.git("show", "HEAD:base/a.yaml") == "a: 1"
    assert part.git("show", "HEAD:other/x") == "1"
    assert part.read("other/x") is None
    assert part.git("status", "--porcelain") == ""


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ({"sources": [{"path": "a"}, {"path": "b"}]}, "one source in Git"),
        ({"sources": "odd"}, "one source in Git"),
        ({"source": {"chart": "web"}}, "one source in Git"),
        ({}, "was not rolled back"),
    ],
    ids=["several", "misshapen", "chart", "no-rollback"],
)
def test_what_cannot_go_back_by_itself_is_refused(
    person: PersonsClone, spec: JsonObject, said: str
) -> None:
    person.commit({"app/a.yaml": "a: 1\n"})

    with pytest.raises(InputError, match=said):
        plan_rollback(clone_of(person), application(**spec))


def test_without_a_rollback_the_revisions_that_were_deployed_are_named(
    person: PersonsClone,
) -> None:
    person.commit({"app/a.yaml": "a: 1\n"})
    content = application()
    content["status"] = {
        "history": [{"revision": "1" * 40, "id": 0}, {"revision": "2" * 40, "id": 1}],
        "conditions": [
            {"type": "HealthyRevision", "message": f"the last healthy revision is {'2' * 40}"}
        ],
    }

    with pytest.raises(InputError) as caught:
        plan_rollback(clone_of(person), content)

    assert caught.value.hint == "deployed were, the newest first: 22222222, 11111111"


def test_a_branch_without_the_bad_commit_is_the_wrong_one(person: PersonsClone) -> None:
    good = person.commit({"app/a.yaml": "a: 1\n"})
    person.git("branch", "old")
    bad = person.commit({"app/a.yaml": "a: 2\n"})
    person.git("switch", "--quiet", "old")

    with pytest.raises(InputError, match="not in what is checked out"):
        plan_rollback(clone_of(person), application(good=good, bad=bad))


def test_a_revision_that_nobody_knows_is_told(person: PersonsClone) -> None:
    with pytest.raises(InputError, match="no commit yet"):
        plan_rollback(clone_of(person), application(), to="v1")
    person.commit({"app/a.yaml": "a: 1\n"})
    for revision in ("v1", "--upload-pack=x", "\x1b[31m"):
        with pytest.raises(InputError, match="has no commit") as caught:
            plan_rollback(clone_of(person), application(), to=revision)
        assert "\x1b" not in str(caught.value)


def test_the_diff_is_one_that_git_applies(person: PersonsClone) -> None:
    good = person.commit({"app/a.yaml": "a: 1\n"})
    person.commit({"app/a.yaml": "a: 2\n"})
    clone = clone_of(person)

    diff = clone.diff("HEAD", tree_of(clone, plan_rollback(clone, application(), to=good)))

    assert "-a: 2\n+a: 1\n" in diff


def test_a_repository_that_is_broken_is_told(person: PersonsClone) -> None:
    good = person.commit({"app/a.yaml": "a: 1\n"})
    bad = person.commit({"app/a.yaml": "a: 2\n"})
    tree = person.git("rev-parse", f"{good}^{{tree}}")
    (person.folder / ".git" / "objects" / tree[:2] / tree[2:]).unlink()

    with pytest.raises(GitFailed, match="git read-tree failed") as caught:
        plan_rollback(clone_of(person), application(good=good, bad=bad))

    assert "git fsck" in caught.value.hint


def test_a_folder_that_is_in_no_clone_is_refused(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "absent"):
        with pytest.raises(InputError):
            Clone.at(folder, environment=dict(os.environ))


def test_a_push_takes_the_tag_along_or_does_nothing(person: PersonsClone, tmp_path: Path) -> None:
    good = person.commit({"app/a.yaml": "a: 1\n"})
    bad = person.commit({"app/a.yaml": "a: 2\n"})
    person.git("clone", "--quiet", "--bare", str(person.folder), str(tmp_path / "bare.git"))
    person.git("remote", "add", "upstream", str(tmp_path / "bare.git"))
    person.git("config", "branch.main.remote", "upstream")
    clone = clone_of(person)
    plan = plan_rollback(clone, application(good=good, bad=bad))
    commit = commit_rollback(clone, plan)
    tag = tag_rollback(clone, plan)

    clone.push(clone.remote_of("main"), "main", [tag])

    pushed = PersonsClone(tmp_path / "bare.git")
    assert pushed.git("rev-parse", "main", f"{tag}^{{commit}}").split() == [commit, commit]
    with pytest.raises(GitFailed, match="git push failed"):
        clone.push("nowhere", "main", [tag])
