"""Names: labels, inventories and tracking ids."""

from __future__ import annotations

import pytest

from gitopskit.manifests.identity import ObjectRef
from gitopskit.reconciler import names

LONG = "a" * 250
CONFIG = ObjectRef("", "ConfigMap", "shop", "settings")
ROLE = ObjectRef("rbac.authorization.k8s.io", "ClusterRole", "", "reader")


def test_a_short_name_is_its_own_label() -> None:
    assert names.label_value("web-prod") == "web-prod"


def test_a_long_name_is_shortened_to_a_label_of_its_own() -> None:
    first, second = names.label_value(LONG), names.label_value(LONG + "b")

    assert len(first) == len(second) == 63
    assert first != second


def test_an_inventory_has_a_name_that_fits() -> None:
    assert names.inventory_name("web", 2) == "gitopskit-inventory-web-2"
    assert len(names.inventory_name(LONG, 12)) <= 253


@pytest.mark.parametrize(
    ("ref", "text"),
    [
        pytest.param(CONFIG, "web:/ConfigMap:shop/settings", id="namespaced"),
        pytest.param(
            ROLE, "web:rbac.authorization.k8s.io/ClusterRole:place/reader", id="cluster-scoped"
        ),
    ],
)
def test_a_tracking_id_names_the_application_and_the_object(ref: ObjectRef, text: str) -> None:
    assert names.tracking_id("web", ref, default_namespace="place") == text
    assert names.tracked_by(text, ref) == "web"


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="empty"),
        pytest.param("web", id="name-alone"),
        pytest.param("web:/ConfigMap:shop/other", id="another-name"),
        pytest.param("web:/ConfigMap:elsewhere/settings", id="another-namespace"),
        pytest.param("web:/Secret:shop/settings", id="another-kind"),
        pytest.param("web:apps/ConfigMap:shop/settings", id="another-group"),
    ],
)
def test_a_tracking_id_of_another_object_says_nothing(text: str) -> None:
    assert names.tracked_by(text, CONFIG) == ""


def test_an_applier_is_known_to_the_server_as_a_service_account() -> None:
    applier = names.Applier("shop", "gitopskit-applier")

    assert applier.user == "system:serviceaccount:shop:gitopskit-applier"
    assert names.Applier.parse(str(applier), default_namespace="x") == applier
