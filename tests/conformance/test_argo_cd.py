"""Whether our objects are Argo CD's: definitions accept the same, and a status fits upstream's.

Reads Argo CD's definitions from ../shared/crds and registrations from ../shared/design; without
the folders the tests are skipped and say so.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

import jsonschema_rs
import pytest
import yaml

from gitopskit.health.verdict import Health
from gitopskit.reconciler import application as applications
from gitopskit.reconciler import application_fields, status
from gitopskit.reconciler import project as projects
from gitopskit.reconciler.status import Operation, Report, ResourceResult, ResourceStatus
from gitopskit.repository.templates import read_platform
from tests.support.desiring import REF

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from gitopskit.manifests.json_types import JsonObject, JsonValue

SHARED: Final = Path(__file__).parents[3] / "shared"
UPSTREAM: Final = SHARED / "crds/argo-cd"
LAYOUT: Final = SHARED / "design/layout-example"
NOW: Final = datetime(2026, 1, 1, tzinfo=UTC)
FILES: Final = {"Application": "application-crd.yaml", "AppProject": "appproject-crd.yaml"}


def upstream(kind: str) -> JsonObject:
    path = UPSTREAM / FILES[kind]
    if not path.is_file():
        pytest.skip("../shared/crds is absent: Argo CD's definitions were not tried")
    return schema_of(path.read_text(encoding="utf-8"))


def ours(kind: str) -> JsonObject:
    return schema_of(read_platform(f"crds/{kind.lower()}s.yaml"))


def schema_of(text: str) -> JsonObject:
    (version,) = yaml.safe_load(text)["spec"]["versions"]
    schema: JsonObject = version["schema"]["openAPIV3Schema"]
    return schema


def looks_of(text: str) -> JsonValue:
    """Return the names of a kind, and the columns that `kubectl get` shows of it."""
    spec = yaml.safe_load(text)["spec"]
    (version,) = spec["versions"]
    return spec["group"], spec["scope"], spec["names"], version.get("additionalPrinterColumns")


def registrations() -> list[JsonObject]:
    files = sorted(LAYOUT.glob("clusters/*/registrations/*.yaml"))
    if not files:
        pytest.skip("../shared/design is absent: the layout's registrations were not tried")
    return [it for file in files for it in yaml.safe_load_all(file.read_text(encoding="utf-8"))]


def unknown(value: JsonValue, schema: JsonObject, path: str = "") -> Iterator[str]:
    """Yield the fields that an API server would drop under that schema."""
    if isinstance(value, list):
        for item in value:
            yield from unknown(item, schema.get("items") or {}, f"{path}[]")
    if not isinstance(value, dict) or schema.get("x-kubernetes-preserve-unknown-fields"):
        return
    properties = schema.get("properties") or {}
    for name, item in value.items():
        if name in properties:
            yield from unknown(item, properties[name], f"{path}.{name}")
        elif "additionalProperties" not in schema:
            yield f"{path}.{name}"


def a_status() -> JsonObject:
    resource = ResourceStatus(
        ref=REF,
        version="v1",
        status="OutOfSync",
        health=Health("Degraded", "crashes"),
        requires_pruning=True,
        requires_confirmation=True,
    )
    result = ResourceResult(ref=REF, version="v1", outcome="SyncFailed", message="refused")
    operation = Operation(
        phase="Succeeded",
        message="done",
        revision="c1",
        started_at=NOW,
        finished_at=NOW,
        retry_count=1,
        results=(result,),
    )
    report = Report(
        sync="OutOfSync",
        health=Health("Degraded", "crashes"),
        revision="c1",
        source_types=("Kustomize",),
        images=("registry.example/app:1",),
        resources=(resource,),
        conditions=(("SyncError", "refused"),),
        operation=operation,
        spec={
            "source": {"repoURL": "https://git.example/shop.git", "path": "app"},
            "destination": {"server": "https://kubernetes.default.svc", "namespace": "shop"},
        },
    )
    return status.build(report, previous={}, now=NOW)


@pytest.mark.parametrize("kind", FILES)
def test_the_layouts_registrations_are_accepted_by_both_definitions(kind: str) -> None:
    found = [content for content in registrations() if content["kind"] == kind]

    for schema in (upstream(kind), ours(kind)):
        validator = jsonschema_rs.validator_for(schema)
        assert [list(validator.iter_errors(content)) for content in found] == [[]] * len(found)


@pytest.mark.parametrize("kind", FILES)
def test_kubectl_shows_what_it_shows_with_argo_cd(kind: str) -> None:
    upstream(kind)

    theirs = looks_of((UPSTREAM / FILES[kind]).read_text(encoding="utf-8"))
    assert looks_of(read_platform(f"crds/{kind.lower()}s.yaml")) == theirs


def test_the_layouts_registrations_are_honoured_unchanged() -> None:
    for content in registrations():
        if content["kind"] == "Application":
            assert applications.parse(content).policy.is_automated
        else:
            assert projects.parse(content).source_repos


def test_every_field_that_is_read_is_one_of_argo_cds() -> None:
    properties = upstream("Application")["properties"]

    assert list(unlisted(application_fields.FIELDS, properties["spec"])) == []
    assert list(unlisted(application_fields.OPERATION_FIELDS, properties["operation"])) == []
    assert list(unlisted(projects.FIELDS, upstream("AppProject")["properties"]["spec"])) == []


WITH_EVERYTHING: Final = """\
metadata:
  name: web
  annotations: {argocd.argoproj.io/manifest-generate-paths: .}
