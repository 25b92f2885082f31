"""Applications as people look at them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gitopskit.workflows.application_view import (
    ApplicationView,
    Choice,
    Line,
    fitted,
    line,
    overview,
    sealed_view_of,
    table,
    tree,
    view_of,
)
from gitopskit.workflows.status_rows import Row

if TYPE_CHECKING:
    from gitopskit.manifests.json_types import JsonObject

DEPLOYMENT = {"kind": "Deployment", "group": "apps", "namespace": "shop", "name": "web"}
HOOK = {"kind": "Job", "namespace": "shop", "name": "migrate", "hookType": "PreSync"}


def application(name: str = "web", *, health: str = "Healthy", **status: object) -> JsonObject:
    return {
        "metadata": {"name": name, "namespace": "argocd"},
        "spec": {"project": "p", "destination": {"namespace": "shop"}},
        "status": {
            "sync": {"status": "Synced", "revision": "c" * 40},
            "health": {"status": health},
            **status,
        },
    }


def resource(status: str = "Synced", health: str = "", **more: object) -> JsonObject:
    told = {"health": {"status": health, "message": "why"}} if health else {}
    return {**DEPLOYMENT, "status": status, **told, **more}


def texts(lines: list[Line]) -> list[str]:
    return ["".join(span.text for span in found) for found in lines]


def mood_of(lines: list[Line], text: str) -> str:
    (found,) = {span.mood for found in lines for span in found if span.text.strip() == text}
    return found


def test_a_table_has_columns_under_a_header() -> None:
    back = {"type": "RolledBack", "message": "a instead of b"}
    views = [view_of(application()), view_of(application("database", conditions=[back]))]

    lines = table(views)

    assert texts(lines) == [
        "NAME      PROJECT  NAMESPACE  SYNC    HEALTH   REVISION  MESSAGE",
        "web       p        shop       Synced  Healthy  cccccccc",
        "database  p        shop       Synced  Healthy  cccccccc  rolled back: a instead of b",
    ]
    assert mood_of(lines, "Healthy") == "good"
    assert mood_of(lines, "rolled back: a instead of b") == "bad"


def test_an_application_is_a_line_of_its_own() -> None:
    assert texts([line(view_of(application()))]) == ["web  p  shop  Synced  Healthy  cccccccc"]


def test_an_application_that_nobody_has_seen_has_a_row() -> None:
    view = view_of({"metadata": {"name": "new", "namespace": "argocd"}})

    assert texts([line(view)]) == ["new  not yet seen  Unknown"]
    assert texts(table([view]))[1] == "new                       not yet seen  Unknown"
    assert not view.row.is_well


def test_columns_are_aligned_and_lines_end_where_text_ends() -> None:
    rows = [
        Row(kind="SealedSecret", namespace="a", name="b", state="Unsealed"),
        Row(kind="Application", namespace="argocd", name="c", state="Synced", message="\x1bm"),
    ]

    lines = overview(rows)

    assert texts(lines)[0].startswith("KIND          NAMESPACE  NAME  STATE")
    assert texts(lines)[1] == "SealedSecret  a          b     Unsealed"
    assert texts(lines)[2].endswith("  ?m")
    assert mood_of(lines, "Unsealed") == "good"


def test_a_sealed_secret_stands_beside_applications() -> None:
    view = sealed_view_of({"metadata": {"name": "db", "namespace": "shop"}})

    assert texts(tree([view])) == ["SealedSecret shop/db  not yet seen"]
    assert texts([line(view)]) == ["SealedSecret shop/db  shop  not yet seen"]


def test_objects_stand_below_their_application() -> None:
    other = {**resource(requiresPruning=True), "name": "old", "namespace": "elsewhere"}
    asked = {**other, "kind": "Secret", "requiresDeletionConfirmation": True}
    view = view_of(application(resources=[resource(health="Healthy"), other, asked]))

    assert texts(tree([view])) == [
        "web  Synced  Healthy  cccccccc",
        "├─ Deployment elsewhere/old  to be pruned",
        "├─ Deployment web  Synced  Healthy  why",
        "└─ Secret elsewhere/old  to be deleted once approved",
    ]


def test_what_is_held_in_its_end_is_being_deleted() -> None:
    held = resource("OutOfSync", health="Progressing", requiresPruning=True)
    view = view_of(application(resources=[held]))

    assert texts(tree([view]))[1] == "└─ Deployment web  being deleted  Progressing  why"


def test_hooks_and_waves_stand_in_the_order_of_a_sync() -> None:
    hooks = [{**HOOK, "hookPhase": "Failed", "message": "exit 1"}, {"kind": "Deployment"}]
    operation = {"phase": "Failed", "message": "no", "syncResult": {"resources": hooks}}
    later = {**resource("OutOfSync", syncWave=2), "name": "later"}
    view = view_of(
        application(
            health="Degraded",
            operationState=operation,
            resources=[later, resource()],
            conditions=[{"type": "SyncError", "message": "refused"}],
        )
    )

    lines = tree([view])

    assert texts(lines) == [
        "web  Synced  Degraded  cccccccc",
        "├─ refused",
        "├─ Failed: no",
        "├─ PreSync",
        "│  └─ Job migrate  Failed  exit 1",
        "├─ wave 0",
        "│  └─ Deployment web  Synced",
        "└─ wave 2",
        "   └─ Deployment later  OutOfSync",
    ]
    assert mood_of(lines, "Degraded") == "bad"
    assert mood_of(lines, "OutOfSync") == "busy"


def test_a_phase_that_nobody_knows_comes_last() -> None:
    hooks = [{**HOOK, "hookType": "Odd"}, {**HOOK, "hookType": "SyncFail"}]
    view = view_of(application(operationState={"syncResult": {"resources": hooks}}))

    assert [it.phase for it in view.objects] == ["SyncFail", "Odd"]


@pytest.mark.parametrize("resources", ["odd", [1, "x"], None])
def test_a_status_in_another_form_is_looked_through(resources: object) -> None:
    content = application(resources=resources, operationState={"syncResult": "odd"})

    assert view_of(content).objects == ()


def test_a_wave_in_another_form_is_the_usual_one() -> None:
    assert view_of(application(resources=[resource(syncWave="x")])).objects[0].wave == 0


def test_nothing_that_is_shown_steers_a_terminal() -> None:
    hostile = "\x1b[2J\n\u202e\x9b"
    named = {**resource(health=hostile), "name": hostile, "kind": hostile}
    content = application(
        hostile,
        health=hostile,
        resources=[named],
        conditions=[{"type": "SyncError", "message": hostile}],
        operationState={"phase": "Failed", "message": hostile},
    )
    content["spec"] = {"project": hostile, "destination": {"namespace": hostile}}
    view = view_of(content)

    shown = "".join(texts([*table([view]), *tree([view]), line(view)]))

    assert not set(hostile.replace("[2J", "")) & set(shown)


def many() -> list[ApplicationView]:
    objects = [{**resource(), "name": f"o{n}"} for n in range(5)]
    ill = application("ill", health="Degraded", resources=objects)
    return [view_of(application("well", resources=objects)), view_of(ill)]


@pytest.mark.parametrize(
    ("height", "shown"),
    [
        (12, ["well", "├─ "]),
        (11, ["well", "ill"]),
        (3, ["ill", "├─ "]),
        (0, ["and 7 more lines"]),
    ],
    ids=["all", "collapsed", "cut", "no-room"],
)
def test_a_tree_fits_where_it_is_shown(height: int, shown: list[str]) -> None:
    found = texts(fitted(many(), height=height))

    assert len(found) <= max(1, height)
    assert [text[: len(it)] for text, it in zip(found, shown, strict=False)] == shown
    assert (found[-1] == "and 5 more lines") is (height == 3)


@pytest.mark.parametrize(
    ("choice", "fits"),
    [
        (Choice(), True),
        (Choice(names=("web",)), True),
        (Choice(names=("db", "w*")), True),
        (Choice(names=("db",)), False),
        (Choice(project="p"), True),
        (Choice(project="q"), False),
        (Choice(namespace="shop"), True),
        (Choice(namespace="other"), False),
    ],
)
def test_applications_are_chosen_by_name_project_and_namespace(
    choice: Choice, *, fits: bool
) -> None:
    assert choice.fits(view_of(application())) is fits


def test_programs_get_all_of_it() -> None:
    told = view_of(application(resources=[resource(health="Healthy", syncWave=1)])).told()

    assert (told["name"], told["project"], told["destination"]) == ("web", "p", "shop")
    assert told["objects"][0] == {
        "kind": "Deployment",
        "group": "apps",
        "namespace": "shop",
        "name": "web",
        "state": "Synced",
        "health": "Healthy",
        "message": "why",
        "phase": "Sync",
        "wave": 1,
        "isHook": False,
    }
