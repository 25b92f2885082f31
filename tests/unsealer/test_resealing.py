"""What `rotate` makes of a SealedSecret: other envelopes of the same values, and nothing else."""

from __future__ import annotations

import base64
import copy
from typing import TYPE_CHECKING

import pytest

from gitopskit.errors import InputError, Undecryptable, UnsupportedField, UnusableKey
from gitopskit.manifests.settled_names import KEY_RECORDS_ANNOTATION
from gitopskit.redaction import Plaintext
from gitopskit.sealing import sealed_secret
from gitopskit.sealing.certificates import Certificates
from gitopskit.sealing.envelope import open_value, seal_value
from gitopskit.sealing.hybrid import is_hybrid
from gitopskit.sealing.key_records import key_of, read_records
from gitopskit.sealing.scope import CLUSTER_WIDE_ANNOTATION, NAMESPACE_WIDE_ANNOTATION, Scope
from gitopskit.sealing.unseal import Keyring, unseal_secret
from gitopskit.unsealer.resealing import count_items, open_values, reseal
from tests.support.hybrid import hybrid_certificate, hybrid_pair
from tests.support.sealing import private_key_of

if TYPE_CHECKING:
    from gitopskit.manifests.json_types import JsonObject
    from tests.support.unsealing import SealingKey

VALUES = {"b": "hunter2", "a": "x"}
SCOPES = pytest.mark.parametrize("scope", Scope, ids=lambda scope: scope.value)
EMPTY: JsonObject = {}


@pytest.fixture
def both(key: SealingKey, second_key: SealingKey) -> Keyring:
    return Keyring((private_key_of(key.pair), private_key_of(second_key.pair)))


@pytest.fixture
def newest(second_key: SealingKey) -> Keyring:
    return Keyring((private_key_of(second_key.pair),))


def sealed(key: SealingKey, scope: Scope = Scope.STRICT) -> JsonObject:
    return key.seal("db", "shop", VALUES, scope=scope, metadata={"labels": {"team": "a"}})


def opened(content: JsonObject, keyring: Keyring) -> dict[str, str]:
    data = unseal_secret(content, keyring=keyring).data
    return {item: value.reveal().decode() for item, value in data.items()}


@SCOPES
def test_the_values_are_sealed_to_the_newest_key(
    key: SealingKey, second_key: SealingKey, both: Keyring, newest: Keyring, scope: Scope
) -> None:
    before = sealed(key, scope)

    after = reseal(before, keyring=both, certificates=Certificates(rsa=second_key.certificate))

    assert opened(after, newest) == VALUES
    assert list(after["spec"]["encryptedData"]) == list(before["spec"]["encryptedData"])


def test_all_that_is_no_envelope_stays(
    key: SealingKey, second_key: SealingKey, both: Keyring
) -> None:
    before = sealed(key)
    before["metadata"] |= {"labels": {"app": "db"}, "finalizers": ["example.com/f"]}
    before["metadata"]["annotations"] = {"note": "ours"}
    before["spec"]["template"] = {
        "type": "Opaque",
        "immutable": True,
        "metadata": {"labels": {"team": "a"}, "annotations": {"x": "y"}},
        "data": {"url": "{{ .b }}", "gone": None},
    }
    before["spec"]["unknown"] = {"kept": 1}
    given = copy.deepcopy(before)

    after = reseal(before, keyring=both, certificates=Certificates(rsa=second_key.certificate))

    assert before == given
    del before["spec"]["encryptedData"], after["spec"]["encryptedData"]
    assert after == before


def test_what_a_server_set_is_left_out(
    key: SealingKey, second_key: SealingKey, both: Keyring
) -> None:
    before = sealed(key)
    plain = before["metadata"]
    before["status"] = {"conditions": []}
    before["metadata"] = plain | {
        "uid": "1",
        "resourceVersion": "2",
        "generation": 3,
        "creationTimestamp": "2026-06-01T00:00:00Z",
        "managedFields": [],
        "annotations": plain.get("annotations", {})
        | {"kubectl.kubernetes.io/last-applied-configuration": "{}", "note": "ours"},
    }

    after = reseal(before, keyring=both, certificates=Certificates(rsa=second_key.certificate))

    assert after.keys() == {"apiVersion", "kind", "metadata", "spec"}
    assert after["metadata"].keys() == {"name", "namespace", "annotations"}
    assert after["metadata"]["annotations"].keys() == {"note", KEY_RECORDS_ANNOTATION}


def test_key_records_name_the_new_key(
    key: SealingKey, second_key: SealingKey, both: Keyring
) -> None:
    after = reseal(sealed(key), keyring=both, certificates=Certificates(rsa=second_key.certificate))

    records = read_records(after["metadata"]["annotations"])
    named = {
        item: key_of(records, item, base64.b64decode(text))
        for item, text in after["spec"]["encryptedData"].items()
    }
    assert named == dict.fromkeys(VALUES, second_key.certificate.fingerprint)


def test_each_item_stays_with_the_kind_of_key_it_has(
    key: SealingKey, second_key: SealingKey, both: Keyring
) -> None:
    mixed = sealed(key)
    blob = seal_value(
        Plaintext(b"quantum"), public_key=hybrid_certificate(0).public_key, label=b"shop/db"
    )
    mixed["spec"]["encryptedData"]["c"] = base64.b64encode(blob).decode()
    keyring = Keyring((*both.keys, private_key_of(hybrid_pair(0))))
    certificates = Certificates(rsa=second_key.certificate, hybrid=hybrid_certificate(1))

    after = reseal(mixed, keyring=keyring, certificates=certificates)

    newest = Keyring((private_key_of(second_key.pair), private_key_of(hybrid_pair(1))))
    blobs = sealed_secret.parse(after).encrypted_data
    assert opened(after, newest) == VALUES | {"c": "quantum"}
    assert {item: is_hybrid(blob) for item, blob in blobs.items()} == {
        "a": False,
        "b": False,
        "c": True,
    }


