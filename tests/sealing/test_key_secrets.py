"""Key Secrets: their state, their dates, and which of them hold no key at all."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

import pytest

from gitopskit.errors import UnusableKey
from gitopskit.manifests.settled_names import HYBRID_KEY_LABEL
from gitopskit.sealing.hybrid_keys import hybrid_key_secret
from gitopskit.sealing.key_secrets import (
    BACKED_UP,
    ClusterKey,
    KeyOrder,
    newest_first,
    read_key,
    state_of,
    with_state,
)
from gitopskit.sealing.keys import KEY_LABEL, key_secret
from tests.support.hybrid import UNTIL, hybrid_pair
from tests.support.sealing import BORN, sealing_pair

if TYPE_CHECKING:
    from gitopskit.manifests.json_types import JsonObject
    from gitopskit.sealing.keys import KeyPair, PrivateKey

_LATER: Final = BORN + timedelta(days=3)


def _secret(*, name: str = "key-1", **metadata: object) -> JsonObject:
    content = key_secret(sealing_pair(), namespace="kube-system", name=name)
    return content | {"metadata": content["metadata"] | metadata}


def _key(name: str, *, begins_day: int = 0, created_day: int = 0) -> ClusterKey:
    return ClusterKey(
        name=name,
        fingerprint=f"SHA256:{name}",
        state="active",
        not_before_utc=BORN + timedelta(days=begins_day),
        not_after_utc=BORN + timedelta(days=3650),
        created_utc=BORN + timedelta(days=created_day),
    )


def test_a_key_secret_is_read(private_key: PrivateKey) -> None:
    content = _secret(
        creationTimestamp="2026-06-04T12:00:00Z",
        annotations={BACKED_UP: "2026-06-05T14:00:00+02:00"},
    )

    public, private = read_key(content, where="Secret/kube-system/key-1")

    assert private.fingerprint == private_key.fingerprint
    assert public == ClusterKey(
        name="key-1",
        fingerprint=private_key.fingerprint,
        state="active",
        not_before_utc=BORN,
        not_after_utc=BORN + timedelta(days=3650),
        created_utc=_LATER,
        backed_up_utc=_LATER + timedelta(days=1),
    )
    assert public.is_backed_up
    assert public.age_seconds(_LATER) == 3 * 24 * 3600


@pytest.mark.parametrize("text", ["", "yes", "2026-06-05", "2026-06-05T12:00:00"])
def test_a_backup_without_a_time_was_not_acknowledged(text: str) -> None:
    public, _ = read_key(_secret(annotations={BACKED_UP: text}), where="")

    assert not public.is_backed_up


def test_what_was_read_before_is_not_read_again(other_key: PrivateKey, pair: KeyPair) -> None:
    known = read_key(_secret(), where="")[1]
    unreadable = _secret() | {"data": None}

    public, private = read_key(unreadable, where="", known=known)

    assert private is known
    assert public.fingerprint == known.fingerprint != other_key.fingerprint
    assert private.certificate_pem == pair.certificate_pem


@pytest.mark.parametrize(
    ("labels", "name", "state"),
    [
        ({KEY_LABEL: "active"}, "any", "active"),
        ({KEY_LABEL: "pending"}, "any", "pending"),
        ({KEY_LABEL: "compromised"}, "any", "retired"),
        ({KEY_LABEL: ""}, "any", "retired"),
        ({KEY_LABEL: "Active"}, "any", "retired"),
        ({}, "any", "retired"),
        (None, "any", "retired"),
        (None, "sealed-secrets-key", "active"),
        ({"team": "a"}, "sealed-secrets-key", "active"),
        ({KEY_LABEL: "compromised"}, "sealed-secrets-key", "retired"),
        ({KEY_LABEL: "pending"}, "sealed-secrets-key", "pending"),
        (None, "sealed-secrets-keyabc12", "retired"),
    ],
)
def test_the_label_says_the_state_and_the_oldest_key_needs_none(
    labels: dict[str, str] | None, name: str, state: str
) -> None:
    assert state_of(_secret(name=name, labels=labels), prefix="sealed-secrets-key") == state


def test_a_hybrid_key_is_read_by_its_own_label() -> None:
    content = hybrid_key_secret(hybrid_pair(), namespace="kube-system", name="hybrid-1")

    public, private = read_key(with_state(content, "pending"), where="")

    assert private.is_hybrid
    assert (public.kind, public.state) == ("hybrid", "pending")
    assert (public.not_before_utc, public.not_after_utc) == (BORN, UNTIL)


@pytest.mark.parametrize(
    ("labels", "state"),
    [({HYBRID_KEY_LABEL: "active"}, "active"), ({HYBRID_KEY_LABEL: "x"}, "retired")],
)
def test_a_hybrid_label_on_an_rsa_key_is_told(labels: dict[str, str], state: str) -> None:
    content = _secret(labels=labels)

    with pytest.raises(UnusableKey, match=r"type kubernetes\.io/tls cannot hold this sealing key"):
        read_key(content, where="")

    assert state_of(content, prefix="") == state


def test_a_hybrid_key_in_a_secret_of_rsa_keys_is_refused() -> None:
    content = _secret()
    hybrid = hybrid_key_secret(hybrid_pair(), namespace="a", name="b")["data"]
    content["data"] = {"tls.key": hybrid["hybrid.key"], "tls.crt": hybrid["hybrid.pub"]}

    with pytest.raises(UnusableKey, match="another kind than the label"):
        read_key(content, where="")


@pytest.mark.parametrize("labels", [None, {KEY_LABEL: "active", "team": "a"}])
def test_a_state_is_put_into_the_label_alone(labels: dict[str, str] | None) -> None:
    content = _secret(labels=labels)

    pending = with_state(content, "pending")

    assert state_of(pending, prefix="") == "pending"
    assert pending["metadata"]["labels"] == {**(labels or {}), KEY_LABEL: "pending"}
    assert content == _secret(labels=labels)


def test_the_key_without_a_label_has_the_name_of_the_prefix() -> None:
    content = _secret(name="mine", labels=None)

    public, _ = read_key(content, where="", prefix="mine")

    assert public.state == "active"


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"type": "Opaque"}, "a Secret of the type Opaque cannot hold this sealing key"),
        ({"type": None}, "a Secret of the type Opaque cannot hold this sealing key"),
        ({"data": None}, "`tls.key` holds no private key"),
        ({"data": {"tls.crt": "AA=="}}, "`tls.key` holds no private key"),
        ({"data": {"tls.key": "bm90IGEga2V5"}}, "`tls.key` holds no private key"),
    ],
    ids=["another type", "no type", "null data", "no key", "no PEM"],
)
def test_a_malformed_key_secret_is_refused(change: JsonObject, what: str) -> None:
    with pytest.raises(UnusableKey) as caught:
        read_key(_secret() | change, where="Secret/a/b")

    assert str(caught.value) == f"{what} - Secret/a/b"
    assert caught.value.hint


@pytest.mark.parametrize(
    ("certificate", "what"),
    [
        ("", "the key Secret has no certificate"),
        ("AA==", "this is no PEM certificate"),
        (
            key_secret(sealing_pair(1), namespace="a", name="b")["data"]["tls.crt"],
            "is not the cert",
        ),
    ],
    ids=["none", "no PEM", "of another key"],
)
def test_a_key_without_its_certificate_is_refused(certificate: str, what: str) -> None:
    content = _secret()
    content["data"]["tls.crt"] = certificate

    with pytest.raises(UnusableKey, match=what):
        read_key(content, where="Secret/a/b")


@pytest.mark.parametrize(
    ("order", "names"),
    [("CertNotBefore", ["b", "a", "c"]), ("SecretCreationTimestamp", ["c", "b", "a"])],
)
def test_the_newest_key_comes_first_by_either_date(order: KeyOrder, names: list[str]) -> None:
    keys = [
        _key("a", begins_day=2, created_day=1),
        _key("b", begins_day=3, created_day=2),
        _key("c", begins_day=1, created_day=3),
    ]

    assert [key.name for key in newest_first(keys, order)] == names


def test_keys_of_one_date_have_one_order_everywhere() -> None:
    keys = [
        _key("a", created_day=1),
        _key("c", created_day=1),
        _key("b", begins_day=1, created_day=1),
    ]

    ranked = [newest_first(each, "SecretCreationTimestamp") for each in (keys, keys[::-1])]

    assert [key.name for key in ranked[0]] == ["b", "c", "a"]
    assert ranked[0] == ranked[1]
