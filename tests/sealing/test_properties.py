"""What holds for every Secret, place and key: what is sealed opens there, alike, and only there."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from gitopskit.errors import InputError, Undecryptable
from gitopskit.manifests.documents import read_value
from gitopskit.manifests.write import dump_documents, dump_json
from gitopskit.redaction import Plaintext
from gitopskit.sealing.envelope import open_value, seal_value
from gitopskit.sealing.scope import Binding, Scope, rescope
from gitopskit.sealing.seal import SealOptions, seal_secret
from gitopskit.sealing.sealed_secret import SealedSecret, parse, to_content
from gitopskit.sealing.unseal import Keyring, unseal_secret
from tests.support.sealing import private_key_of, sealing_pair

if TYPE_CHECKING:
    from gitopskit.manifests.json_types import JsonObject
    from gitopskit.sealing.keys import PrivateKey, SealingCertificate

_MORE_TIME = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])

_LABELS = st.from_regex(r"[a-z0-9]([-a-z0-9]{0,12}[a-z0-9])?", fullmatch=True)
_NAMES = st.lists(_LABELS, min_size=1, max_size=3).map(".".join)
_ITEMS = st.from_regex(r"\.?[-_a-zA-Z0-9][-._a-zA-Z0-9]{0,20}", fullmatch=True)
_TEXTS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20)
_MAPPINGS = st.dictionaries(_TEXTS, _TEXTS, max_size=3)
_VALUES = st.binary(max_size=600).map(Plaintext)
_PLACES = st.builds(Binding, scope=st.sampled_from(Scope), namespace=_LABELS, name=_NAMES)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Secret:
    """What a drawn Secret holds beside its place."""

    data: dict[str, Plaintext]
    labels: dict[str, str] = field(default_factory=dict)
    annotations: dict[str, str] = field(default_factory=dict)
    type: str = "Opaque"
    immutable: bool | None = None


_SECRETS = st.builds(
    _Secret,
    data=st.dictionaries(_ITEMS, _VALUES, min_size=1, max_size=3),
    labels=_MAPPINGS,
    annotations=_MAPPINGS,
    type=st.sampled_from(["Opaque", "kubernetes.io/tls", "example.com/own"]),
    immutable=st.none() | st.booleans(),
)


def _content(secret: _Secret, place: Binding) -> JsonObject:
    encoded = {item: _encoded(value.reveal()) for item, value in secret.data.items()}
    content: JsonObject = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {
            "name": place.name,
            "namespace": place.namespace,
            "labels": secret.labels,
            "annotations": rescope(secret.annotations, place.scope),
        },
        "type": secret.type,
        "data": encoded,
    }
    return content if secret.immutable is None else {**content, "immutable": secret.immutable}


def _encoded(value: bytes) -> str:
    return base64.b64encode(value).decode()


def _moved(sealed: JsonObject, place: Binding) -> JsonObject:
    """Return a SealedSecret as it is with another place written over its own."""
    metadata = {
        "name": place.name,
        "namespace": place.namespace,
        "annotations": rescope(sealed["metadata"].get("annotations", {}), place.scope),
    }
    return {**sealed, "metadata": metadata}


@_MORE_TIME
@given(secret=_SECRETS, place=_PLACES)
def test_what_is_sealed_unseals_to_the_same_secret(
    secret: _Secret, place: Binding, certificate: SealingCertificate, keyring: Keyring
) -> None:
    content = _content(secret, place)

    sealed = seal_secret(content, SealOptions(certificate=certificate))

    opened = unseal_secret(sealed, keyring=keyring)
    assert (opened.name, opened.namespace) == (place.name, place.namespace)
    assert (opened.type, opened.immutable) == (secret.type, secret.immutable)
    assert opened.data == secret.data
    assert opened.metadata.get("labels", {}) == secret.labels
    assert opened.metadata.get("annotations", {}) == content["metadata"]["annotations"]


@given(item=st.from_regex(r"\.|\.\.[-._a-zA-Z0-9]{0,20}", fullmatch=True))
def test_a_key_that_would_lead_out_of_a_volume_is_refused(
    item: str, certificate: SealingCertificate
) -> None:
    place = Binding(scope=Scope.STRICT, namespace="a", name="b")
    content = _content(_Secret(data={item: Plaintext(b"")}), place)

    with pytest.raises(InputError, match="has a key that a Secret cannot have"):
        seal_secret(content, SealOptions(certificate=certificate))


@_MORE_TIME
@given(secret=_SECRETS, place=_PLACES, dump=st.sampled_from(["yaml", "json"]))
def test_a_sealed_secret_that_was_written_to_a_file_unseals_alike(
    secret: _Secret, place: Binding, dump: str, certificate: SealingCertificate, keyring: Keyring
) -> None:
    sealed = seal_secret(_content(secret, place), SealOptions(certificate=certificate))

    text = dump_json(sealed) if dump == "json" else dump_documents([sealed])

    assert read_value(text, path="x") == sealed
    assert unseal_secret(read_value(text, path="x"), keyring=keyring).data == secret.data


@_MORE_TIME
@given(secret=_SECRETS, place=_PLACES, other=_PLACES)
def test_a_moved_sealed_secret_opens_only_where_its_scope_says(
    secret: _Secret,
    place: Binding,
    other: Binding,
    certificate: SealingCertificate,
    keyring: Keyring,
) -> None:
    sealed = seal_secret(_content(secret, place), SealOptions(certificate=certificate))

    for moved in (other, replace(place, name=other.name), replace(place, scope=other.scope)):
        opened = _open(_moved(sealed, moved), keyring)

        assert opened == (secret.data if _covers(place, moved) else None)


def _covers(place: Binding, other: Binding) -> bool:
    parts = {
        Scope.STRICT: (other.namespace, other.name) == (place.namespace, place.name),
        Scope.NAMESPACE_WIDE: other.namespace == place.namespace,
        Scope.CLUSTER_WIDE: True,
    }
    return other.scope is place.scope and parts[place.scope]


def _open(sealed: JsonObject, keyring: Keyring) -> object:
    try:
        return unseal_secret(sealed, keyring=keyring).data
    except Undecryptable:
        return None


@_MORE_TIME
@given(secret=_SECRETS, place=_PLACES)
def test_another_key_never_opens(
    secret: _Secret, place: Binding, certificate: SealingCertificate, other_key: PrivateKey
) -> None:
    sealed = seal_secret(_content(secret, place), SealOptions(certificate=certificate))

    with pytest.raises(Undecryptable):
        unseal_secret(sealed, keyring=Keyring((other_key,)))


@_MORE_TIME
@given(secret=_SECRETS, place=_PLACES, is_last=st.booleans())
def test_keys_that_do_not_fit_are_passed_over(
    secret: _Secret,
    place: Binding,
    is_last: bool,  # noqa: FBT001 -- hypothesis passes by name
    certificate: SealingCertificate,
    private_key: PrivateKey,
    other_key: PrivateKey,
) -> None:
    keys = (other_key, private_key) if is_last else (private_key, other_key)

    sealed = seal_secret(_content(secret, place), SealOptions(certificate=certificate))

    assert unseal_secret(sealed, keyring=Keyring(keys)).data == secret.data


@given(first=_PLACES, second=_PLACES)
def test_different_places_have_different_labels(first: Binding, second: Binding) -> None:
    is_same = first.label == second.label

    assert is_same == _covers(first, second)


@_MORE_TIME
@given(value=_VALUES, label=st.binary(max_size=40), other=st.binary(max_size=40))
def test_another_label_never_opens(
    value: Plaintext, label: bytes, other: bytes, private_key: PrivateKey
) -> None:
    assume(label != other)
    sealed = seal_value(value, public_key=private_key.key.public_key(), label=label)

    with pytest.raises(Undecryptable):
        open_value(sealed, private_keys=[private_key.key], label=other)


@_MORE_TIME
@given(value=_VALUES, data=st.data())
def test_a_flipped_bit_never_opens(
    value: Plaintext, data: st.DataObject, private_key: PrivateKey
) -> None:
    sealed = seal_value(value, public_key=private_key.key.public_key(), label=b"a/b")
    bit = data.draw(st.integers(0, len(sealed) * 8 - 1))

    flipped = bytearray(sealed)
    flipped[bit // 8] ^= 1 << bit % 8

    with pytest.raises(Undecryptable):
        open_value(bytes(flipped), private_keys=[private_key.key], label=b"a/b")


@_MORE_TIME
@given(value=_VALUES, data=st.data())
def test_a_part_of_an_envelope_never_opens(
    value: Plaintext, data: st.DataObject, private_key: PrivateKey
) -> None:
    sealed = seal_value(value, public_key=private_key.key.public_key(), label=b"a/b")
    start = data.draw(st.integers(0, len(sealed)) | st.just(0))
    end = data.draw(st.integers(start, len(sealed)))
    assume(end - start < len(sealed))

    with pytest.raises(Undecryptable):
        open_value(sealed[start:end], private_keys=[private_key.key], label=b"a/b")


@_MORE_TIME
@given(value=_VALUES, more=st.binary(min_size=1, max_size=40))
def test_an_envelope_with_more_behind_it_never_opens(
    value: Plaintext, more: bytes, private_key: PrivateKey
) -> None:
    sealed = seal_value(value, public_key=private_key.key.public_key(), label=b"a/b")

    with pytest.raises(Undecryptable):
        open_value(sealed + more, private_keys=[private_key.key], label=b"a/b")


@st.composite
def _sealed_secrets(draw: st.DrawFn) -> SealedSecret:
    place = draw(_PLACES)
    annotations = rescope(draw(_MAPPINGS), place.scope)
    metadata: JsonObject = {"name": place.name, "namespace": place.namespace}
    if annotations:
        metadata["annotations"] = annotations
    return SealedSecret(
        name=place.name,
        namespace=place.namespace,
        scope=place.scope,
        metadata=metadata,
        encrypted_data=draw(st.dictionaries(_TEXTS, st.binary(max_size=40), max_size=3)),
        template_metadata=draw(st.dictionaries(st.sampled_from(["labels", "x"]), _MAPPINGS)),
        template_data=draw(st.dictionaries(_TEXTS, st.none() | _TEXTS, max_size=3)),
        type=draw(st.just("") | _TEXTS),
        immutable=draw(st.none() | st.booleans()),
    )


@given(sealed=_sealed_secrets())
def test_a_sealed_secret_that_is_written_reads_the_same(sealed: SealedSecret) -> None:
    content = to_content(sealed)

    assert parse(content) == sealed
    assert parse(_read(dump_documents([content]))) == sealed
    assert parse(_read(dump_json(content))) == sealed


def _read(text: str) -> Any:  # noqa: ANN401 -- any JSON
    return read_value(text, path="x")


@given(
    blob=st.binary(max_size=200),
    breaks=st.lists(st.tuples(st.integers(0, 300), st.sampled_from(["\n", "\r\n", "\r"]))),
)
def test_line_breaks_in_base64_change_nothing(blob: bytes, breaks: list[tuple[int, str]]) -> None:
    wrapped = _encoded(blob)
    for place, line_break in breaks:
        wrapped = wrapped[:place] + line_break + wrapped[place:]

    assert parse(_with_value(wrapped)).encrypted_data == {"item": blob}


@given(
    blob=st.binary(max_size=60),
    place=st.integers(0, 80),
    foreign=st.characters(exclude_characters="\r\n", exclude_categories=["Cs"]).filter(
        lambda character: not ((character.isascii() and character.isalnum()) or character in "+/=")
    ),
)
def test_any_other_character_in_base64_is_refused(blob: bytes, place: int, foreign: str) -> None:
    text = _encoded(blob)

    with pytest.raises(InputError, match="is not base64"):
        parse(_with_value(text[:place] + foreign + text[place:]))


def _with_value(encoded: str) -> JsonObject:
    return {
        "apiVersion": "bitnami.com/v1alpha1",
        "kind": "SealedSecret",
        "metadata": {"name": "a", "namespace": "b"},
        "spec": {"encryptedData": {"item": encoded}},
    }


def test_the_pairs_of_the_tests_are_different_keys() -> None:
    first, second = (private_key_of(sealing_pair(number)) for number in (0, 1))

    assert first.fingerprint != second.fingerprint
