from __future__ import annotations

from pathlib import Path

import pytest

from gitopskit.manifests.findings import Finding
from gitopskit.manifests.identity import ObjectRef, apply_rank
from gitopskit.manifests.snapshot import Snapshot


def _ref(kind: str, *, namespace: str = "shop", name: str = "a") -> ObjectRef:
    return ObjectRef(group="", kind=kind, namespace=namespace, name=name)


def test_what_others_need_is_applied_first() -> None:
    kinds = ["Whatever", "Ingress", "Deployment", "Secret", "SealedSecret", "Namespace", "Service"]

    ordered = sorted(map(_ref, kinds), key=apply_rank)

    assert [ref.kind for ref in ordered] == [
        "Namespace",
        "Secret",
        "SealedSecret",
        "Service",
        "Deployment",
        "Ingress",
        "Whatever",
    ]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        pytest.param({"kind": "A", "metadata": {"name": "n"}}, "A/n", id="without a namespace"),
        pytest.param(
            {"apiVersion": "g/v1", "kind": "A", "metadata": {"name": "n", "namespace": "s"}},
            "A/s/n",
            id="with a namespace",
        ),
        pytest.param({"metadata": None}, "", id="nothing"),
        pytest.param({"kind": "A", "metadata": ["x"]}, "A", id="strange metadata"),
    ],
)
def test_an_object_is_named_by_kind_namespace_and_name(
    content: dict[str, object], expected: str
) -> None:
    assert str(ObjectRef.of(content)) == expected


def test_the_version_is_no_part_of_the_identity() -> None:
    one = ObjectRef.of({"apiVersion": "apps/v1", "kind": "A", "metadata": {"name": "n"}})
    other = ObjectRef.of({"apiVersion": "apps/v2", "kind": "A", "metadata": {"name": "n"}})

    assert one == other


def test_the_default_namespace_fills_a_gap_only() -> None:
    kept = ObjectRef.of({"metadata": {"namespace": "a"}}, default_namespace="b")

    assert kept.namespace == "a"
    assert ObjectRef.of({}, default_namespace="b").namespace == "b"


@pytest.mark.parametrize(
    ("line", "column", "expected"), [(0, 0, "f"), (3, 0, "f:3"), (3, 7, "f:3:7")]
)
def test_a_finding_says_where_as_far_as_known(line: int, column: int, expected: str) -> None:
    assert Finding(path="f", line=line, column=column, rule="r", message="m").where == expected


def test_a_snapshot_is_a_value() -> None:
    one = Snapshot(revision="a" * 40, root=Path("x"))

    assert one == Snapshot(revision="a" * 40, root=Path("x"))
