"""What sealing keeps, drops and refuses."""

import base64
from collections.abc import Callable
from typing import Any

import pytest

from gitopskit.errors import InputError
from gitopskit.manifests.json_types import JsonObject
from gitopskit.sealing.keys import SealingCertificate
from gitopskit.sealing.scope import CLUSTER_WIDE_ANNOTATION, NAMESPACE_WIDE_ANNOTATION, Scope
from gitopskit.sealing.seal import SealOptions, seal_secret
from gitopskit.sealing.unseal import Keyring, unseal_secret

_VALUE = "correct horse"


def _secret(**changes: Any) -> JsonObject:  # noqa: ANN401 -- parts of a Secret of any shape
    secret: JsonObject = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "database", "namespace": "shop"},
        "stringData": {"password": _VALUE},
    }
    return {key: value for key, value in (secret | changes).items() if value is not None}


@pytest.fixture
def seal(certificate: SealingCertificate) -> Callable[..., JsonObject]:
    def seal_with(content: JsonObject, **options: Any) -> JsonObject:  # noqa: ANN401 -- options
        chosen = {"records_keys": False} | options
        return seal_secret(content, SealOptions(certificate=certificate, **chosen))

    return seal_with


def _opened(sealed: JsonObject, keyring: Keyring) -> dict[str, bytes]:
    data = unseal_secret(sealed, keyring=keyring).data
    return {key: value.reveal() for key, value in data.items()}


def test_a_sealed_secret_holds_no_plaintext_and_nothing_empty(
    seal: Callable[..., JsonObject],
) -> None:
    sealed = seal(_secret(type="Opaque", immutable=False))

    (blob,) = sealed["spec"].pop("encryptedData").values()
    assert base64.b64decode(blob)[:2] == b"\x01\x00"
    assert sealed == {
        "apiVersion": "bitnami.com/v1alpha1",
        "kind": "SealedSecret",
        "metadata": {"name": "database", "namespace": "shop"},
        "spec": {"template": {"type": "Opaque", "immutable": False}},
    }


def test_string_data_wins_over_data_and_items_are_in_order(
    seal: Callable[..., JsonObject], keyring: Keyring
) -> None:
    data = {"z": "b2xk", "b": base64.b64encode(b"old").decode(), "a": None}
    sealed = seal(_secret(data=data, stringData={"b": "new", "empty": None}))

    assert list(sealed["spec"]["encryptedData"]) == ["a", "b", "empty", "z"]
    assert _opened(sealed, keyring) == {"a": b"", "b": b"new", "empty": b"", "z": b"old"}


def test_what_a_server_or_client_added_is_dropped(seal: Callable[..., JsonObject]) -> None:
    metadata = {
        "name": "database",
        "namespace": "shop",
        "uid": "1",
        "resourceVersion": "2",
        "generation": 3,
        "creationTimestamp": None,
        "managedFields": [{}],
        "ownerReferences": [{"uid": "4"}],
        "labels": {"team": "a"},
        "finalizers": ["x/y"],
        "annotations": {
            "kubectl.kubernetes.io/last-applied-configuration": _VALUE,
            "kubecfg.ksonnet.io/last-applied-configuration": _VALUE,
            "note": "kept",
        },
    }

    sealed = seal(_secret(metadata=metadata))

    assert sealed["spec"]["template"] == {
        "metadata": {
            "annotations": {"note": "kept"},
            "labels": {"team": "a"},
            "finalizers": ["x/y"],
        }
    }
    assert _VALUE not in str(sealed)


def test_what_yaml_makes_of_unquoted_labels_and_annotations_becomes_text(
    seal: Callable[..., JsonObject],
) -> None:
    texts = {"a": True, "b": False, "c": 7, "d": None, "e": "text"}
    metadata = {"name": "database", "namespace": "shop", "labels": texts, "annotations": texts}

    template = seal(_secret(metadata=metadata))["spec"]["template"]["metadata"]

    expected = {"a": "true", "b": "false", "c": "7", "d": "", "e": "text"}
    assert template == {"annotations": expected, "labels": expected}


@pytest.mark.parametrize(
    ("annotation", "asked", "expected"),
    [
        (None, None, {}),
        (None, Scope.NAMESPACE_WIDE, {NAMESPACE_WIDE_ANNOTATION: "true"}),
        (CLUSTER_WIDE_ANNOTATION, None, {CLUSTER_WIDE_ANNOTATION: "true"}),
        (CLUSTER_WIDE_ANNOTATION, Scope.NAMESPACE_WIDE, {NAMESPACE_WIDE_ANNOTATION: "true"}),
        (CLUSTER_WIDE_ANNOTATION, Scope.STRICT, {}),
    ],
    ids=["default", "asked", "annotated", "asked wins", "strict wins too"],
)
def test_the_scope_is_the_one_asked_for_or_annotated(
    seal: Callable[..., JsonObject],
    keyring: Keyring,
    annotation: str | None,
    asked: Scope | None,
    expected: dict[str, str],
) -> None:
    annotations = {annotation: "true"} if annotation else {}
    metadata = {"name": "database", "namespace": "shop", "annotations": annotations}

    sealed = seal(_secret(metadata=metadata), scope=asked)

    assert sealed["metadata"].get("annotations", {}) == expected
    template = sealed["spec"].get("template", {}).get("metadata", {})
    assert template.get("annotations", {}) == expected
    assert _opened(sealed, keyring) == {"password": _VALUE.encode()}


