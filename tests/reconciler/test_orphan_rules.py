"""Which objects belong to nobody."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gitopskit.errors import InputError
from gitopskit.kube.resources import CONFIG_MAPS, SECRETS, ResourceType
from gitopskit.manifests.identity import ObjectRef
from gitopskit.reconciler import orphan_rules
from gitopskit.reconciler.fields import Fields
from gitopskit.reconciler.orphan_rules import OrphanRules, Orphans, is_claim_of, is_orphan

if TYPE_CHECKING:
    from gitopskit.manifests.json_types import JsonObject, JsonValue

STRAY = ObjectRef("", "ConfigMap", "shop", "stray")
TRACKING = "argocd.argoproj.io/tracking-id"


def parsed(value: JsonValue) -> OrphanRules | None:
    content: JsonObject = {"orphanedResources": value}
    return orphan_rules.parse_orphans(Fields(content=content, path="spec", where="AppProject/a"))


def found(
    ref: ObjectRef = STRAY, metadata: JsonObject | None = None, rules: OrphanRules | None = None
) -> bool:
    return is_orphan(
        ref,
        {"metadata": metadata or {}},
        rules=rules or OrphanRules(),
        is_application=lambda name: name == "web",
    )


@pytest.mark.parametrize(
    ("metadata", "expected"),
    [
        pytest.param({}, True, id="nobody"),
        pytest.param({"ownerReferences": [{"kind": "ReplicaSet"}]}, False, id="owner"),
        pytest.param({"deletionTimestamp": "2026-01-01T00:00:00Z"}, False, id="leaving"),
        pytest.param({"labels": {"helm.toolkit.fluxcd.io/name": "a"}}, False, id="flux"),
        pytest.param(
            {"annotations": {TRACKING: "web:/ConfigMap:shop/stray"}}, False, id="application"
        ),
        pytest.param(
            {"annotations": {TRACKING: "gone:/ConfigMap:shop/stray"}}, True, id="gone-application"
        ),
        pytest.param({"annotations": {TRACKING: "web:/ConfigMap:shop/other"}}, True, id="a-copy"),
    ],
)
def test_an_object_without_owner_belongs_to_nobody(metadata: JsonObject, expected: bool) -> None:  # noqa: FBT001 -- a parameter of the table
    assert found(metadata=metadata) is expected


@pytest.mark.parametrize(
    ("kind", "name"), [("ConfigMap", "kube-root-ca.crt"), ("ServiceAccount", "default")]
)
def test_what_each_namespace_has_is_none(kind: str, name: str) -> None:
    assert not found(ObjectRef("", kind, "shop", name))


@pytest.mark.parametrize(
    ("ignored", "expected"),
    [
        pytest.param({}, False, id="anything-of-the-core-group"),
        pytest.param({"kind": "Config*"}, False, id="kind"),
        pytest.param({"kind": "Service"}, True, id="other-kind"),
        pytest.param({"group": "apps"}, True, id="other-group"),
        pytest.param({"group": "*", "name": "st?ay"}, False, id="name"),
        pytest.param({"kind": "ConfigMap", "name": "other"}, True, id="other-name"),
    ],
)
def test_a_project_lets_objects_be(ignored: JsonObject, expected: bool) -> None:  # noqa: FBT001 -- a parameter of the table
    assert found(rules=parsed({"ignore": [ignored]})) is expected


def test_a_project_is_told_where_it_asks_for_it() -> None:
    assert parsed(None) is None
    assert parsed({"warn": False}) is None
    assert parsed({}) == parsed({"warn": True}) == OrphanRules()
    with pytest.raises(InputError, match=r"spec\.orphanedResources\.warn"):
        parsed({"warn": "yes"})


def test_secrets_and_what_cannot_be_listed_are_not_looked_at() -> None:
    listed = ("list",)
    cluster_wide = ResourceType(
        group="", version="v1", plural="nodes", kind="Node", is_namespaced=False, verbs=listed
    )
    kinds = [
        ResourceType(group=it.group, version="v1", plural=it.plural, kind=it.kind, verbs=verbs)
        for it, verbs in ((CONFIG_MAPS, listed), (CONFIG_MAPS, ()), (SECRETS, listed))
    ]

    looked_at = [orphan_rules.may_hold_orphans(it) for it in (*kinds, cluster_wide)]

    assert looked_at == [True, False, False, False]


@pytest.mark.parametrize(
    ("kind", "name", "expected"),
    [
        ("PersistentVolumeClaim", "data-db-0", True),
        ("PersistentVolumeClaim", "data-db-x", False),
        ("PersistentVolumeClaim", "data-web-0", False),
        ("ConfigMap", "data-db-0", False),
    ],
)
def test_claims_of_a_stateful_set_have_an_owner(kind: str, name: str, expected: bool) -> None:  # noqa: FBT001 -- a parameter of the table
    assert is_claim_of(ObjectRef("", kind, "shop", name), ["db"]) is expected


def test_many_orphans_are_counted_and_a_few_are_named() -> None:
    refs = [ObjectRef("", "ConfigMap", "shop", f"c{number:02}") for number in range(30)]

    many = Orphans().and_also(refs[10:]).and_also(refs[:10])
    few = Orphans().and_also([STRAY])

    assert many.message().startswith("30 objects belong to no Application: ConfigMap/shop/c00; ")
    assert many.message().endswith("ConfigMap/shop/c09; and 20 more")
    assert few.message() == "1 object belongs to no Application: ConfigMap/shop/stray"
    assert Orphans().message() == ""


def test_the_condition_is_that_of_argo_cd() -> None:
    assert orphan_rules.conditions("one", {}) == [("OrphanedResourceWarning", "one")]
    assert orphan_rules.conditions("", {}) == []


def test_what_was_told_stays_until_somebody_looks() -> None:
    told: JsonObject = {"conditions": [{"type": "OrphanedResourceWarning", "message": "one"}]}

    assert orphan_rules.conditions(None, told) == [("OrphanedResourceWarning", "one")]
    assert orphan_rules.conditions("", told) == []
    assert orphan_rules.conditions(None, {}) == []