def test_nothing_falls_back_from_hybrid_to_rsa(second_key: SealingKey) -> None:
    blob = seal_value(
        Plaintext(b"quantum"), public_key=hybrid_certificate(0).public_key, label=b"shop/db"
    )
    content = second_key.seal("db", "shop", VALUES)
    content["spec"]["encryptedData"] = {"c": base64.b64encode(blob).decode()}
    keyring = Keyring((private_key_of(hybrid_pair(0)),))

    with pytest.raises(UnusableKey):
        reseal(content, keyring=keyring, certificates=Certificates(rsa=second_key.certificate))


def test_where_there_were_no_key_records_there_are_none(
    key: SealingKey, second_key: SealingKey, both: Keyring
) -> None:
    before = sealed(key)
    del before["metadata"]["annotations"]

    after = reseal(before, keyring=both, certificates=Certificates(rsa=second_key.certificate))

    assert "annotations" not in after["metadata"]


@pytest.mark.parametrize("annotation", [CLUSTER_WIDE_ANNOTATION, NAMESPACE_WIDE_ANNOTATION])
@pytest.mark.parametrize("others", [EMPTY, {"x": "y"}], ids=["alone", "among others"])
def test_a_template_cannot_widen_a_scope(
    key: SealingKey, second_key: SealingKey, both: Keyring, annotation: str, others: JsonObject
) -> None:
    """The attack of CVE-2026-22728: a strict value made to open in another namespace."""
    stolen = sealed(key)
    stolen["spec"]["template"]["metadata"]["annotations"] = {annotation: "true"} | others

    after = reseal(stolen, keyring=both, certificates=Certificates(rsa=second_key.certificate))

    private_keys = [private_key_of(second_key.pair).key]
    blob = base64.b64decode(after["spec"]["encryptedData"]["b"])
    strict = open_value(blob, private_keys=private_keys, label=b"shop/db")
    assert strict.reveal() == b"hunter2"
    for label in (b"", b"shop"):
        with pytest.raises(Undecryptable):
            open_value(blob, private_keys=private_keys, label=label)
    template = after["spec"]["template"]["metadata"]
    assert template.get("annotations", {}) == others
    assert annotation not in after["metadata"]["annotations"]


def test_a_scope_that_was_not_sealed_for_opens_nothing(
    key: SealingKey, second_key: SealingKey, both: Keyring
) -> None:
    stolen = sealed(key)
    stolen["metadata"]["annotations"] = {CLUSTER_WIDE_ANNOTATION: "true"}

    with pytest.raises(Undecryptable):
        reseal(stolen, keyring=both, certificates=Certificates(rsa=second_key.certificate))


def test_one_closed_item_closes_all(
    key: SealingKey, second_key: SealingKey, newest: Keyring
) -> None:
    mixed = second_key.seal("db", "shop", VALUES)
    mixed["spec"]["encryptedData"] |= {"c": sealed(key)["spec"]["encryptedData"]["b"]}

    with pytest.raises(Undecryptable):
        reseal(mixed, keyring=newest, certificates=Certificates(rsa=second_key.certificate))


@pytest.mark.parametrize(
    "change",
    [
        {"kind": "Secret"},
        {"apiVersion": "v1"},
        {"metadata": {"namespace": "shop"}},
        {"metadata": {"name": "db"}},
        {"metadata": []},
        {"spec": []},
        {"spec": {"encryptedData": []}},
        {"spec": {"encryptedData": {"a": "not base64"}}},
        {"spec": {"encryptedData": {"a": 1}}},
    ],
    ids=str,
)
def test_what_is_no_sealed_secret_is_an_input_error(
    key: SealingKey, second_key: SealingKey, both: Keyring, change: JsonObject
) -> None:
    content = sealed(key) | change

    with pytest.raises(InputError):
        open_values(content, keyring=both)
    with pytest.raises(InputError):
        reseal(content, keyring=both, certificates=Certificates(rsa=second_key.certificate))


def test_the_form_before_2019_is_not_sealed_again(
    key: SealingKey, second_key: SealingKey, both: Keyring
) -> None:
    content = sealed(key) | {"spec": {"data": "AgAB"}}

    with pytest.raises(UnsupportedField):
        reseal(content, keyring=both, certificates=Certificates(rsa=second_key.certificate))


def test_a_template_plays_no_part_in_opening(key: SealingKey, both: Keyring) -> None:
    content = sealed(key)
    content["spec"]["template"] = {"data": {"x": "{{ fail }}"}, "metadata": 3}

    values = open_values(content, keyring=both)

    assert {item: value.reveal().decode() for item, value in values.items()} == VALUES


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (EMPTY, 1),
        ({"spec": []}, 1),
        ({"spec": {"encryptedData": []}}, 1),
        ({"spec": {"encryptedData": {}}}, 1),
        ({"spec": {"encryptedData": {"a": 1, "b": 2, "c": 3}}}, 3),
    ],
)
def test_items_are_counted_whatever_the_shape(content: JsonObject, expected: int) -> None:
    assert count_items(content) == expected
