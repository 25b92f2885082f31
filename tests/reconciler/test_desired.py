"""Desired objects: normalised, marked, ordered, judged."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pytest

from gitopskit.manifests.identity import ObjectRef
from gitopskit.reconciler.desired import adopted
from gitopskit.reconciler.names import PLATFORM
from gitopskit.reconciler.project import Account, KindRule
from tests.support.desiring import an_application, desired, manifests, prepared

if TYPE_CHECKING:
    from gitopskit.manifests.json_types import JsonValue

CONFIG: Final = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings}\n"
EVERY_KIND: Final = (KindRule("*", "*"),)
AS_PLATFORM: Final = (Account("*", str(PLATFORM)),)


def test_an_object_gets_namespace_label_and_tracking_id() -> None:
    (found,) = prepared(CONFIG).objects

    assert found.ref == ObjectRef("", "ConfigMap", "shop", "settings")
    assert found.content["metadata"] == {
        "name": "settings",
        "namespace": "shop",
        "labels": {"gitopskit.io/application": "web"},
        "annotations": {"argocd.argoproj.io/tracking-id": "web:/ConfigMap:shop/settings"},
    }
    assert found.version == "v1"
    assert str(found.applier) == "shop:gitopskit-applier"
    assert found.where == "app/all.yaml:1:1"


def test_what_only_the_server_says_is_left_out() -> None:
    text = """
apiVersion: v1
kind: ConfigMap
metadata:
  name: settings
  uid: u
  resourceVersion: "7"
  creationTimestamp: null
  managedFields: []
  annotations: {gitopskit.io/adopted: "true"}
status: {}
"""

    (found,) = prepared(text).objects

    assert "status" not in found.content
    assert set(found.content["metadata"]) == {"name", "namespace", "labels", "annotations"}
    assert "gitopskit.io/adopted" not in found.content["metadata"]["annotations"]


def test_a_cluster_scoped_object_has_no_namespace() -> None:
    text = "apiVersion: v1\nkind: Namespace\nmetadata: {name: shop, namespace: shop}\n"

    (found,) = prepared(text, cluster_allowed=EVERY_KIND, accounts=AS_PLATFORM).objects

    assert found.ref == ObjectRef("", "Namespace", "", "shop")
    assert "namespace" not in found.content["metadata"]
    assert found.applier == PLATFORM


@pytest.mark.parametrize(
    ("scope", "namespace"),
    [
        pytest.param("Namespaced", "shop", id="namespaced"),
        pytest.param("Cluster", "", id="cluster"),
    ],
)
def test_a_kind_that_the_render_defines_has_that_scope(scope: str, namespace: str) -> None:
    text = f"""
apiVersion: example.com/v1
kind: Widget
metadata: {{name: one}}
---
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {{name: widgets.example.com}}
spec: {{group: example.com, scope: {scope}, names: {{kind: Widget}}}}
"""

    definition, widget = prepared(text, cluster_allowed=EVERY_KIND).objects

    assert definition.is_definition
    assert widget.ref.namespace == namespace


def test_a_kind_that_nobody_knows_is_taken_for_namespaced() -> None:
    text = "apiVersion: example.com/v1\nkind: Widget\nmetadata: {name: one}\n"

    (found,) = prepared(text).objects

    assert found.ref.namespace == "shop"


def test_texts_of_a_secret_become_data() -> None:
    text = """
