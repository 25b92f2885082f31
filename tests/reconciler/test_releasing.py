"""What is taken off an object when Argo CD gets it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gitopskit.reconciler.releasing import patch_of

if TYPE_CHECKING:
    from gitopskit.manifests.json_types import JsonObject

FIELDS: JsonObject = {"f:data": {"f:color": {}}}
OURS: JsonObject = {"manager": "gitopskit-reconciler", "operation": "Apply", "fieldsV1": FIELDS}
OTHER: JsonObject = {"manager": "kubelet", "operation": "Update", "fieldsV1": {"f:status": {}}}
STATUS: JsonObject = {**OURS, "subresource": "status"}


def live(*entries: JsonObject, **annotations: str) -> JsonObject:
    marks = {"argocd.argoproj.io/tracking-id": "web:/ConfigMap:shop/a", **annotations}
    metadata = {"uid": "u1", "resourceVersion": "7", "annotations": marks}
    return {"metadata": {**metadata, "managedFields": list(entries)}}


def test_our_entry_becomes_that_of_argo_cd() -> None:
    patch = patch_of(live(OTHER, OURS, STATUS), application="web")

    passed = {**OURS, "manager": "argocd-controller"}
    assert patch == [
        {"op": "test", "path": "/metadata/uid", "value": "u1"},
        {"op": "replace", "path": "/metadata/managedFields", "value": [OTHER, STATUS, passed]},
        {"op": "replace", "path": "/metadata/resourceVersion", "value": "7"},
    ]


def test_it_is_joined_with_one_that_argo_cd_has() -> None:
    theirs = {**OURS, "manager": "argocd-controller", "fieldsV1": {"f:data": {"f:size": {}}}}

    (joined,) = patch_of(live(theirs, OURS), application="web")[1]["value"]

    assert joined["manager"] == "argocd-controller"
    assert joined["fieldsV1"] == {"f:data": {"f:size": {}, "f:color": {}}}


def test_our_marks_go_and_the_tracking_id_stays() -> None:
    content = live(**{"gitopskit.io/adopted": "true"})
    content["metadata"]["labels"] = {"gitopskit.io/application": "web", "app": "web"}

    paths = [it["path"] for it in patch_of(content, application="web") if it["op"] == "remove"]

    assert paths == [
        "/metadata/annotations/gitopskit.io~1adopted",
        "/metadata/labels/gitopskit.io~1application",
    ]


def test_what_was_released_and_what_is_not_ours_is_left_alone() -> None:
    assert patch_of(live(OTHER), application="web") == []
    assert patch_of(live(OURS), application="other") == []
