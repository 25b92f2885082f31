"""Hybrid keys among sealing keys: made, carried in Secrets, read beside RSA keys."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gitopskit.errors import Undecryptable, UnusableKey
from gitopskit.manifests.write import dump_documents
from gitopskit.redaction import Plaintext
from gitopskit.sealing.envelope import open_and_tell, open_value, seal_value
from gitopskit.sealing.hybrid_keys import hybrid_key_secret, new_hybrid_key
from gitopskit.sealing.keys import (
    key_label,
    key_secret,
    load_certificate,
    read_certificate,
    read_key_secret,
    read_private_keys,
)
from gitopskit.sealing.scope import Binding, Scope
from gitopskit.sealing.seal import SealOptions, seal_secret
from gitopskit.sealing.unseal import Keyring, unseal_secret
from tests.support.hybrid import UNTIL, hybrid_certificate, hybrid_key, hybrid_pair
from tests.support.sealing import BORN, private_key_of, sealing_pair

if TYPE_CHECKING:
    from gitopskit.manifests.json_types import JsonObject

_NAMES = st.from_regex(r"[a-z]{1,3}", fullmatch=True)
_PLACES = st.builds(Binding, scope=st.sampled_from(Scope), namespace=_NAMES, name=_NAMES)
_SECRET: JsonObject = {
    "apiVersion": "v1",
    "kind": "Secret",
    "metadata": {"name": "db", "namespace": "shop"},
    "stringData": {"password": "correct horse"},
}


def test_a_new_key_seals_for_the_days_asked_for() -> None:
    pair = new_hybrid_key(now=BORN, days=30)

    certificate = read_certificate(pair.certificate_pem, where="hybrid.pub", now=BORN)
    (key,) = read_private_keys(pair.private_pem.reveal(), where="hybrid.key")
    assert (certificate.not_before_utc, certificate.not_after_utc) == (
        BORN,
        BORN + timedelta(days=30),
    )
    assert certificate.is_hybrid
    assert key.is_hybrid
    assert key.fingerprint == certificate.fingerprint


def test_two_new_keys_differ() -> None:
    pairs = [new_hybrid_key(now=BORN) for _ in range(2)]

    assert (
        len({load_certificate(pair.certificate_pem, where="").fingerprint for pair in pairs}) == 2
    )


def test_a_key_without_a_time_to_live_is_not_made() -> None:
    with pytest.raises(UnusableKey, match="needs a time to live"):
        new_hybrid_key(now=BORN, days=0)


def test_an_expired_key_seals_nothing() -> None:
    with pytest.raises(UnusableKey, match="expired at 2036-"):
        read_certificate(
            hybrid_pair().certificate_pem, where="hybrid.pub", now=UNTIL + timedelta(seconds=1)
        )


def test_its_secret_never_has_the_label_of_rsa_keys() -> None:
    secret = hybrid_key_secret(hybrid_pair(), namespace="kube-system", name="hybrid-1")

    assert secret["type"] == "gitopskit.io/sealing-key"
    assert key_label(secret) == "gitopskit.io/sealing-key"
    assert secret["metadata"]["labels"] == {"gitopskit.io/sealing-key": "active"}
    assert set(secret["data"]) == {"hybrid.key", "hybrid.pub"}


def test_the_key_in_a_secret_is_dated_by_its_public_half() -> None:
    secret = hybrid_key_secret(hybrid_pair(), namespace="kube-system", name="hybrid-1")

    key = read_key_secret(secret, where="Secret/kube-system/hybrid-1")

    assert key.key == hybrid_key()
    assert key.not_before_utc == BORN
    assert key.certificate_pem == hybrid_pair().certificate_pem


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"hybrid.key": None}, "`hybrid.key` holds no private key"),
        (
            {"hybrid.pub": hybrid_pair(1).certificate_pem},
            "`hybrid.pub` is not the public half of `hybrid.key`",
        ),
        (
            {"hybrid.pub": sealing_pair().certificate_pem},
            "`hybrid.pub` is not the public half of `hybrid.key`",
        ),
        ({"hybrid.pub": b"-----BEGIN X-----"}, "this is a x, not a certificate"),
    ],
    ids=["no key", "of another key", "of an RSA key", "malformed"],
)
def test_halves_that_do_not_belong_together_are_refused(
    change: dict[str, bytes | None], problem: str
) -> None:
    secret = hybrid_key_secret(hybrid_pair(), namespace="kube-system", name="hybrid-1")
    texts = {name: pem.decode() for name, pem in change.items() if pem is not None}
    kept = {name: text for name, text in secret["data"].items() if name not in change}

    with pytest.raises(UnusableKey, match=problem):
        read_key_secret({**secret, "data": kept, "stringData": texts}, where="Secret/a/b")


def test_keys_of_both_kinds_are_read_from_one_pem_text() -> None:
    text = hybrid_pair().private_pem.reveal() + sealing_pair().private_pem.reveal()

    keys = read_private_keys(text, where="keys.pem")

    assert [key.is_hybrid for key in keys] == [True, False]


def test_keys_of_both_kinds_are_read_from_one_list() -> None:
    secrets = [
        hybrid_key_secret(hybrid_pair(), namespace="kube-system", name="hybrid-1"),
        key_secret(sealing_pair(), namespace="kube-system", name="rsa-1"),
    ]
    text = dump_documents([{"apiVersion": "v1", "kind": "List", "items": secrets}]).encode()

    keys = read_private_keys(text, where="keys.yaml")

    assert [key.is_hybrid for key in keys] == [True, False]


def test_a_secret_that_is_sealed_to_a_hybrid_key_unseals() -> None:
    sealed = seal_secret(_SECRET, SealOptions(certificate=hybrid_certificate()))
    (key,) = read_private_keys(hybrid_pair().private_pem.reveal(), where="hybrid.key")

    opened = unseal_secret(sealed, keyring=Keyring([key]))

    assert opened.data == {"password": Plaintext(b"correct horse")}
    records = sealed["metadata"]["annotations"]["gitopskit.io/sealing-keys"]
    assert records.split()[:2] == ["password", key.fingerprint]


@pytest.mark.parametrize("is_hybrid_first", [True, False], ids=["hybrid first", "RSA first"])
def test_one_keyring_opens_envelopes_of_both_kinds(*, is_hybrid_first: bool) -> None:
    rsa = private_key_of(sealing_pair())
    (hybrid,) = read_private_keys(hybrid_pair().private_pem.reveal(), where="hybrid.key")
    dated = replace(hybrid, not_before_utc=BORN if is_hybrid_first else None)
    keys = Keyring([replace(rsa, not_before_utc=BORN - timedelta(days=1)), dated]).keys
    halves = [hybrid_certificate(), load_certificate(sealing_pair().certificate_pem, where="")]
    value = Plaintext(b"value")

    opened = [
        open_and_tell(
            seal_value(value, public_key=half.public_key, label=b"a"),
            private_keys=[key.key for key in keys],
            label=b"a",
        )
        for half in halves
    ]

    order = [0, 1] if is_hybrid_first else [1, 0]
    assert opened == [(value, order[0]), (value, order[1])]


@settings(deadline=None)
@given(place=_PLACES, other=_PLACES, value=st.binary(max_size=600))
def test_what_is_sealed_opens_in_its_place_and_only_there(
    place: Binding, other: Binding, value: bytes
) -> None:
    sealed = seal_value(
        Plaintext(value), public_key=hybrid_certificate().public_key, label=place.label
    )

    assert open_value(sealed, private_keys=[hybrid_key()], label=place.label) == Plaintext(value)
    if other.label != place.label:
        with pytest.raises(Undecryptable):
            open_value(sealed, private_keys=[hybrid_key()], label=other.label)


def test_neither_half_shows_the_seed() -> None:
    pair = hybrid_pair()
    (key,) = read_private_keys(pair.private_pem.reveal(), where="hybrid.key")
    body = pair.private_pem.reveal().split(b"\n")[1].decode()

    assert body not in f"{pair!r} {key!r} {key.key!r} {hybrid_certificate()!r}"