spec:
  project: shop
  destination: {server: https://kubernetes.default.svc, namespace: shop}
  sources:
    - repoURL: https://git.example/shop.git
      targetRevision: v1
      path: charts/web
      helm:
        releaseName: web
        namespace: shop
        valueFiles: [$config/prod.yaml]
        ignoreMissingValueFiles: true
        values: "a: 1"
        valuesObject: {a: {b: [1]}}
        parameters: [{name: image.tag, value: v2, forceString: true}]
        fileParameters: [{name: text, path: text.txt}]
        kubeVersion: 1.30.0
        apiVersions: [example.com/v1]
        skipCrds: true
        skipTests: true
        skipSchemaValidation: true
        version: v3
    - repoURL: https://git.example/config.git
      ref: config
    - repoURL: https://git.example/shop.git
      path: overlays/prod
      kustomize:
        namePrefix: a-
        nameSuffix: -z
        namespace: shop
        images: ["web:v2"]
        replicas: [{name: web, count: 3}, {name: job, count: "2"}]
        commonLabels: {team: shop}
        commonAnnotations: {note: x}
        forceCommonLabels: true
        forceCommonAnnotations: true
        labelWithoutSelector: true
        labelIncludeTemplates: true
        components: [../debug]
        ignoreMissingComponents: true
        patches:
          - patch: "[]"
            target: {group: apps, version: v1, kind: Deployment, name: web, labelSelector: a=b}
            options: {allowNameChange: true}
    - repoURL: https://git.example/shop.git
      path: plain
      directory: {recurse: true, include: "*.yaml", exclude: "old/*"}
  syncPolicy:
    automated: {enabled: true, prune: true, selfHeal: true, allowEmpty: false}
    syncOptions: [CreateNamespace=true, PruneLast=true, ServerSideApply=true]
    retry: {limit: 5, backoff: {duration: 5s, factor: 2, maxDuration: 3m}}
  ignoreDifferences:
    - group: apps
      kind: Deployment
      jsonPointers: [/spec/replicas]
      managedFieldsManagers: [scaler]
  info: [{name: owner, value: shop}]
"""


def test_an_application_with_everything_is_accepted_by_both_and_honoured() -> None:
    content = {"kind": "Application", **yaml.safe_load(WITH_EVERYTHING)}

    for schema in (upstream("Application"), ours("Application")):
        assert list(jsonschema_rs.validator_for(schema).iter_errors(content)) == []
        assert list(unknown(content["spec"], schema["properties"]["spec"])) == []
    assert len(applications.parse(content).sources) == 4


def unlisted(known: Mapping[str, JsonValue], schema: JsonObject) -> Iterator[str]:
    properties = (schema.get("items") or schema).get("properties") or {}
    for name, inner in known.items():
        if name not in properties:
            yield name
        else:
            yield from unlisted(inner, properties[name])


def test_a_status_fits_argo_cds_definition_whole() -> None:
    content = {"metadata": {"name": "web"}, "spec": a_spec(), "status": a_status()}
    schema = upstream("Application")

    assert list(jsonschema_rs.validator_for(schema).iter_errors(content)) == []
    assert list(unknown(content["status"], schema["properties"]["status"])) == []


def a_spec() -> JsonObject:
    return {
        "project": "shop",
        "source": {"repoURL": "https://git.example/shop.git", "path": "app"},
        "destination": {"namespace": "shop"},
    }
