"""What unsealing gives back, and how it refuses."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gitopskit.errors import InputError, Undecryptable, UnsupportedField
from gitopskit.manifests.json_types import JsonObject
from gitopskit.sealing.key_memory import KeyMemory
from gitopskit.sealing.keys import PrivateKey, SealingCertificate
from gitopskit.sealing.scope import Scope
from gitopskit.sealing.seal import SealOptions, seal_secret
from gitopskit.sealing.unseal import Keyring, unseal_secret

_SECRET: JsonObject = {
    "apiVersion": "v1",
    "kind": "Secret",
    "metadata": {"name": "database", "namespace": "shop", "labels": {"team": "a"}},
    "type": "example.com/login",
    "data": {"password": "c2VjcmV0", "user": "cm9vdA=="},
}


class _NotingKeyring(Keyring):
    """Keys that note which one is asked for first."""

    asked: list[str]

    def __init__(self, keys: tuple[PrivateKey, ...]) -> None:
        super().__init__(keys)
        object.__setattr__(self, "asked", [])

    def first(self, fingerprint: str) -> list[PrivateKey]:
        self.asked.append(fingerprint)
        return super().first(fingerprint)


@pytest.fixture
def sealed(certificate: SealingCertificate) -> JsonObject:
    return seal_secret(_SECRET, SealOptions(certificate=certificate))


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    data=st.dictionaries(
        st.from_regex(r"\.?[a-z][a-z.]{2,20}", fullmatch=True), st.text(max_size=80)
    ),
    scope=st.sampled_from(Scope),
)
def test_what_is_sealed_is_unsealed(
    certificate: SealingCertificate, keyring: Keyring, data: dict[str, str], scope: Scope
) -> None:
    options = SealOptions(certificate=certificate, scope=scope, allows_empty_data=True)
    content = _SECRET | {"data": {}, "stringData": data}

    unsealed = unseal_secret(seal_secret(content, options), keyring=keyring)

    assert {key: value.reveal().decode() for key, value in unsealed.data.items()} == data


def test_the_secret_comes_back_whole(sealed: JsonObject, keyring: Keyring) -> None:
    assert unseal_secret(sealed, keyring=keyring).to_content() == _SECRET


def test_immutable_comes_back_and_a_type_is_given(sealed: JsonObject, keyring: Keyring) -> None:
    sealed["spec"]["template"] = {"immutable": True}

    content = unseal_secret(sealed, keyring=keyring).to_content()

    assert content["immutable"] is True
    assert content["type"] == "Opaque"


def test_the_template_cannot_rename_the_secret(sealed: JsonObject, keyring: Keyring) -> None:
    sealed["spec"]["template"]["metadata"] = {"name": "other", "namespace": "other"}

    unsealed = unseal_secret(sealed, keyring=keyring)

    assert unsealed.metadata == {"name": "database", "namespace": "shop"}


def test_the_key_that_opened_an_envelope_is_tried_first_the_next_time(
    sealed: JsonObject, other_key: PrivateKey, private_key: PrivateKey
) -> None:
    memory, keyring = KeyMemory(), _NotingKeyring((other_key, private_key))

    for _ in range(2):
        unseal_secret(sealed, keyring=keyring, memory=memory)

    right = private_key.fingerprint
    assert keyring.asked == ["", right, right, right]
    assert len(memory) == 2


def test_values_are_hidden_until_asked_for(sealed: JsonObject, keyring: Keyring) -> None:
    unsealed = unseal_secret(sealed, keyring=keyring)

    assert "secret" not in repr(unsealed)
    assert "c2VjcmV0" not in repr(unsealed)


@pytest.mark.parametrize(
    ("scope", "change", "opens"),
    [
        (Scope.STRICT, {"name": "other"}, False),
        (Scope.STRICT, {"namespace": "other"}, False),
        (Scope.NAMESPACE_WIDE, {"name": "other"}, True),
        (Scope.NAMESPACE_WIDE, {"namespace": "other"}, False),
        (Scope.CLUSTER_WIDE, {"name": "other", "namespace": "other"}, True),
        (Scope.CLUSTER_WIDE, {"annotations": {}}, False),
    ],
    ids=[
        "strict, another name",
        "strict, another namespace",
        "namespace-wide, another name",
        "namespace-wide, another namespace",
        "cluster-wide, another place",
        "cluster-wide, annotation removed",
    ],
)
def test_a_scope_opens_nowhere_else(
    certificate: SealingCertificate,
    keyring: Keyring,
    scope: Scope,
    change: JsonObject,
    opens: bool,  # noqa: FBT001 -- a column of the table above
) -> None:
    sealed = seal_secret(_SECRET, SealOptions(certificate=certificate, scope=scope))
    sealed["metadata"] |= change

    if opens:
        assert len(unseal_secret(sealed, keyring=keyring).data) == 2
    else:
        with pytest.raises(Undecryptable):
            unseal_secret(sealed, keyring=keyring)


def test_items_that_do_not_open_are_named_and_nothing_else(
    sealed: JsonObject, keyring: Keyring
) -> None:
    sealed["spec"]["encryptedData"]["user"] = "AQAA"

    with pytest.raises(Undecryptable) as caught:
        unseal_secret(sealed, keyring=keyring)

    assert str(caught.value) == "no key opens `user` - SealedSecret/shop/database"


def test_no_key_at_all_opens_nothing(sealed: JsonObject) -> None:
    with pytest.raises(Undecryptable, match=r"no key opens `password`, `user` - a\.yaml:1:1"):
        unseal_secret(sealed, keyring=Keyring(()), where="a.yaml:1:1")


def test_every_key_of_the_ring_is_tried(
    sealed: JsonObject, private_key: PrivateKey, other_key: PrivateKey
) -> None:
    unsealed = unseal_secret(sealed, keyring=Keyring((other_key, private_key)))

    assert unsealed.to_content() == _SECRET


@pytest.mark.parametrize("scope", [Scope.STRICT, Scope.NAMESPACE_WIDE], ids=["strict", "namespace"])
def test_a_missing_namespace_is_said_in_plain_words(
    certificate: SealingCertificate, keyring: Keyring, scope: Scope
) -> None:
    sealed = seal_secret(_SECRET, SealOptions(certificate=certificate, scope=scope))
    del sealed["metadata"]["namespace"]

    with pytest.raises(InputError, match=f"which the scope {scope.value} binds it to"):
        unseal_secret(sealed, keyring=keyring)


def test_cluster_wide_without_a_namespace_opens(
    certificate: SealingCertificate, keyring: Keyring
) -> None:
    sealed = seal_secret(_SECRET, SealOptions(certificate=certificate, scope=Scope.CLUSTER_WIDE))
    del sealed["metadata"]["namespace"]

    assert "namespace" not in unseal_secret(sealed, keyring=keyring).to_content()["metadata"]


def test_templated_items_are_handed_on_but_never_rendered(
    sealed: JsonObject, keyring: Keyring
) -> None:
    sealed["spec"]["template"]["data"] = {"dsn": "{{ .password }}"}

    unsealed = unseal_secret(sealed, keyring=keyring)

    assert unsealed.template_data == {"dsn": "{{ .password }}"}
    with pytest.raises(UnsupportedField, match="is not rendered - SealedSecret/shop/database"):
        unsealed.to_content()


@pytest.fixture
def dated(private_key: PrivateKey, now: datetime) -> Callable[[str, int | None], PrivateKey]:
    def key_of(fingerprint: str, days: int | None) -> PrivateKey:
        born = None if days is None else now + timedelta(days=days)
        return replace(private_key, fingerprint=fingerprint, not_before_utc=born)

    return key_of


def test_a_keyring_is_ordered_newest_first_and_undated_last(
    dated: Callable[[str, int | None], PrivateKey],
) -> None:
    keys = [dated("undated", None), dated("old", 1), dated("new", 2), dated("old", None)]

    assert [key.fingerprint for key in Keyring(keys).keys] == ["new", "old", "undated"]
    assert Keyring(keys).keys[1].not_before_utc is not None
