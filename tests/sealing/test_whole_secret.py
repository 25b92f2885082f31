"""The form before 2019: a whole Secret in one envelope."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitopskit.errors import GitopskitError, InputError, Undecryptable
from gitopskit.redaction import Plaintext
from gitopskit.sealing.envelope import seal_value
from gitopskit.sealing.unseal import Keyring, unseal_secret
from gitopskit.sealing.whole_secret import read_whole

if TYPE_CHECKING:
    from gitopskit.manifests.json_types import JsonObject, JsonValue
    from gitopskit.sealing.keys import SealingCertificate

_SECRET: JsonObject = {
    "kind": "Secret",
    "apiVersion": "v1",
    "metadata": {
        "name": "other",
        "namespace": "other",
        "creationTimestamp": None,
        "labels": {"team": "a"},
        "ownerReferences": [{"uid": "x"}],
    },
    "type": "example.com/login",
    "data": {"password": "c2VjcmV0"},
    "stringData": {"user": "root"},
}


def whole(certificate: SealingCertificate, text: bytes, **spec: JsonValue) -> JsonObject:
    """Return a SealedSecret in that form around any text."""
    blob = seal_value(Plaintext(text), public_key=certificate.public_key, label=b"shop/database")
    return {
        "apiVersion": "bitnami.com/v1alpha1",
        "kind": "SealedSecret",
        "metadata": {"name": "database", "namespace": "shop"},
        "spec": {"encryptedData": {}, "data": base64.b64encode(blob).decode(), **spec},
    }


def test_the_secret_inside_comes_back_under_the_name_of_the_sealed_secret(
    certificate: SealingCertificate, keyring: Keyring
) -> None:
    content = whole(certificate, json.dumps(_SECRET).encode(), template={"type": "ignored"})

    unsealed = unseal_secret(content, keyring=keyring)

    assert unsealed.to_content() == {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "database", "namespace": "shop", "labels": {"team": "a"}},
        "type": "example.com/login",
        "data": {"password": "c2VjcmV0", "user": "cm9vdA=="},
    }
    assert unsealed.opened_by == (certificate.fingerprint,)


def test_a_missing_encrypted_data_is_read_as_well(
    certificate: SealingCertificate, keyring: Keyring
) -> None:
    content = whole(certificate, b"{}")
    del content["spec"]["encryptedData"]

    assert unseal_secret(content, keyring=keyring).data == {}


def test_another_place_opens_nothing(certificate: SealingCertificate, keyring: Keyring) -> None:
    content = whole(certificate, b"{}")
    content["metadata"]["name"] = "other"

    with pytest.raises(Undecryptable, match=r"no key opens `spec\.data`"):
        unseal_secret(content, keyring=keyring)


def test_both_forms_at_once_are_refused(certificate: SealingCertificate, keyring: Keyring) -> None:
    content = whole(certificate, b"{}", encryptedData={"a": "AQAA"})

    with pytest.raises(InputError, match="both set"):
        unseal_secret(content, keyring=keyring)


def test_what_is_not_base64_is_refused(certificate: SealingCertificate, keyring: Keyring) -> None:
    content = whole(certificate, b"{}", data="?")

    with pytest.raises(InputError, match=r"`spec\.data` is not base64"):
        unseal_secret(content, keyring=keyring)


@pytest.mark.parametrize(
    "text", [b"no json: canary", b"[]", b'{"kind": "ConfigMap"}'], ids=["text", "list", "kind"]
)
def test_what_is_no_secret_is_refused_and_not_quoted(text: bytes) -> None:
    with pytest.raises(InputError, match="no Secret") as caught:
        read_whole(Plaintext(text), where="here")

    assert "canary" not in repr(caught.value)
    assert caught.value.__context__ is None


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["metadata", "labels", "data", "type", "stringData", "a"]),
            inner,
            max_size=4,
        )
    ),
)


@given(inside=_JSON)
def test_whatever_is_inside_is_read_or_refused(inside: JsonValue) -> None:
    text = Plaintext(json.dumps(inside).encode())

    try:
        parts, values = read_whole(text, where="here")
    except GitopskitError:
        return

    assert set(parts) == {"metadata", "type", "immutable"}
    assert all(isinstance(value, Plaintext) for value in values.values())
