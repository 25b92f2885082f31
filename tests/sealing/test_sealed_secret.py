"""The shape of a SealedSecret, read and written."""

import copy
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gitopskit.errors import InputError, UnsupportedField
from gitopskit.manifests.json_types import JsonObject, JsonValue
from gitopskit.sealing.scope import Scope
from gitopskit.sealing.sealed_secret import parse, to_content

_CONTENT: JsonObject = {
    "apiVersion": "bitnami.com/v1alpha1",
    "kind": "SealedSecret",
    "metadata": {
        "name": "database",
        "namespace": "shop",
        "labels": {"team": "a"},
        "annotations": {"sealedsecrets.bitnami.com/namespace-wide": "true"},
    },
    "spec": {
        "encryptedData": {"password": "AQID", "user": "BAUG"},
        "template": {
            "metadata": {"labels": {"app": "b"}},
            "type": "Opaque",
            "immutable": True,
            "data": {"dsn": "{{ .password }}", "dropped": None},
        },
    },
}


def test_a_sealed_secret_is_read() -> None:
    sealed = parse(_CONTENT)

    assert sealed.scope is Scope.NAMESPACE_WIDE
    assert sealed.encrypted_data == {"password": b"\x01\x02\x03", "user": b"\x04\x05\x06"}
    assert sealed.template_data == {"dsn": "{{ .password }}", "dropped": None}
    assert sealed.immutable is True
    assert str(sealed.ref) == "SealedSecret/shop/database"


def test_what_is_read_is_written_alike() -> None:
    assert to_content(parse(_CONTENT)) == _CONTENT


def test_line_ends_in_base64_do_not_count() -> None:
    content = copy.deepcopy(_CONTENT)
    content["spec"]["encryptedData"] = {"a": "AQ\r\nID\n"}

    assert parse(content).encrypted_data == {"a": b"\x01\x02\x03"}


@pytest.mark.parametrize(
    ("path", "value", "what"),
    [
        (["apiVersion"], "v1", "this is no SealedSecret of bitnami.com/v1alpha1"),
        (["kind"], "Secret", "this is no SealedSecret of bitnami.com/v1alpha1"),
        (["metadata"], None, "the SealedSecret has no name"),
        (["metadata"], "x", "`metadata` is not a mapping"),
        (["metadata", "name"], "", "the SealedSecret has no name"),
        (["metadata", "annotations"], [], "`annotations` is not a mapping"),
        (["spec"], [], "`spec` is not a mapping"),
        (["spec", "encryptedData"], "x", "`encryptedData` is not a mapping"),
        (["spec", "encryptedData", "user"], "AQ", "`spec.encryptedData.user` is not base64"),
        (["spec", "encryptedData", "user"], 7, "`spec.encryptedData.user` is not a text"),
        (["spec", "encryptedData", "user"], None, "`spec.encryptedData.user` is not a text"),
        (["spec", "template"], 7, "`template` is not a mapping"),
        (["spec", "template", "metadata"], 7, "`metadata` is not a mapping"),
        (["spec", "template", "metadata", "labels"], 7, "`labels` is not a mapping"),
        (["spec", "template", "metadata", "annotations"], "x", "`annotations` is not a mapping"),
        (
            ["spec", "template", "immutable"],
            "yes",
            "`immutable` is not true or false",
        ),
        (["spec", "template", "data", "dsn"], 7, "`spec.template.data.dsn` is not a text"),
    ],
    ids=lambda value: ".".join(value) if isinstance(value, list) else "",
)
def test_a_wrong_shape_is_named(path: list[str], value: JsonValue, what: str) -> None:
    content = copy.deepcopy(_CONTENT)
    parent = content
    for key in path[:-1]:
        parent = parent[key]
    parent[path[-1]] = value

    with pytest.raises(InputError) as caught:
        parse(content, where="a.yaml:3:1")

    assert str(caught.value) == f"{what} - a.yaml:3:1"
    assert caught.value.hint


def _with_broken_items() -> JsonObject:
    content = copy.deepcopy(_CONTENT)
    content["spec"]["encryptedData"] |= {"a": "%", "b": None, "c": 7, "d": ["AQID"]}
    return content


def test_an_item_that_cannot_be_read_is_named_at_its_place() -> None:
    with pytest.raises(InputError) as caught:
        parse(_with_broken_items(), where="a.yaml:1:1", place_of=lambda item: f"place of {item}")

    assert str(caught.value) == "`spec.encryptedData.a` is not base64 - place of a"


def test_items_that_cannot_be_read_are_empty_where_they_are_kept() -> None:
    sealed = parse(_with_broken_items(), keeps_unreadable=True)

    assert sealed.encrypted_data == {
        "password": b"\x01\x02\x03",
        "user": b"\x04\x05\x06",
        **dict.fromkeys("abcd", b""),
    }


def test_the_form_before_2019_is_refused_by_name() -> None:
    content = copy.deepcopy(_CONTENT)
    content["spec"]["data"] = "AgA="

    with pytest.raises(UnsupportedField, match=r"`spec\.data` seals a whole Secret"):
        parse(content)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=8,
)


@settings(deadline=None)
@given(metadata=_JSON, encrypted_data=_JSON, template=_JSON)
def test_any_shape_is_read_or_refused(
    metadata: JsonValue, encrypted_data: JsonValue, template: JsonValue
) -> None:
    if isinstance(metadata, dict):
        metadata["name"] = "database"
    spec = {"encryptedData": encrypted_data, "template": template}

    with suppress(InputError):
        assert parse(_CONTENT | {"metadata": metadata, "spec": spec}).name == "database"