def test_name_and_namespace_can_be_given(seal: Callable[..., JsonObject], keyring: Keyring) -> None:
    sealed = seal(_secret(metadata={}), name="cache", namespace="shop")

    assert sealed["metadata"] == {"name": "cache", "namespace": "shop"}
    assert _opened(sealed, keyring) == {"password": _VALUE.encode()}


def test_a_default_namespace_is_for_secrets_that_have_none(
    seal: Callable[..., JsonObject],
) -> None:
    bare = _secret(metadata={"name": "database"})

    sealed = [
        seal(content, default_namespace="office", **options)
        for content, options in (
            (bare, {}),
            (_secret(), {}),
            (bare, {"namespace": "shop"}),
            (bare, {"scope": Scope.CLUSTER_WIDE}),
        )
    ]

    namespaces = [each["metadata"].get("namespace") for each in sealed]
    assert namespaces == ["office", "shop", "shop", None]


def test_cluster_wide_needs_no_namespace(seal: Callable[..., JsonObject], keyring: Keyring) -> None:
    sealed = seal(_secret(metadata={"name": "database"}), scope=Scope.CLUSTER_WIDE)

    assert "namespace" not in sealed["metadata"]
    assert _opened(sealed, keyring) == {"password": _VALUE.encode()}


def test_an_empty_secret_is_sealed_when_it_is_meant(seal: Callable[..., JsonObject]) -> None:
    sealed = seal(_secret(stringData=None), allows_empty_data=True)

    assert sealed["spec"] == {"encryptedData": {}}


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({"kind": "SealedSecret"}, "this is a SealedSecret, not a Secret"),
        ({"kind": "ConfigMap"}, "this is a ConfigMap, not a Secret"),
        ({"apiVersion": "v2"}, "this is no Secret"),
        ({"metadata": {"namespace": "shop"}}, "missing metadata.name in input Secret"),
        ({"metadata": {"name": 7, "namespace": "shop"}}, "missing metadata.name in input Secret"),
        ({"metadata": None}, "missing metadata.name in input Secret"),
        ({"metadata": []}, "`metadata` is not a mapping"),
        (
            {"metadata": {"name": "a", "namespace": "b", "labels": "c"}},
            "`labels` is not a mapping",
        ),
        (
            {"metadata": {"name": "a", "namespace": "b", "labels": {"c": ["d"]}}},
            "`labels.c` is not a text; quote it",
        ),
        (
            {"metadata": {"name": "Data_Base", "namespace": "shop"}},
            "the name of the Secret 'Data_Base' is not a DNS name",
        ),
        (
            {"metadata": {"name": "a"}},
            "the Secret has no namespace, which the scope strict binds it to",
        ),
        (
            {"metadata": {"name": "a", "namespace": "a/b"}},
            "the namespace of the Secret 'a/b' is not a DNS name",
        ),
        (
            {"metadata": {"name": "a", "namespace": True}},
            "`metadata.namespace` is not a text; quote it",
        ),
        (
            {"metadata": {"name": "a", "namespace": False}},
            "`metadata.namespace` is not a text; quote it",
        ),
        ({"stringData": None}, "the Secret has no data"),
        ({"data": ["x"]}, "`data` is not a mapping"),
        ({"data": {"a": "correct horse"}}, "`data.a` is not base64"),
        ({"data": {"a": 5432}}, "`data.a` is not base64"),
        ({"stringData": {"a": 5432}}, "`stringData.a` is not a text; quote it"),
        ({"stringData": {"a": "\ud800"}}, "`stringData.a` is not a text; quote it"),
        ({"stringData": {"a b": ""}}, "item 1 of 1 has a key that a Secret cannot have"),
        ({"stringData": {".": ""}}, "item 1 of 1 has a key that a Secret cannot have"),
        ({"stringData": {"..a": ""}}, "item 1 of 1 has a key that a Secret cannot have"),
        ({"immutable": "yes"}, "`immutable` is not true or false"),
        ({"type": True}, "`type` is not a text; quote it"),
        (
            {"stringData": {"a": "x" * (1024 * 1024 + 1)}},
            "the values are larger than 1 MiB together, which no cluster takes",
        ),
        (
            {"metadata": {"name": "a", "namespace": "b", "annotations": {"c": "d" * 1572864}}},
            "the SealedSecret becomes larger than 1.5 MiB, which no cluster takes",
        ),
    ],
    ids=[
        "sealed already",
        "another kind",
        "another version",
        "no name",
        "a number as name",
        "no metadata",
        "a list as metadata",
        "a word as labels",
        "a list as a label",
        "an impossible name",
        "no namespace",
        "an impossible namespace",
        "a namespace y without quotes",
        "a namespace n without quotes",
        "no data",
        "a list as data",
        "plaintext in data",
        "a number in data",
        "a number in stringData",
        "half a character",
        "an impossible key",
        "a dot as key",
        "a key with dots in front",
        "immutable as a word",
        "a type without quotes",
        "too many bytes",
        "too large an object",
    ],
)
def test_what_cannot_become_a_secret_is_refused(
    certificate: SealingCertificate, changes: JsonObject, what: str
) -> None:
    with pytest.raises(InputError) as caught:
        seal_secret(_secret(**changes), SealOptions(certificate=certificate), where="a.yaml:1:1")

    assert str(caught.value) == f"{what} - a.yaml:1:1"
    assert caught.value.hint
    assert _VALUE not in f"{caught.value} {caught.value.hint}"


def test_another_namespace_than_asked_for_is_refused(seal: Callable[..., JsonObject]) -> None:
    with pytest.raises(InputError) as caught:
        seal(_secret(), namespace="office")

    assert str(caught.value) == (
        'namespace mismatch: input secret is in namespace "shop" but "office" was specified'
        " - Secret/shop/database"
    )
