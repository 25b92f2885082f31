"""What an Application that has yet to look may want at most, and for whom one waits therefore."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from gitopskit.manifests.identity import ObjectRef
from gitopskit.reconciler.possible_wishes import changing, possible
from tests.support.desiring import REF, applied, desired
from tests.support.tracking import tracked

if TYPE_CHECKING:
    from gitopskit.manifests.json_types import JsonObject

PROJECT = ObjectRef("argoproj.io", "AppProject", "argocd", "shop")
CLAIM = ObjectRef("", "PersistentVolumeClaim", "shop", "data")
ROLE = ObjectRef("rbac.authorization.k8s.io", "ClusterRole", "", "reader")
PLACE = ObjectRef("", "Namespace", "", "shop")


def known(name: str = "shop", version: str = "5", **spec: object) -> dict[str, JsonObject]:
    """Return the project of the Applications here, which permits one namespace, or what is said."""
    body = {"destinations": [{"namespace": "shop"}], **spec}
    metadata = {"name": name, "namespace": "argocd", "resourceVersion": version}
    return {"shop": {"metadata": metadata, "spec": body}}


@pytest.mark.parametrize(
    ("spec", "ref", "may"),
    [
        ({}, REF, True),
        ({}, replace(REF, namespace="else"), False),
        ({}, replace(REF, namespace="kube-system"), False),
        ({"destinations": [{"namespace": "*"}]}, replace(REF, namespace="else"), True),
        ({"namespaceResourceBlacklist": [{"group": "", "kind": CLAIM.kind}]}, CLAIM, False),
        ({}, ROLE, False),
        ({"clusterResourceWhitelist": [{"group": "*", "kind": "*"}]}, ROLE, True),
        ({}, PLACE, True),
        ({}, replace(PLACE, name="else"), False),
    ],
)
def test_a_project_bounds_what_its_applications_may_want(
    spec: JsonObject, ref: ObjectRef, *, may: bool
) -> None:
    assert possible(tracked(), known(**spec), ())(ref) is may


@pytest.mark.parametrize(
    ("projects", "unsettled"),
    [
        ({}, ()),
        (known(), ("shop",)),
        (known(odd="field"), ()),
        (known(name="gitopskit-root"), ()),
    ],
    ids=["no-project", "is-about-to-change", "cannot-be-read", "registers-others"],
)
def test_where_the_project_decides_nothing_anything_is_possible(
    projects: dict[str, JsonObject], unsettled: tuple[str, ...]
) -> None:
    may = possible(tracked(), projects, unsettled)

    assert may(replace(REF, namespace="else"))


@pytest.mark.parametrize(
    ("digest", "version", "is_changing"),
    [("", "", True), ("old", "5", True), ("d1", "6", True), ("d1", "5", False)],
    ids=["to-be-made", "to-be-changed", "not-seen-yet", "settled"],
)
def test_a_project_changes_until_its_change_was_seen(
    digest: str, version: str, *, is_changing: bool
) -> None:
    root = tracked()
    root.desired = {PROJECT: replace(desired(digest="d1"), ref=PROJECT), REF: desired()}
    if digest:
        root.applied = {PROJECT: applied(desired_digest=digest, resource_version=version)}

    assert changing([root], known()) == (frozenset({"shop"}) if is_changing else frozenset())
