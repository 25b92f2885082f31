"""What an Application sets and nobody acts upon is refused, wherever it stands."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gitopskit.reconciler import application_fields, names
from gitopskit.reconciler.application_fields import NOT_YET, refused

if TYPE_CHECKING:
    from gitopskit.manifests.json_types import JsonObject

COMPARE = names.COMPARE_OPTIONS_ANNOTATION


@pytest.mark.parametrize(
    ("content", "paths"),
    [
        pytest.param({"spec": {"x": 1}}, ["spec.x"], id="unknown"),
        pytest.param({"spec": {"x": ""}}, [], id="empty"),
        pytest.param({"operation": {"y": {"z": 1}}}, ["operation.y"], id="unknown-in-operation"),
        pytest.param(
            {"spec": {"sources": [{"a": 1}, {"plugin": {"name": "p"}}]}},
            ["spec.sources[0].a", "spec.sources[1].plugin"],
            id="in-a-list",
        ),
        pytest.param(
            {"metadata": {"annotations": {"argocd.argoproj.io/x": "1", "example.com/x": "1"}}},
            ["metadata.annotations[argocd.argoproj.io/x]"],
            id="annotation-of-argo-cd",
        ),
        pytest.param(
            {
                "metadata": {
                    "annotations": {"gitopskit.io/x": "1", names.ADOPTED_ANNOTATION: "true"}
                }
            },
            ["metadata.annotations[gitopskit.io/x]"],
            id="annotation-of-ours",
        ),
        pytest.param(
            {"metadata": {"annotations": {COMPARE: "ServerSideDiff=true,IgnoreExtraneous"}}},
            [],
            id="how-to-compare",
        ),
        pytest.param(
            {"metadata": {"annotations": {COMPARE: "Unheard=true"}}},
            [f"metadata.annotations[{COMPARE}]"],
            id="comparing-as-never-here",
        ),
        pytest.param({"metadata": {"annotations": "all"}, "spec": []}, [], id="malformed"),
    ],
)
def test_what_is_unknown_is_named(content: JsonObject, paths: list[str]) -> None:
    assert [it for it in refused(content) if it not in NOT_YET] == paths


@pytest.mark.parametrize(
    "entry",
    sorted(
        {*NOT_YET, "spec.info", "operation.sync", f"metadata.annotations[{COMPARE}]"}
        | {"spec.ignoreDifferences.kind", "syncOptions Force=true"}
    ),
)
def test_whatever_is_not_acted_upon_is_named(entry: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each entry names something that is read, so that none outlives its reason."""
    monkeypatch.setattr(application_fields, "NOT_YET", frozenset({entry}))
    found = [
        it.replace("syncPolicy.syncOptions[0] ", "syncOptions ") for it in refused(setting(entry))
    ]

    assert entry.rpartition("spec.")[2] in {it.removeprefix("spec.") for it in found}


def setting(entry: str) -> JsonObject:
    """Return an Application that sets what an entry of ``NOT_YET`` names."""
    if entry.startswith("metadata.annotations["):
        name = entry.removeprefix("metadata.annotations[").removesuffix("]")
        return {"metadata": {"annotations": {name: "true"}}} if is_known(name) else {}
    if entry.startswith("syncOptions "):
        option = entry.removeprefix("syncOptions ")
        return {"spec": {"syncPolicy": {"syncOptions": [option]}}}
    first, *rest = entry.split(".")
    value: JsonObject = {"sync": {"prune": True}} if entry == "operation" else {"x": 1}
    for name in reversed(rest):
        value = {name: value}
    return {first: value}


def is_known(annotation: str) -> bool:
    return annotation in application_fields.ANNOTATIONS
