"""What of a Secret goes into the template, and what of it stays behind."""

from __future__ import annotations

from typing import Final

from tests.interop.kubeseal_rows.documents import secret
from tests.interop.kubeseal_rows.kinds import Differs, Refused, Same
from tests.support.kubeseal_calls import Call, Result
from tests.support.kubeseal_results import documents

_SERVED: Final = """\
apiVersion: v1
kind: Secret
metadata:
  name: db
  namespace: shop
  uid: 0b2f3d6e-0000-0000-0000-000000000000
  resourceVersion: "5"
  generation: 3
  creationTimestamp: "2026-01-01T00:00:00Z"
  deletionTimestamp: "2026-01-01T00:00:00Z"
  deletionGracePeriodSeconds: 3
  selfLink: /api/v1/namespaces/shop/secrets/db
  ownerReferences: [{apiVersion: v1, kind: ConfigMap, name: a, uid: b}]
  finalizers: [example.com/keep]
  labels: {app: shop}
  annotations:
    note: kept
    kubectl.kubernetes.io/last-applied-configuration: '{"stringData": {"a": "b"}}'
    kubecfg.ksonnet.io/last-applied-configuration: '{"stringData": {"a": "b"}}'
    sealedsecrets.bitnami.com/managed: "true"
    sealedsecrets.bitnami.com/patch: "true"
    sealedsecrets.bitnami.com/skip-set-owner-references: "true"
stringData: {a: b}
status: {observed: true}
"""
_MANAGED: Final = {
    "generateName": "generateName: db-",
    "managedFields": "managedFields: [{manager: kubectl, operation: Update, apiVersion: v1}]",
}
_LABELS: Final = (
    "y",
    "yes",
    "n",
    "true",
    "1",
    "0123",
    "0x1F",
    "1_000",
    "1.0",
    "1e3",
    "2026-01-01",
    "~",
    "!!str 5",
)


def _labelled(label: str) -> str:
    return secret(f"name: db, namespace: shop, labels: {{x: {label}}}, annotations: {{x: {label}}}")


def _template(result: Result) -> object:
    """Return the names of the fields in the template's metadata."""
    (one,) = documents(result.stdout)
    return sorted(one.get("template", {}).get("metadata", {}))


SAME: Final = (
    Same("what a server set", Call(stdin=_SERVED)),
    Same("finalizers", Call(stdin=secret("name: db, namespace: shop, finalizers: [a.b/c, a.b/d]"))),
    Same("a type", Call(stdin=secret(rest="type: example.com/login\nstringData: {a: b}"))),
    Same("the usual type", Call(stdin=secret(rest="type: Opaque\nstringData: {a: b}"))),
    Same("immutable", Call(stdin=secret(rest="immutable: true\nstringData: {a: b}"))),
    Same("not immutable", Call(stdin=secret(rest="immutable: false\nstringData: {a: b}"))),
    *(Same(f"labels without quotes: {label}", Call(stdin=_labelled(label))) for label in _LABELS),
    Same(
        "labels named without quotes",
        Call(stdin=secret("name: db, namespace: shop, labels: {1: a, true: b}")),
    ),
)

REFUSED: Final = (
    Refused(
        "labels that are a list",
        Call(stdin=secret("name: db, namespace: shop, labels: [a]")),
        "error unmarshaling JSON: while decoding JSON: json: cannot unmarshal array into Go struct "
        "field ObjectMeta.metadata.labels of type map[string]string",
        "`labels` is not a mapping",
    ),
    Refused(
        "immutable that is a word",
        Call(stdin=secret(rest="immutable: often\nstringData: {a: b}")),
        "error unmarshaling JSON: while decoding JSON: json: cannot unmarshal string into Go "
        "struct field Secret.immutable of type bool",
        "`immutable` is not true or false",
    ),
)

DIFFERS: Final = tuple(
    Differs(
        "server-fields",
        f"in the template: {name}",
        Call(stdin=secret(f"name: db, namespace: shop, {line}")),
        _template,
        [name],
        [],
    )
    for name, line in _MANAGED.items()
)