apiVersion: v1
kind: Secret
metadata: {name: login}
data: {user: YQ==, word: eA==}
stringData: {word: open}
"""

    (found,) = prepared(text).objects

    assert found.content["data"] == {"user": "YQ==", "word": "b3Blbg=="}
    assert "stringData" not in found.content
    assert "open" not in repr(found)


def test_a_secret_without_texts_stays_as_it_is() -> None:
    text = "apiVersion: v1\nkind: Secret\nmetadata: {name: login}\nstringData: {}\n"

    (found,) = prepared(text).objects

    assert set(found.content) == {"apiVersion", "kind", "metadata"}


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param("stringData: {word: 5}", id="a-number"),
        pytest.param("stringData: {word: null}", id="nothing"),
        pytest.param("stringData: [word]", id="a-list"),
        pytest.param("data: 5\nstringData: {word: open}", id="data-that-is-none"),
    ],
)
def test_what_is_no_text_in_a_secret_is_left_to_the_api_server(fields: str) -> None:
    """A value must never be guessed: a password None would be a password."""
    text = f"apiVersion: v1\nkind: Secret\nmetadata: {{name: login}}\n{fields}\n"

    (found,) = prepared(text).objects

    assert found.content["stringData"] == manifests(text)[0].content["stringData"]
    assert found.content.get("data") == manifests(text)[0].content.get("data")


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(
            "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\n"
            "metadata: {name: things.example.com}\nspec: none\n",
            id="of-a-definition",
        ),
        pytest.param(
            "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\n"
            "metadata: {name: things.example.com}\nspec: {names: [Thing]}\n",
            id="the-names-of-a-definition",
        ),
        pytest.param(
            "apiVersion: argoproj.io/v1alpha1\nkind: Application\n"
            "metadata: {name: web}\nspec: none\n",
            id="of-an-application",
        ),
    ],
)
def test_a_spec_that_is_no_mapping_is_left_to_the_api_server(text: str) -> None:
    allowed = (KindRule("*", "*"),)

    found = prepared(text, name="gitopskit-root", cluster_allowed=allowed)

    assert found.refusals == ()
    assert len(found.objects) == 1


PORTS: Final = [
    pytest.param(
        "apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec: {ports: [{port: 80}]}\n",
        ("spec", "ports"),
        id="service",
    ),
    pytest.param(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}\n"
        "spec: {template: {spec: {containers: [{name: m, ports: [{containerPort: 80}]}, text]}}}\n",
        ("spec", "template", "spec", "containers", 0, "ports"),
        id="deployment",
    ),
    pytest.param(
        "apiVersion: batch/v1\nkind: CronJob\nmetadata: {name: a}\n"
        "spec: {jobTemplate: {spec: {template: {spec:"
        " {initContainers: [{name: m, ports: [{containerPort: 80}]}]}}}}}\n",
        ("spec", "jobTemplate", "spec", "template", "spec", "initContainers", 0, "ports"),
        id="cron-job",
    ),
]


@pytest.mark.parametrize(("text", "path"), PORTS)
def test_ports_name_their_protocol(text: str, path: tuple[str | int, ...]) -> None:
    (found,) = prepared(text).objects

    ports: JsonValue = found.content
    for token in path:
        ports = ports[token]
    assert ports[0]["protocol"] == "TCP"


@pytest.mark.parametrize(
    "spec",
    [
        pytest.param("{}", id="no-ports"),
        pytest.param("{ports: none}", id="ports-of-another-shape"),
        pytest.param("{ports: [text, {port: 1, protocol: UDP}]}", id="protocol-given"),
    ],
)
def test_what_has_no_ports_to_complete_is_left_alone(spec: str) -> None:
    text = f"apiVersion: v1\nkind: Service\nmetadata: {{name: a}}\nspec: {spec}\n"

    (found,) = prepared(text).objects

    assert "TCP" not in str(found.content)


def test_a_workload_without_a_pod_spec_is_left_alone() -> None:
    text = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}\nspec: {template: text}\n"

    (found,) = prepared(text).objects

    assert found.content["spec"] == {"template": "text"}


def test_objects_come_in_the_order_in_which_they_are_applied() -> None:
    text = (
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}\n---\n"
        "apiVersion: v1\nkind: Service\nmetadata: {name: b}\n---\n" + CONFIG
    )

    kinds = [found.ref.kind for found in prepared(text).objects]

    assert kinds == ["ConfigMap", "Service", "Deployment"]


def test_one_refusal_refuses_everything_and_all_are_told() -> None:
    text = (
        "apiVersion: v1\nkind: Namespace\nmetadata: {name: a}\n---\n"
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: b, namespace: other}\n---\n" + CONFIG
    )

    found = prepared(text)

    assert found.objects == ()
    assert found.refusals == (
        'the project "shop" does not allow Namespace/a (app/all.yaml)',
        'the project "shop" does not allow the namespace of ConfigMap/other/b (app/all.yaml)',
    )


@pytest.mark.parametrize(
    ("namespace", "told"),
    [
        ("kube-system", '"kube-system" and "gitopskit-system" are reserved for the cluster'),
        ("gitopskit-system", "choose another namespace, or only compare it"),
        ("argocd", "only the project gitopskit-root writes there"),
    ],
)
def test_a_reserved_namespace_is_no_fault_of_the_project(namespace: str, told: str) -> None:
    text = CONFIG.replace("{name: ", f"{{namespace: {namespace}, name: ")

    (refusal,) = prepared(text, namespaces=("*",)).refusals

    assert told in refusal
    assert 'the project "shop"' not in refusal


def annotated(annotation: str, value: str = "x", *, kind: str = "v1\nkind: ConfigMap") -> str:
    return f"apiVersion: {kind}\nmetadata:\n  name: a\n  annotations: {{{annotation}: '{value}'}}\n"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        pytest.param("kind: ConfigMap\nmetadata: {}\n", "has no metadata.name", id="no-name"),
        pytest.param("metadata: {}\n", "an object has no metadata.name", id="nothing"),
        pytest.param(
            annotated("argocd.argoproj.io/hook", "MidSync"), "the hook MidSync", id="hook"
        ),
        pytest.param(
            annotated("argocd.argoproj.io/sync-options", "Prune=false,Unheard=true"),
            "the option Unheard=true",
            id="option",
        ),
    ],
)
def test_what_is_not_honoured_is_named(text: str, told: str) -> None:
    (refusal,) = prepared(text).refusals

    assert told in refusal


def test_the_root_registers_others_but_not_itself() -> None:
    text = "apiVersion: argoproj.io/v1alpha1\nkind: AppProject\nmetadata: {name: gitopskit-root}\n"

    (refusal,) = prepared(text, name="gitopskit-root", namespaces=("shop",)).refusals

    assert "which Git never changes" in refusal


def test_options_of_pruning_are_honoured() -> None:
    text = annotated("argocd.argoproj.io/sync-options", "Prune=confirm, Delete=false")

    assert prepared(text).refusals == ()


def test_the_annotations_of_an_application_speak_to_its_own_reconciler() -> None:
    text = annotated("argocd.argoproj.io/refresh", kind="argoproj.io/v1alpha1\nkind: Application")

    found = prepared(
        text,
        name="gitopskit-root",
        namespaces=("argocd",),
        application=an_application(namespace="argocd"),
        accounts=AS_PLATFORM,
    )

    assert found.refusals == ()


def test_without_a_namespace_nobody_can_write() -> None:
    text = "apiVersion: v1\nkind: Namespace\nmetadata: {name: a}\n"

    (refusal,) = prepared(
        text, application=an_application(namespace=""), cluster_allowed=EVERY_KIND
    ).refusals

    assert "no destination.namespace" in refusal


def test_an_applier_stays_in_its_namespace() -> None:
    text = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: other}\n"

    (refusal,) = prepared(text, namespaces=("*",)).refusals

    assert refusal == (
        'ConfigMap/other/a is outside the namespace "shop" of its applier (app/all.yaml)'
    )


def test_a_stranger_is_never_impersonated() -> None:
    (refusal,) = prepared(CONFIG, accounts=(Account("*", "kube-system:admin"),)).refusals

    assert "never impersonated" in refusal


def test_equal_objects_have_equal_digests() -> None:
    (first,), (second,) = prepared(CONFIG).objects, prepared(CONFIG + "data: {a: b}\n").objects

    assert first.digest == prepared(CONFIG).objects[0].digest
    assert first.digest != second.digest


def test_an_adopted_object_is_marked() -> None:
    marked = adopted(desired())

    assert marked.content["metadata"]["annotations"] == {"gitopskit.io/adopted": "true"}


def test_what_is_for_something_that_never_happens_is_left_out() -> None:
    found = prepared(
        "apiVersion: v1\nkind: ConfigMap\n"
        "metadata: {name: settings, annotations: {argocd.argoproj.io/hook: Skip}}\n"
    )

    assert (found.objects, found.refusals) == ((), ())
