from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitopskit.errors import ApiInvalid
from gitopskit.kube.resources import APPLICATIONS, CONFIG_MAPS, NAMESPACES, ResourceType


@pytest.mark.parametrize(
    ("kind", "namespace", "path"),
    [
        (CONFIG_MAPS, "shop", "/api/v1/namespaces/shop/configmaps/settings"),
        (NAMESPACES, "ignored", "/api/v1/namespaces/settings"),
        (
            APPLICATIONS,
            "argocd",
            "/apis/argoproj.io/v1alpha1/namespaces/argocd/applications/settings",
        ),
    ],
    ids=["core group", "cluster-scoped", "named group"],
)
def test_an_object_has_one_path(kind: ResourceType, namespace: str, path: str) -> None:
    assert kind.object_path(kind.ref(namespace=namespace, name="settings")) == path


def test_a_subresource_follows_the_name() -> None:
    ref = CONFIG_MAPS.ref(namespace="shop", name="system:node")

    path = CONFIG_MAPS.object_path(ref, subresource="status")

    assert path == "/api/v1/namespaces/shop/configmaps/system%3Anode/status"


def test_without_a_namespace_a_collection_spans_all() -> None:
    assert CONFIG_MAPS.collection_path() == "/api/v1/configmaps"


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "a%2fb", "\ud800", "../secrets"])
def test_a_name_that_would_change_the_path_is_refused(name: str) -> None:
    with pytest.raises(ApiInvalid):
        CONFIG_MAPS.object_path(CONFIG_MAPS.ref(namespace="shop", name=name))


def test_an_object_of_a_namespaced_kind_needs_a_namespace() -> None:
    with pytest.raises(ApiInvalid, match="has no namespace") as caught:
        CONFIG_MAPS.object_path(CONFIG_MAPS.ref(name="settings"))

    assert caught.value.where == "ConfigMap/settings"


@given(namespace=st.text(min_size=1), name=st.text(min_size=1))
def test_no_name_leaves_its_segment(namespace: str, name: str) -> None:
    ref = CONFIG_MAPS.ref(namespace=namespace, name=name)
    try:
        path = CONFIG_MAPS.object_path(ref)
    except ApiInvalid:
        return

    segments = path.split("/")
    assert segments[:4] == ["", "api", "v1", "namespaces"]
    assert segments[5] == "configmaps"
    assert len(segments) == 7
    assert not {".", "..", ""} & set(segments[4:])


def test_what_discovery_adds_is_no_part_of_a_kinds_identity() -> None:
    found = ResourceType(
        group="", version="v1", plural="configmaps", kind="ConfigMap", verbs=("get",)
    )

    assert found == CONFIG_MAPS
    assert hash(found) == hash(CONFIG_MAPS)
