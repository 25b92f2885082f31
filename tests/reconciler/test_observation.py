"""Observations: what is kept of a live object, and drift."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gitopskit.reconciler import fieldsets
from gitopskit.reconciler.application import Ignored
from gitopskit.reconciler.observation import drift, is_tracked, observe, precedes, without_people
from tests.support.desiring import REF, TRACKING, applied, observation

if TYPE_CHECKING:
    from gitopskit.manifests.json_types import JsonObject, JsonValue

OURS = {
    "manager": "gitopskit-reconciler",
    "operation": "Apply",
    "apiVersion": "v1",
    "fieldsV1": {"f:data": {"f:color": {}}},
}
RESTARTED_AT = "f:kubectl.kubernetes.io/restartedAt"


def entry(manager: str, fields: JsonObject, **changes: str) -> JsonObject:
    return {"manager": manager, "operation": "Update", "fieldsV1": fields, **changes}


def live(*entries: JsonObject, **metadata: JsonValue) -> JsonObject:
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {
            "uid": "u1",
            "resourceVersion": "7",
            "managedFields": list(entries),
            **metadata,
        },
    }


def test_marks_and_owners_are_kept() -> None:
    found = observe(
        live(
            OURS,
            labels={"gitopskit.io/application": "web", "helm.toolkit.fluxcd.io/name": "x"},
            annotations={
                "argocd.argoproj.io/tracking-id": TRACKING,
                "argocd.argoproj.io/sync-options": "Prune=false",
                "gitopskit.io/adopted": "true",
            },
            ownerReferences=[
                {"kind": "A", "name": "a"},
                {"kind": "B", "name": "b", "controller": True},
            ],
            deletionTimestamp="2026-01-01T00:00:00Z",
        )
    )

    assert (found.uid, found.resource_version, found.tracking_id) == ("u1", "7", TRACKING)
    assert (found.application_label, found.other_tracker) == ("web", "helm.toolkit.fluxcd.io/name")
    assert (found.owner, found.sync_options) == ("B/b", "Prune=false")
    assert found.is_adopted
    assert found.is_being_deleted
    assert is_tracked(found, REF, "web")


def test_an_object_without_marks_has_none() -> None:
    found = observe(live(ownerReferences=[{"kind": "A", "name": "a"}]))

    assert (found.owner, found.other_tracker, found.application_label) == ("", "", "")
    assert not found.is_adopted
    assert not is_tracked(found, REF, "web")


@pytest.mark.parametrize(
    ("manager", "added"),
    [
        pytest.param("kubectl-edit", ("data.size",), id="kubectl-edit"),
        pytest.param("kubectl", ("data.size",), id="kubectl"),
        pytest.param("before-first-apply", ("data.size",), id="from-before"),
        pytest.param("kube-controller-manager", (), id="controller"),
    ],
)
def test_only_people_add_what_counts(manager: str, added: tuple[str, ...]) -> None:
    fields: JsonObject = {"f:data": {".": {}, "f:color": {}, "f:size": {}}}

    found = observe(live(OURS, entry(manager, fields)))

    assert found.added == added
    assert found.added_by == (manager if added else "")


def test_who_changed_a_field_last_is_known() -> None:
    found = observe(
        live(
            {**OURS, "time": "2026-01-03T00:00:00Z"},
            entry("kubectl-edit", {}, time="2026-01-01T00:00:00Z"),
            entry("scaler", {}, time="2026-01-02T00:00:00Z"),
            entry("kubelet", {}, time="2026-01-04T00:00:00Z", subresource="status"),
        )
    )

    assert found.taken_by == "scaler"


def test_what_passes_to_a_manager_who_may_have_it_is_no_drift() -> None:
    ignored = Ignored(managers=frozenset({"scaler", "kubectl-edit"}))
    lost = entry("gitopskit-reconciler", {"f:data": {"f:b": {}}}, operation="Apply")
    both = entry("gitopskit-reconciler", {"f:data": {"f:a": {}, "f:b": {}}}, operation="Apply")
    taken = entry("scaler", {"f:data": {"f:a": {}}})
    person = entry("kubectl-edit", {"f:data": {"f:a": {}}})

    before = observe(live(both), ignored=ignored)

    assert observe(live(lost, taken), ignored=ignored).own_digest == before.own_digest
    assert observe(live(lost, person), ignored=ignored).added == ()
    assert without_people(live(lost, person), ignored=ignored) is None
    assert observe(live(lost, taken)).own_digest != observe(live(both)).own_digest


def test_who_only_writes_other_fields_took_none_of_ours() -> None:
    content = live(
        entry("kubectl-edit", {"f:data": {"f:color": {}}}, time="2026-01-01T00:00:00Z"),
        entry("labeller", {"f:data": {"f:size": {}}}, time="2026-01-02T00:00:00Z"),
    )

    assert observe(content, wanted={"data": {"color": "red"}}).taken_by == "kubectl-edit"
    assert observe(content, wanted={"data": {"shape": "round"}}).taken_by == ""


def test_ignored_fields_count_for_nobody() -> None:
    ignored = Ignored((("data", "color"), ("data", "size")))
    people = entry("kubectl-edit", {"f:data": {"f:size": {}}})

    found = observe(live(OURS, people), ignored=ignored)

    assert found.added == ()
    assert found.own_digest == fieldsets.digest([])


def test_a_subresource_is_not_ours_to_watch() -> None:
    people = entry("kubectl", {"f:spec": {"f:replicas": {}}}, subresource="scale")

    assert observe(live(OURS, people)).added == ()


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        pytest.param(
            "Deployment",
            {"f:spec": {"f:template": {"f:metadata": {"f:annotations": {RESTARTED_AT: {}}}}}},
            id="restart",
        ),
        pytest.param(
            "Application",
            {"f:metadata": {"f:annotations": {"f:argocd.argoproj.io/deletion-approved": {}}}},
            id="approval",
        ),
    ],
)
def test_a_restart_and_an_approval_are_no_drift(kind: str, fields: JsonObject) -> None:
    content = {**live(OURS, entry("kubectl-rollout", fields)), "kind": kind}

    assert observe(content).added == ()
    assert without_people(content) is None


def test_a_restart_mark_elsewhere_is_drift() -> None:
    fields: JsonObject = {"f:metadata": {"f:annotations": {RESTARTED_AT: {}}}}

    assert observe(live(OURS, entry("kubectl", fields))).added


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        pytest.param({}, "", id="none"),
        pytest.param({"uid": "u2"}, "replaced", id="replaced"),
        pytest.param({"own_digest": "o2"}, "changed", id="changed"),
        pytest.param(
            {"own_digest": "o2", "taken_by": "scaler"}, "changed by scaler", id="changed-by"
        ),
        pytest.param(
            {"added": ("data.size",), "added_by": "kubectl"}, "fields added by kubectl", id="added"
        ),
    ],
)
def test_drift_is_a_difference_from_what_was_left(changes: JsonObject, told: str) -> None:
    assert drift(observation(**changes), applied()) == told


def test_what_people_set_becomes_ours_so_that_an_apply_removes_it() -> None:
    restart: JsonObject = {"f:metadata": {"f:annotations": {RESTARTED_AT: {}}}}
    people = entry(
        "kubectl-edit", {"f:spec": {"f:template": restart, "f:paused": {}}, "f:data": {"f:a": {}}}
    )
    controller = entry("controller", {"f:status": {}})
    status = entry("kubectl", {"f:status": {}}, subresource="status")

    found = without_people(live(OURS, people, controller, status))

    assert found == [
        {**people, "fieldsV1": {"f:spec": {"f:template": restart}}},
        controller,
        status,
        {
            **OURS,
            "fieldsV1": {"f:data": {"f:color": {}, "f:a": {}}, "f:spec": {"f:paused": {}}},
        },
    ]


def test_an_object_that_we_never_applied_gets_an_entry_of_ours() -> None:
    found = without_people(live(entry("kubectl-create", {"f:data": {"f:a": {}}})))

    assert found == [
        {
            "manager": "gitopskit-reconciler",
            "operation": "Apply",
            "apiVersion": "v1",
            "fieldsType": "FieldsV1",
            "fieldsV1": {"f:data": {"f:a": {}}},
        }
    ]


@pytest.mark.parametrize(
    ("version", "other", "is_older"),
    [
        pytest.param("9", "10", True, id="older"),
        pytest.param("10", "9", False, id="newer"),
        pytest.param("9", "9", False, id="equal"),
        pytest.param("", "9", False, id="unknown"),
        pytest.param("9", "opaque", False, id="opaque"),
    ],
)
def test_versions_are_compared_as_numbers(version: str, other: str, is_older: bool) -> None:  # noqa: FBT001 -- a parameter of the table
    assert precedes(version, other) is is_older


def test_without_people_nothing_changes() -> None:
    assert without_people({"metadata": {}}) is None
    assert without_people(live(OURS, entry("controller", {"f:data": {"f:b": {}}}))) is None


@pytest.mark.parametrize("manager", ["argocd-controller", "kustomize-controller"])
def test_what_another_tool_left_becomes_ours(manager: str) -> None:
    """An object that is handed over keeps no field that Git does not have."""
    left = entry(manager, {"f:data": {"f:shape": {}}}, apiVersion="v1", operation="Apply")

    assert observe(live(OURS, left)).added == ("data.shape",)
    (taken,) = without_people(live(OURS, left)) or [{}]
    assert taken["fieldsV1"] == {"f:data": {"f:color": {}, "f:shape": {}}}


def test_the_status_of_an_application_of_argo_cd_is_its_own() -> None:
    left = entry("argocd-controller", {"f:status": {}}, apiVersion="argoproj.io/v1alpha1")

    assert observe(live(OURS, left)).added == ()
    assert without_people(live(OURS, left)) is None
