"""Who gives an object to whom, and for whom one waits before anything is deleted."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from gitopskit.manifests.identity import ObjectRef
from gitopskit.reconciler import handover, sync_run, waking
from gitopskit.reconciler.application import Follow, SyncPolicy
from gitopskit.reconciler.inventory import Entry
from gitopskit.reconciler.plan import Verdict
from gitopskit.reconciler.stands import Stand, Wishes
from gitopskit.reconciler.state import Failure, Tracked
from tests.support.desiring import APPLIER, REF, applied, desired
from tests.support.tracking import a_goal

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gitopskit.manifests.json_types import JsonObject
    from gitopskit.reconciler.desired import Desired

PLACE = Follow("https://git.example/shop.git", "main", "shop")
ELSEWHERE = replace(PLACE, url="https://git.example/other.git")
OTHER_PROJECT = replace(PLACE, project="other")
CHILD = ObjectRef("argoproj.io", "Application", "argocd", "child")
BY_HAND = SyncPolicy()


def app(
    name: str,
    *wanted: ObjectRef,
    head: str = "c2",
    place: Follow = PLACE,
    policy: SyncPolicy | None = None,
    namespace: str = "shop",
    **metadata: object,
) -> Tracked:
    """Return an Application that has looked at a commit, and wants some objects there."""
    content: JsonObject = {
        "metadata": {"name": name, "resourceVersion": "5", **metadata},
        "spec": {"destination": {"namespace": namespace}},
    }
    made = Tracked(
        name=name, content=content, fingerprint="f1", status={}, goal=a_goal(policy=policy)
    )
    made.follows, made.heads = (place,), {place: head}
    made.looked = made.fingerprint
    made.wishes = handover.wished(made, wanted)
    return made


def heads(follows: Iterable[Follow]) -> dict[Follow, str]:
    """Return that every repository is at the second commit."""
    return dict.fromkeys(follows, "c2")


def known(*them: Tracked) -> dict[str, Tracked]:
    return {it.name: it for it in them}


def gives(giver: Tracked | None, taker: Tracked | None = None) -> bool:
    return handover.gives(giver, REF, taker=taker or app("b", REF), heads=heads)


def child(*, digest: str = "d1", namespace: str = "shop") -> Desired:
    spec = {"destination": {"namespace": namespace}}
    content = {"apiVersion": "argoproj.io/v1alpha1", "kind": "Application", "spec": spec}
    return replace(desired(digest=digest), ref=CHILD, content=content)


def parent(**done: str) -> Tracked:
    made = app("root", CHILD)
    made.desired = {CHILD: child()}
    made.applied = {CHILD: applied(**done)} if done else {}
    return made


def test_one_that_looked_and_does_not_want_it_gives_it() -> None:
    assert gives(app("a"))
    assert gives(app("a", REF, deletionTimestamp="now"))


@pytest.mark.parametrize(
    "giver",
    [
        None,
        app("a", REF),
        app("a", head="c1"),
        app("a", policy=BY_HAND),
        app("a", annotations={"argocd.argoproj.io/skip-reconcile": "true"}),
    ],
    ids=["unknown", "wants it", "has not looked", "not synced", "left alone"],
)
def test_all_others_keep_it(giver: Tracked | None) -> None:
    assert not gives(giver)


def test_one_that_never_looked_or_could_not_be_asked_keeps_it() -> None:
    new, broken = app("a"), app("a")
    new.wishes, broken.wishes = None, handover.refused(broken, None)

    assert not gives(new)
    assert not gives(broken)
    assert handover.refused(new, None).refs == frozenset()
    assert handover.refused(broken, frozenset({REF})).is_known


def test_one_that_is_synced_by_hand_gives_it_when_it_is() -> None:
    giver = app("a", policy=BY_HAND)
    assert giver.goal is not None
    giver.run = sync_run.begin(giver.goal)

    before = gives(giver)
    giver.run.enter("Succeeded")

    assert (before, gives(giver)) == (False, True)


def test_the_taker_may_be_ahead_of_the_giver() -> None:
    taker = app("b", REF, head="c3", place=OTHER_PROJECT)

    assert not gives(app("a"), taker)
    assert gives(app("a", place=ELSEWHERE), taker)


def test_an_heir_is_told_with_what_is_in_its_way() -> None:
    heirs = [app(name, REF) for name in ("free", "refused", "failing", "foreign")]
    heirs[1].is_refused = True
    heirs[2].failures = {REF: Failure(message="denied")}
    heirs[3].failures = {REF: Failure(message="has it", is_foreign=True)}
    heirs += [
        app("manual", REF, policy=BY_HAND),
        app("skipped", REF, annotations={"argocd.argoproj.io/skip-reconcile": "true"}),
    ]

    told = [
        handover.prospects(app("a"), known(it), heads=heads, projects={})
        .heir_of(REF)
        .partition('" ')[2]
        for it in heirs
    ]

    assert told == [
        "takes it",
        "is to take it, and is refused",
        "is to take it, and cannot: denied",
        "takes it",
        "takes it when it is synced",
        "is to take it, and is left as it is",
    ]


def test_nobody_is_waited_for_where_all_have_looked() -> None:
    giver = app("a")
    leaving = app("c", REF, deletionTimestamp="now")

    found = handover.prospects(giver, known(giver, app("b"), leaving), heads=heads, projects={})

    assert (found.heir_of(REF), found.waiting(REF), found.doubt_of(REF)) == ("", "", "")
    assert not found.watched
    assert not found.heirs_of([REF])


def test_who_has_not_looked_is_waited_for() -> None:
    others = [app(name, head="c1") for name in ("b", "c", "d", "e")]
    changed = app("f")
    changed.fingerprint = "f2"

    found = handover.prospects(app("a"), known(*others, changed), heads=heads, projects={})

    assert found.waiting(REF) == "waits for a look at b, c, d and 2 more"
    assert found.watched == {"b", "c", "d", "e", "f"}


def test_nobody_waits_for_one_whose_project_does_not_permit_the_object() -> None:
    other = app("b", head="c1")
    other.content["spec"]["project"] = "else"
    project = {
        "metadata": {"name": "else", "namespace": "argocd"},
        "spec": {"destinations": [{"namespace": "else"}]},
    }

    found = handover.prospects(app("a"), known(other), heads=heads, projects={"else": project})

    assert found.waiting(REF) == ""
    assert found.waiting(replace(REF, namespace="else")) == "waits for a look at b"
    assert found.watched == {"b"}


def test_one_that_is_just_changed_may_want_anything() -> None:
    late, root = app("child", head="c1"), parent(resource_version="6")
    late.content["spec"]["project"] = "else"
    project = {"metadata": {"name": "else", "namespace": "argocd"}, "spec": {}}

    found = handover.prospects(app("a"), known(root, late), heads=heads, projects={"else": project})

    assert found.waiting(REF) == "waits for a look at child"


def test_one_that_failed_at_an_older_commit_is_waited_for() -> None:
    other = app("b", head="c1")
    other.wishes = handover.refused(other, None)

    assert handover.prospects(app("a"), known(other), heads=heads, projects={}).awaited == {"b"}


def test_who_is_deleted_waits_for_no_commit_of_its_own() -> None:
    giver = app("a", head="c1", deletionTimestamp="now")

    assert not handover.prospects(giver, known(app("b")), heads=heads, projects={}).awaited


def test_one_that_cannot_be_asked_is_a_doubt_in_its_namespace() -> None:
    broken, silent = app("b"), app("c", annotations={"argocd.argoproj.io/skip-reconcile": "true"})
    broken.wishes, silent.wishes = handover.refused(broken, None), None

    found = handover.prospects(app("a"), known(broken, silent), heads=heads, projects={})

    assert found.doubt_of(REF) == "b, c cannot be read now and may want it"
    assert found.doubt_of(replace(REF, namespace="else")) == ""
    assert found.doubt_of(ObjectRef("", "Namespace", "", "shop"))


def test_what_it_wanted_last_is_believed_of_one_that_cannot_be_asked() -> None:
    broken = app("b", REF)
    broken.wishes = handover.refused(broken, None)

    found = handover.prospects(app("a"), known(broken), heads=heads, projects={})

    assert found.heirs_of([REF]) == {"b"}


def test_an_application_that_is_yet_to_be_registered_is_waited_for() -> None:
    found = handover.prospects(app("a"), known(parent()), heads=heads, projects={})

    assert found.awaited == {"root"}
    assert handover.stand(parent()).unmet == {CHILD}


def test_one_that_cannot_be_registered_is_a_doubt() -> None:
    root = parent()
    root.failures = {CHILD: Failure(message="denied")}

    found = handover.prospects(app("a"), known(root), heads=heads, projects={})

    assert (found.awaited, found.doubtful) == (frozenset(), (("child", "shop"),))


@pytest.mark.parametrize(("version", "awaited"), [("5", set()), ("6", {"child"})])
def test_one_that_was_just_changed_is_waited_for(version: str, awaited: set[str]) -> None:
    root = parent(resource_version=version)

    found = handover.prospects(app("a"), known(root, app("child")), heads=heads, projects={})

    assert found.awaited == awaited


def test_one_that_was_just_made_is_a_doubt() -> None:
    root = parent(resource_version="6")
    root.applied[REF] = applied()
    root.desired[REF] = desired()

    found = handover.prospects(app("a"), known(root), heads=heads, projects={})
    root.desired = {}

    assert found.doubtful == (("child", "shop"),)
    assert handover.prospects(app("a"), known(root), heads=heads, projects={}).doubtful == ()


def test_who_does_nothing_by_itself_registers_nobody() -> None:
    root = parent()
    root.goal = a_goal(policy=BY_HAND)

    assert (
        handover.prospects(app("a"), known(root), heads=heads, projects={}).awaited == frozenset()
    )


def test_an_application_without_a_destination_is_no_doubt_anywhere() -> None:
    broken = app("b")
    broken.wishes = handover.refused(broken, None)
    broken.content = {"metadata": {"name": "b"}}

    assert not handover.prospects(app("a"), known(broken), heads=heads, projects={}).doubt_of(REF)
    broken.content = {"metadata": {"name": "b"}, "spec": {}}
    assert not handover.prospects(app("a"), known(broken), heads=heads, projects={}).doubt_of(REF)


def test_news_is_another_stand_or_that_it_was_taken() -> None:
    giver, taker = app("a"), app("b", REF)
    giver.awaited = {"b": handover.stand(taker), "c": Stand()}

    assert not handover.is_news("b", giver, known(taker))
    assert not handover.is_news("c", giver, known(taker))
    assert not handover.has_news(giver, known(taker))
    assert list(waking.after_a_look("b", known(giver, taker))) == []
    entry = Entry(ref=REF, version="v1", applier=APPLIER)
    giver.pending = (Verdict(entry=entry, fate="handing"),)
    assert not handover.is_news("b", giver, known(taker))
    assert handover.has_news(giver, known(taker))
    taker.applied = {REF: applied()}
    assert handover.is_news("b", giver, known(taker))
    giver.pending, taker.wishes = (), Wishes()
    assert handover.is_news("b", giver, known(taker))
    assert handover.has_news(giver, known(taker))
    assert list(waking.after_a_look("b", known(giver, taker))) == ["a"]
