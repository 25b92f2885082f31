"""AppProjects: what they allow, and the walls that none of them moves."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gitopskit.errors import UnsupportedField
from gitopskit.manifests.identity import ObjectRef
from gitopskit.reconciler.names import PLATFORM, Applier
from gitopskit.reconciler.project import Project, is_root_registration, parse

if TYPE_CHECKING:
    from gitopskit.manifests.json_types import JsonObject, JsonValue

NAMESPACED = ObjectRef("", "ConfigMap", "shop", "a")
CLUSTER = ObjectRef("", "Namespace", "", "shop")
REGISTRATION = ObjectRef("argoproj.io", "Application", "argocd", "web")


def project(name: str = "shop", **spec: JsonValue) -> Project:
    return parse({"kind": "AppProject", "metadata": {"name": name}, "spec": spec})


@pytest.mark.parametrize(
    ("patterns", "url", "is_allowed"),
    [
        pytest.param(["*"], "https://git.example/a/b", True, id="everything"),
        pytest.param([], "https://git.example/a", False, id="nothing"),
        pytest.param(
            ["https://git.example/shop.git"], "https://git.example/shop", True, id="suffix"
        ),
        pytest.param(["https://git.example/*"], "https://git.example/shop/", True, id="one-level"),
        pytest.param(["https://git.example/*"], "https://git.example/a/b", False, id="two-levels"),
        pytest.param(["https://git.example/**"], "https://git.example/a/b", True, id="all-levels"),
        pytest.param(
            ["*", "!https://git.example/secret"], "https://git.example/secret", False, id="denied"
        ),
        pytest.param(
            ["https://git.example/sho?"], "https://git.example/shop", True, id="one-character"
        ),
        pytest.param(
            ["https://git.example/sho."], "https://git.example/shop", False, id="no-regex"
        ),
    ],
)
def test_sources_are_matched_by_patterns(patterns: list[str], url: str, is_allowed: bool) -> None:  # noqa: FBT001 -- a parameter of the table
    assert project(sourceRepos=patterns).permits_source(url) is is_allowed


@pytest.mark.parametrize(
    ("name", "pattern", "namespace", "is_allowed"),
    [
        pytest.param("shop", "shop-*", "shop-prod", True, id="pattern"),
        pytest.param("shop", "shop-*", "other", False, id="other"),
        pytest.param("shop", "*", "kube-system", False, id="kube-system"),
        pytest.param("gitopskit-root", "*", "gitopskit-system", False, id="our-own"),
        pytest.param("shop", "*", "argocd", False, id="registrations"),
        pytest.param("gitopskit-root", "argocd", "argocd", True, id="registrations-of-the-root"),
    ],
)
def test_namespaces_are_matched_inside_the_walls(
    name: str,
    pattern: str,
    namespace: str,
    is_allowed: bool,  # noqa: FBT001 -- a parameter of the table
) -> None:
    allowed = project(name, destinations=[{"namespace": pattern}])

    assert allowed.permits_namespace(namespace) is is_allowed


@pytest.mark.parametrize(
    "destination",
    [
        pytest.param({"server": "https://other.example"}, id="server"),
        pytest.param({"name": "other"}, id="name"),
    ],
)
def test_destinations_of_other_clusters_allow_nothing_here(destination: JsonObject) -> None:
    allowed = project(destinations=[{"namespace": "*", **destination}])

    assert not allowed.permits_namespace("shop")


@pytest.mark.parametrize(
    ("spec", "ref", "is_allowed"),
    [
        pytest.param({}, NAMESPACED, True, id="namespaced-by-default"),
        pytest.param({}, CLUSTER, False, id="cluster-scoped-by-default"),
        pytest.param(
            {"clusterResourceWhitelist": [{"group": "", "kind": "Namespace"}]},
            CLUSTER,
            True,
            id="listed",
        ),
        pytest.param(
            {
                "clusterResourceWhitelist": [{"group": "*", "kind": "*"}],
                "clusterResourceBlacklist": [{"group": "", "kind": "Name*"}],
            },
            CLUSTER,
            False,
            id="listed-and-denied",
        ),
        pytest.param(
            {"namespaceResourceWhitelist": [{"group": "apps", "kind": "*"}]},
            NAMESPACED,
            False,
            id="not-listed",
        ),
        pytest.param(
            {"namespaceResourceBlacklist": [{"group": "", "kind": "ConfigMap"}]},
            NAMESPACED,
            False,
            id="denied",
        ),
        pytest.param({}, REGISTRATION, False, id="registration"),
    ],
)
def test_kinds_are_allowed_by_lists(spec: JsonObject, ref: ObjectRef, is_allowed: bool) -> None:  # noqa: FBT001 -- a parameter of the table
    assert project(**spec).permits_kind(ref) is is_allowed


def test_only_the_root_registers() -> None:
    assert project("gitopskit-root").permits_kind(REGISTRATION)


def test_the_applier_is_the_destinations_own() -> None:
    assert project().applier(NAMESPACED, destination="shop") == Applier("shop", "gitopskit-applier")


@pytest.mark.parametrize(
    ("account", "applier"),
    [
        pytest.param("gitopskit-applier", Applier("shop", "gitopskit-applier"), id="by-name"),
        pytest.param("gitopskit-system:gitopskit-platform-applier", PLATFORM, id="the-platforms"),
    ],
)
def test_a_project_may_name_an_applier(account: str, applier: Applier) -> None:
    rule = {"server": "*", "namespace": "sh*", "defaultServiceAccount": account}
    other = {**rule, "namespace": "elsewhere", "defaultServiceAccount": "nobody"}

    found = project(destinationServiceAccounts=[other, rule])

    assert found.applier(NAMESPACED, destination="shop") == applier
    assert found.applier(CLUSTER, destination="shop") == applier


@pytest.mark.parametrize(
    "account", ["admin", "kube-system:gitopskit-platform-applier", "gitopskit-system:default"]
)
def test_nobody_else_is_ever_impersonated(account: str) -> None:
    rule = {"server": "*", "defaultServiceAccount": account}

    with pytest.raises(UnsupportedField):
        project(destinationServiceAccounts=[rule]).applier(NAMESPACED, destination="shop")


def test_fields_that_are_not_honoured_are_named() -> None:
    with pytest.raises(UnsupportedField, match=r"spec\.sourceIntegrity, spec\.sourceNamespaces"):
        project(
            sourceIntegrity={"git": {"policies": []}, "other": 1},
            sourceNamespaces=["shop"],
            description="fine",
        )


def test_roles_of_argo_cd_give_no_right_here() -> None:
    role = {"name": "admin", "policies": ["p, proj:a:admin, applications, *, a/*, allow"]}

    found = project(roles=[role])

    assert found == project()


@pytest.mark.parametrize(
    ("ref", "content", "is_root"),
    [
        pytest.param(
            ObjectRef("argoproj.io", "AppProject", "argocd", "gitopskit-root"),
            {},
            True,
            id="its-project",
        ),
        pytest.param(
            ObjectRef("argoproj.io", "AppProject", "argocd", "shop"),
            {},
            False,
            id="another-project",
        ),
        pytest.param(
            REGISTRATION, {"spec": {"project": "gitopskit-root"}}, True, id="its-application"
        ),
        pytest.param(REGISTRATION, {"spec": {"project": "shop"}}, False, id="another-application"),
        pytest.param(NAMESPACED, {"spec": {"project": "gitopskit-root"}}, False, id="another-kind"),
    ],
)
def test_what_grants_the_root_its_rights_is_known(
    ref: ObjectRef,
    content: JsonObject,
    is_root: bool,  # noqa: FBT001 -- a parameter of the table
) -> None:
    assert is_root_registration(content, ref) is is_root
