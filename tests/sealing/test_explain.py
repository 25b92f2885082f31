"""Why an envelope does not open: each cause has a sentence of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gitopskit.redaction import Plaintext
from gitopskit.sealing.envelope import seal_value
from gitopskit.sealing.explain import Cause, explain
from gitopskit.sealing.keys import PrivateKey, SealingCertificate, new_sealing_key
from gitopskit.sealing.scope import Binding, Scope
from tests.support.hybrid import hybrid_certificate, hybrid_pair
from tests.support.sealing import BORN, private_key_of

if TYPE_CHECKING:
    from collections.abc import Callable

_HERE = Binding(scope=Scope.STRICT, namespace="shop", name="db")
_WIDE = Binding(scope=Scope.NAMESPACE_WIDE, namespace="shop", name="db")
_CLUSTER = Binding(scope=Scope.CLUSTER_WIDE, namespace="shop", name="db")
_ELSEWHERE = Binding(scope=Scope.STRICT, namespace="shop", name="cache")
_OTHER_NAMESPACE = Binding(scope=Scope.NAMESPACE_WIDE, namespace="prod", name="db")
_FOREIGN = "SHA256:" + "b" * 43


@pytest.fixture
def seal(certificate: SealingCertificate) -> Callable[[Binding], bytes]:
    def seal_for(binding: Binding) -> bytes:
        key = certificate.public_key
        return seal_value(Plaintext(b"value"), public_key=key, label=binding.label)

    return seal_for


def test_a_value_that_lacks_its_end_is_cut_off(
    seal: Callable[[Binding], bytes], private_key: PrivateKey
) -> None:
    found = explain(seal(_HERE)[:200], keys=[private_key], binding=_HERE)

    assert found.cause is Cause.CUT_OFF
    assert found.sentence == (
        "the value is cut off: 200 bytes cannot hold a wrapped key of 256 bytes and a tag"
    )


def test_a_value_of_no_bytes_is_empty(private_key: PrivateKey) -> None:
    assert explain(b"", keys=[private_key], binding=_HERE).sentence == "the value is empty"


@pytest.mark.parametrize("size", [0, 1, 2], ids=["nothing", "one byte", "two bytes"])
def test_a_value_that_lacks_almost_everything_is_cut_off(
    private_key: PrivateKey, size: int
) -> None:
    assert explain(bytes(size), keys=[private_key], binding=_HERE).cause is Cause.CUT_OFF


@pytest.mark.parametrize("first", [b"\x00\x05", b"\xff\xfe"], ids=["too small", "too large"])
def test_first_bytes_that_fit_no_key_are_altered(
    seal: Callable[[Binding], bytes], private_key: PrivateKey, first: bytes
) -> None:
    found = explain(first + seal(_HERE)[2:], keys=[private_key], binding=_HERE)

    assert found.cause is Cause.ALTERED
    assert found.sentence == (
        f"its first bytes were altered: they announce a wrapped key of {int.from_bytes(first)} "
        "bytes, which no RSA key has"
    )


def test_a_key_of_another_size_is_named(seal: Callable[[Binding], bytes]) -> None:
    larger = private_key_of(new_sealing_key(now=BORN, size_bits=3072))

    found = explain(seal(_HERE), keys=[larger], binding=_HERE)

    assert found.cause is Cause.OTHER_SIZE
    assert found.sentence == "it was sealed to a key of 2048 bits, and the keys tried have 3072"


@pytest.mark.parametrize("sealed_for", [_HERE, _WIDE], ids=["as said", "in another scope"])
def test_an_altered_value_is_told_from_a_wrong_key(
    seal: Callable[[Binding], bytes], private_key: PrivateKey, sealed_for: Binding
) -> None:
    blob = bytearray(seal(sealed_for))
    blob[-1] ^= 1

    found = explain(bytes(blob), keys=[private_key], binding=_HERE)

    assert found.cause is Cause.ALTERED
    assert private_key.fingerprint in found.sentence


@pytest.mark.parametrize(
    ("sealed_for", "read_for", "sentence", "hint"),
    [
        (
            _WIDE,
            _HERE,
            "it was sealed as namespace-wide, and the manifest says strict",
            (
                'add `sealedsecrets.bitnami.com/namespace-wide: "true"` to `metadata.annotations`, '
                "and no other scope"
            ),
        ),
        (
            _CLUSTER,
            _HERE,
            "it was sealed as cluster-wide, and the manifest says strict",
            (
                'add `sealedsecrets.bitnami.com/cluster-wide: "true"` to `metadata.annotations`, '
                "and no other scope"
            ),
        ),
        (
            _HERE,
            _CLUSTER,
            "it was sealed as strict, and the manifest says cluster-wide",
            "remove the scope's annotation from `metadata.annotations`",
        ),
    ],
    ids=["namespace-wide", "cluster-wide", "strict"],
)
def test_another_scope_that_works_is_named(
    seal: Callable[[Binding], bytes],
    private_key: PrivateKey,
    sealed_for: Binding,
    read_for: Binding,
    sentence: str,
    hint: str,
) -> None:
    found = explain(seal(sealed_for), keys=[private_key], binding=read_for)

    assert (found.cause, found.sentence, found.hint) == (Cause.OTHER_SCOPE, sentence, hint)


@pytest.mark.parametrize(
    ("sealed_for", "read_for", "sentence"),
    [
        (_ELSEWHERE, _HERE, "it was sealed for shop/cache, and the manifest is for shop/db"),
        (
            _OTHER_NAMESPACE,
            _WIDE,
            "it was sealed for the namespace prod, and the manifest is for the namespace shop",
        ),
        (
            _ELSEWHERE,
            _CLUSTER,
            "it was sealed for shop/cache, and the manifest is for the whole cluster",
        ),
    ],
    ids=["name", "namespace", "cluster"],
)
def test_another_place_that_works_is_named(
    seal: Callable[[Binding], bytes],
    private_key: PrivateKey,
    sealed_for: Binding,
    read_for: Binding,
    sentence: str,
) -> None:
    found = explain(
        seal(sealed_for),
        keys=[private_key],
        binding=read_for,
        elsewhere=[_ELSEWHERE, _OTHER_NAMESPACE],
    )

    assert (found.cause, found.sentence) == (Cause.OTHER_PLACE, sentence)


def test_a_recorded_key_that_is_not_here_is_named(
    seal: Callable[[Binding], bytes], other_key: PrivateKey
) -> None:
    found = explain(seal(_HERE), keys=[other_key], binding=_HERE, recorded_key=_FOREIGN)

    assert found.cause is Cause.KEY_NOT_HERE
    assert found.sentence == (
        f"it is recorded as sealed to {_FOREIGN}, which is not among the keys tried: "
        f"{other_key.fingerprint}"
    )


def test_a_recorded_key_that_is_here_leaves_only_the_place(
    seal: Callable[[Binding], bytes], private_key: PrivateKey
) -> None:
    found = explain(
        seal(_ELSEWHERE), keys=[private_key], binding=_HERE, recorded_key=private_key.fingerprint
    )

    assert found.cause is Cause.PLACE_UNKNOWN
    assert "for another name or namespace than shop/db" in found.sentence


def test_without_a_record_key_and_place_cannot_be_told_apart(
    seal: Callable[[Binding], bytes], other_key: PrivateKey
) -> None:
    found = explain(seal(_HERE), keys=[other_key], binding=_HERE)

    assert found.cause is Cause.UNKNOWN
    assert found.sentence == (
        "it was sealed to a key that is not here, or for another name or namespace than shop/db, "
        f"or altered since; keys tried: {other_key.fingerprint}"
    )


@pytest.mark.parametrize("scope", [Scope.STRICT, Scope.NAMESPACE_WIDE], ids=["strict", "wide"])
def test_a_manifest_without_a_namespace_is_said_to_have_none(
    seal: Callable[[Binding], bytes], private_key: PrivateKey, scope: Scope
) -> None:
    nowhere = Binding(scope=scope, namespace="", name="db")

    found = explain(seal(_HERE), keys=[private_key], binding=nowhere, elsewhere=[_HERE])

    assert found.cause is Cause.OTHER_PLACE
    assert found.sentence == (
        "it was sealed for shop/db, and the manifest is for db in no namespace"
    )


def test_no_keys_at_all_is_said(seal: Callable[[Binding], bytes]) -> None:
    found = explain(seal(_HERE), keys=[], binding=_WIDE)

    assert found.cause is Cause.UNKNOWN
    assert found.sentence.endswith("than the namespace shop, or altered since; keys tried: none")


def _sealed_hybrid(binding: Binding = _HERE) -> bytes:
    key = hybrid_certificate().public_key
    return seal_value(Plaintext(b"value"), public_key=key, label=binding.label)


def _hybrid_private_key(number: int = 0) -> PrivateKey:
    return private_key_of(hybrid_pair(number))


@pytest.mark.parametrize("size", [2, 5, 8, 1143])
def test_a_hybrid_envelope_that_lacks_its_end_is_cut_off(size: int) -> None:
    found = explain(_sealed_hybrid()[:size], keys=[_hybrid_private_key()], binding=_HERE)

    assert found.cause is Cause.CUT_OFF
    assert found.sentence == (
        f"the value is cut off: {size} bytes, and a hybrid envelope has 1144 or more"
    )


def test_a_suite_that_is_not_known_is_named() -> None:
    blob = b"\xff\xff\x00\x50\x00\x01\x00\x02" + _sealed_hybrid()[8:]

    found = explain(blob, keys=[_hybrid_private_key()], binding=_HERE)

    assert found.cause is Cause.OTHER_SUITE
    assert found.sentence == (
        "it names the suite 005000010002, which is not known here: a newer version sealed it, or "
        "its first bytes were altered"
    )


def test_a_key_of_another_kind_is_told(
    seal: Callable[[Binding], bytes], private_key: PrivateKey
) -> None:
    of_hybrid = explain(_sealed_hybrid(), keys=[private_key], binding=_HERE)
    of_rsa = explain(seal(_HERE), keys=[_hybrid_private_key()], binding=_HERE)

    assert (of_hybrid.cause, of_rsa.cause) == (Cause.OTHER_KIND, Cause.OTHER_KIND)
    assert of_hybrid.sentence == "it was sealed to a hybrid key, and no key tried is one"
    assert of_rsa.sentence == "it was sealed to an RSA key of 2048 bits, and no key tried is one"


def test_a_key_of_another_size_is_named_among_keys_of_both_kinds(
    seal: Callable[[Binding], bytes],
) -> None:
    larger = private_key_of(new_sealing_key(now=BORN, size_bits=3072))

    found = explain(seal(_HERE), keys=[larger, _hybrid_private_key()], binding=_HERE)

    assert found.sentence == "it was sealed to a key of 2048 bits, and the keys tried have 3072"


@pytest.mark.parametrize(
    ("sealed_for", "cause"),
    [(_WIDE, Cause.OTHER_SCOPE), (_CLUSTER, Cause.OTHER_SCOPE), (_ELSEWHERE, Cause.OTHER_PLACE)],
)
def test_another_place_of_a_hybrid_envelope_is_found(sealed_for: Binding, cause: Cause) -> None:
    found = explain(
        _sealed_hybrid(sealed_for),
        keys=[_hybrid_private_key()],
        binding=_HERE,
        elsewhere=[_ELSEWHERE],
    )

    assert found.cause is cause


def test_of_a_hybrid_envelope_an_alteration_is_not_told_from_another_key() -> None:
    altered = bytearray(_sealed_hybrid())
    altered[-1] ^= 1

    found = [
        explain(bytes(altered), keys=[_hybrid_private_key()], binding=_HERE),
        explain(_sealed_hybrid(), keys=[_hybrid_private_key(1)], binding=_HERE),
    ]

    assert [each.cause for each in found] == [Cause.UNKNOWN, Cause.UNKNOWN]


def test_a_recorded_hybrid_key_that_is_not_here_is_named() -> None:
    recorded = hybrid_certificate().fingerprint

    found = explain(
        _sealed_hybrid(), keys=[_hybrid_private_key(1)], binding=_HERE, recorded_key=recorded
    )

    assert found.cause is Cause.KEY_NOT_HERE
    assert recorded in found.sentence
