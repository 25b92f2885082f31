"""Whose a label of a namespace is decides whether an Application may set it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gitopskit.manifests.identity import ObjectRef
from gitopskit.reconciler import namespace_metadata
from gitopskit.reconciler.namespace_metadata import decide, overridden
from gitopskit.reconciler.sync_policy import NamespaceMetadata

if TYPE_CHECKING:
    from gitopskit.manifests.json_types import JsonObject

OURS = "gitopskit-namespace:web"
REF = ObjectRef("", "Namespace", "", "shop")
WANTED = NamespaceMetadata(labels=(("team", "a"),), annotations=(("note", "x"),))


def held(manager: str, fields: JsonObject, *, operation: str = "Apply") -> JsonObject:
    return {
        "manager": manager,
        "operation": operation,
        "fieldsV1": {"f:metadata": {f"f:{part}": keys for part, keys in fields.items()}},
    }


def a_namespace(
    *entries: JsonObject,
    labels: dict[str, str] | None = None,
    annotations: dict[str, str] | None = None,
) -> JsonObject:
    return {
        "metadata": {
            "name": "shop",
            "uid": "u1",
            "resourceVersion": "7",
            "labels": labels or {},
            "annotations": annotations or {},
            "managedFields": list(entries),
        }
    }


def applied(content: JsonObject | None) -> tuple[dict[str, str], dict[str, str]] | None:
    metadata = content["metadata"] if content else None
    return (metadata["labels"], metadata["annotations"]) if metadata else None


TEAM: JsonObject = {"labels": {"f:team": {}}}
BOTH: JsonObject = {**TEAM, "annotations": {"f:note": {}}}
GIVEN = {"labels": {"team": "a"}, "annotations": {"note": "x"}}


@pytest.mark.parametrize(
    ("live", "body"),
    [
        pytest.param(a_namespace(), ({"team": "a"}, {"note": "x"}), id="bare"),
        pytest.param(a_namespace(held(OURS, BOTH), **GIVEN), None, id="as-it-is-to-be"),
        pytest.param(a_namespace(**GIVEN), ({"team": "a"}, {"note": "x"}), id="equal-but-not-ours"),
        pytest.param(
            a_namespace(held(OURS, BOTH), **{**GIVEN, "labels": {"team": "b"}}),
            ({"team": "a"}, {"note": "x"}),
            id="changed",
        ),
        pytest.param(
            a_namespace(held("kubectl", TEAM), labels={"team": "b"}),
            ({"team": "a"}, {"note": "x"}),
            id="set-by-hand",
        ),
        pytest.param(
            a_namespace(held("a-controller", TEAM, operation="Update"), labels={"team": "b"}),
            ({"team": "a"}, {"note": "x"}),
            id="only-written",
        ),
        pytest.param(
            a_namespace(held("argocd-controller", TEAM), labels={"team": "b"}),
            ({"team": "a"}, {"note": "x"}),
            id="left-by-argo-cd",
        ),
        pytest.param(
            a_namespace(held("terraform", TEAM), labels={"team": "a"}),
            ({"team": "a"}, {"note": "x"}),
            id="others-say-the-same",
        ),
        pytest.param(
            a_namespace(held("terraform", {"labels": {"f:x": {}}}), labels={"team": "b"}),
            ({"team": "a"}, {"note": "x"}),
            id="others-say-something-else",
        ),
    ],
)
def test_what_nobody_else_declares_is_applied(
    live: JsonObject, body: tuple[dict[str, str], dict[str, str]] | None
) -> None:
    found = decide(WANTED, live, ref=REF, application="web")

    assert (applied(found.body), found.conflicts) == (body, ())


@pytest.mark.parametrize(
    ("manager", "metadata", "holder"),
    [
        pytest.param("terraform", {}, "terraform", id="another-tool"),
        pytest.param("gitopskit-namespace:api", {}, 'the Application "api"', id="an-application"),
        pytest.param(
            "gitopskit-reconciler",
            {"annotations": {"argocd.argoproj.io/tracking-id": "base:/Namespace:/shop"}},
            'the Namespace in Git of the Application "base"',
            id="in-git",
        ),
        pytest.param("gitopskit-reconciler", {}, "gitopskit-reconciler", id="untracked"),
        pytest.param(
            "kustomize-controller",
            {"labels": {"kustomize.toolkit.fluxcd.io/name": "x"}},
            "kustomize-controller",
            id="flux",
        ),
    ],
)
def test_what_others_declare_otherwise_is_left_to_them(
    manager: str, metadata: JsonObject, holder: str
) -> None:
    labels = {"team": "b", **metadata.get("labels", {})}
    annotations = metadata.get("annotations")
    live = a_namespace(held(manager, TEAM), labels=labels, annotations=annotations)

    found = decide(WANTED, live, ref=REF, application="web")

    assert applied(found.body) == ({}, {"note": "x"})
    assert found.conflicts == (f"the label team, of which {holder} says otherwise",)


def test_what_is_not_wanted_any_more_is_given_up() -> None:
    live = a_namespace(held(OURS, BOTH), **GIVEN)

    found = decide(NamespaceMetadata(), live, ref=REF, application="web")

    assert applied(found.body) == ({}, {})


def test_exactly_the_namespace_that_was_read_is_changed() -> None:
    found = decide(WANTED, a_namespace(), ref=REF, application="web")

    assert found.body is not None
    assert (found.body["metadata"]["uid"], found.body["metadata"]["resourceVersion"]) == ("u1", "7")


def test_the_namespace_in_git_says_what_holds() -> None:
    manifest = {"metadata": {"name": "shop", "labels": {"team": "a"}, "annotations": {"note": 1}}}

    assert overridden(WANTED, manifest) == (
        "the annotation note, of which the Namespace in Git says otherwise",
    )


@pytest.mark.parametrize(
    ("conflicts", "told"),
    [
        ((), []),
        (("a", "b"), [("NamespaceMetadataConflict", "not set on the namespace shop: a; b")]),
    ],
)
def test_conflicts_are_told(conflicts: tuple[str, ...], told: list[tuple[str, str]]) -> None:
    assert namespace_metadata.conditions("shop", conflicts) == told
