from __future__ import annotations

from typing import TYPE_CHECKING

from gitopskit.kube.discovery import Kinds
from gitopskit.kube.resources import CONFIG_MAPS

if TYPE_CHECKING:
    from gitopskit.manifests.json_types import JsonObject, JsonValue


def resource(plural: str, kind: str, scope: str = "Namespaced") -> JsonObject:
    return {
        "resource": plural,
        "responseKind": {"group": "", "version": "", "kind": kind},
        "scope": scope,
        "verbs": ["get", "list"],
    }


def group(name: str, **versions: JsonValue) -> JsonObject:
    return {
        "metadata": {"name": name} if name else {},
        "versions": [{"version": key, "resources": value} for key, value in versions.items()],
    }


CORE = {"items": [group("", v1=[resource("configmaps", "ConfigMap")])]}
GROUPS = {
    "items": [
        group(
            "autoscaling",
            v2=[resource("horizontalpodautoscalers", "HorizontalPodAutoscaler")],
            v1=[resource("horizontalpodautoscalers", "HorizontalPodAutoscaler")],
        ),
        group("example.org", v1=[resource("things", "Thing", scope="Cluster")]),
        {"metadata": {"name": "down.example.org"}, "versions": [{"version": "v1"}]},
        group("odd.example.org", v1=[{"resource": "odd"}]),
    ]
}


def test_a_kind_is_found_in_the_version_that_the_server_prefers() -> None:
    found = Kinds.of_documents([CORE, GROUPS]).find("autoscaling", "HorizontalPodAutoscaler")

    assert found is not None
    assert found.version == "v2"
    assert found.verbs == ("get", "list")


def test_a_kind_is_found_in_the_version_asked_for() -> None:
    kinds = Kinds.of_documents([CORE, GROUPS])

    found = kinds.find("autoscaling", "HorizontalPodAutoscaler", "v1")

    assert found is not None
    assert found.version == "v1"
    assert kinds.find("autoscaling", "HorizontalPodAutoscaler", "v9") is None


def test_the_core_group_has_no_name() -> None:
    assert Kinds.of_documents([CORE]).find("", "ConfigMap") == CONFIG_MAPS


def test_scope_is_read() -> None:
    found = Kinds.of_documents([GROUPS]).find("example.org", "Thing")

    assert found is not None
    assert not found.is_namespaced


def test_groups_whose_server_is_down_do_not_hide_the_others() -> None:
    names = [kind.kind for kind in Kinds.of_documents([CORE, GROUPS, {}]).all()]

    assert names == ["ConfigMap", "HorizontalPodAutoscaler", "Thing"]


def test_a_group_whose_server_does_not_answer_may_have_kinds_that_are_not_told() -> None:
    stale = {
        "metadata": {"name": "down.example.org"},
        "versions": [{"version": "v1", "freshness": "Stale", "resources": []}],
    }

    kinds = Kinds.of_documents([CORE, {"items": [*GROUPS["items"], stale]}])

    assert kinds.is_silent("down.example.org")
    assert not kinds.is_silent("example.org")
    assert not kinds.is_silent("unheard.example.org")


def test_charts_ask_for_versions_and_kinds() -> None:
    assert Kinds.of_documents([CORE, GROUPS]).api_versions() == (
        "autoscaling/v1",
        "autoscaling/v1/HorizontalPodAutoscaler",
        "autoscaling/v2",
        "autoscaling/v2/HorizontalPodAutoscaler",
        "example.org/v1",
        "example.org/v1/Thing",
        "v1",
        "v1/ConfigMap",
    )
