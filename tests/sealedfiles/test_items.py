"""Setting and removing single items, as a library does it: what is sealed, and what is refused."""

from __future__ import annotations

import base64

import pytest

from gitopskit.errors import InputError
from gitopskit.manifests.settled_names import KEY_RECORDS_ANNOTATION
from gitopskit.redaction import Plaintext
from gitopskit.sealedfiles.items import (
    ItemsChanged,
    SetOptions,
    placed,
    remove_items,
    set_items,
)
from gitopskit.sealedfiles.sealed_text import SealedText
from gitopskit.sealing.keys import SealingCertificate, read_certificate
from gitopskit.sealing.scope import Scope
from gitopskit.sealing.unseal import Keyring, unseal_secret
from tests.support.sealing import BORN, private_key_of, sealed_manifest, sealing_pair

_KEYRING = Keyring([private_key_of(sealing_pair(0)), private_key_of(sealing_pair(1))])
_ITEMS = {"password": "hunter2", "user": "ann"}


def _certificate(number: int = 0) -> SealingCertificate:
    return read_certificate(sealing_pair(number).certificate_pem, where="tls.crt", now=BORN)


def _options(number: int = 0, **changes: bool | Keyring) -> SetOptions:
    return SetOptions(certificate=_certificate(number), **changes)  # type: ignore[arg-type]  # each by its own name


def _read(text: str) -> SealedText:
    return SealedText.read(text.encode(), path="sealed.yaml")


def _set(
    text: str, values: dict[str, str], options: SetOptions, removed: tuple[str, ...] = ()
) -> ItemsChanged:
    sealed = _read(text)
    new = {item: Plaintext(value.encode()) for item, value in values.items()}
    return set_items(sealed, sealed.part(), values=new, removed=removed, options=options)


def _opened(text: str) -> dict[str, str]:
    (part,) = _read(text).parts
    unsealed = unseal_secret(part.manifest.content, keyring=_KEYRING)
    return {item: value.reveal().decode() for item, value in unsealed.data.items()}


def _blobs(text: str) -> dict[str, bytes]:
    return dict(_read(text).part().sealed.encrypted_data)


def test_an_item_is_replaced_and_the_others_keep_their_envelopes() -> None:
    before = sealed_manifest(_ITEMS)

    change = _set(before, {"password": "correct-horse"}, _options())

    assert (change.replaced, change.added, change.is_change) == (("password",), (), True)
    assert _opened(change.text) == {"password": "correct-horse", "user": "ann"}
    assert _blobs(change.text)["user"] == _blobs(before)["user"]


@pytest.mark.parametrize("scope", Scope)
def test_a_new_item_is_added_in_the_scope_of_the_manifest(scope: Scope) -> None:
    change = _set(sealed_manifest(_ITEMS, scope=scope), {"token": "t"}, _options())

    assert (change.replaced, change.added) == ((), ("token",))
    assert _opened(change.text) == _ITEMS | {"token": "t"}


def test_without_the_private_key_an_equal_value_is_sealed_anew() -> None:
    before = sealed_manifest(_ITEMS)

    change = _set(before, _ITEMS, _options())

    assert change.unchanged == ()
    assert _blobs(change.text)["user"] != _blobs(before)["user"]


def test_with_the_private_key_an_equal_value_leaves_the_text_as_it_is() -> None:
    before = sealed_manifest(_ITEMS)

    change = _set(before, _ITEMS, _options(keyring=_KEYRING, begins_records=True))

    assert (change.text, change.is_change) == (before, False)
    assert set(change.unchanged) == set(_ITEMS)


def test_an_equal_value_under_another_key_is_sealed_to_the_certificates() -> None:
    before = sealed_manifest(_ITEMS)

    change = _set(before, {"user": "ann"}, _options(1, keyring=_KEYRING))

    assert change.replaced == ("user",)
    assert _blobs(change.text)["user"] != _blobs(before)["user"]


def test_a_text_without_key_records_stays_without() -> None:
    change = _set(sealed_manifest(_ITEMS), {"token": "t"}, _options())

    assert KEY_RECORDS_ANNOTATION not in change.text


def test_key_records_are_begun_where_that_is_asked_for() -> None:
    change = _set(sealed_manifest(_ITEMS), {"token": "t"}, _options(begins_records=True))

    fingerprint = _certificate().fingerprint
    assert _read(change.text).part().keys == {"password": "", "user": "", "token": fingerprint}


def test_key_records_are_kept_up_where_there_are_some() -> None:
    before = sealed_manifest(_ITEMS, records_keys=True)

    change = _set(before, {"user": "bob"}, _options(1), removed=("password",))

    assert _read(change.text).part().keys == {"user": _certificate(1).fingerprint}
    assert change.text.count("SHA256:") == 1


def test_items_are_removed() -> None:
    before = sealed_manifest(_ITEMS)

    change = remove_items(_read(before), _read(before).part(), items=["user"])

    assert change.removed == ("user",)
    assert _blobs(change.text) == {"password": _blobs(before)["password"]}


def test_an_item_that_is_not_there_is_not_removed_and_not_quoted() -> None:
    before = _read(sealed_manifest(_ITEMS))

    with pytest.raises(InputError, match="there is no such item in SealedSecret/shop/db") as caught:
        remove_items(before, before.part(), items=["hunter2"])

    assert caught.value.hint == "it has password, user"
    assert "hunter2" not in str(caught.value)


def test_the_last_item_is_removed_only_where_that_is_meant() -> None:
    before = _read(sealed_manifest({"password": "hunter2"}))

    with pytest.raises(InputError, match="no item would be left"):
        remove_items(before, before.part(), items=["password"])
    with pytest.raises(InputError, match="no item would be left"):
        set_items(before, before.part(), values={}, removed=["password"], options=_options())
    change = remove_items(before, before.part(), items=["password"], allows_empty_data=True)

    assert _blobs(change.text) == {}


def test_an_item_without_content_is_an_item() -> None:
    text = sealed_manifest(_ITEMS).replace("encryptedData:", 'encryptedData:\n    empty: ""')

    change = remove_items(_read(text), _read(text).part(), items=list(_ITEMS))

    assert _blobs(change.text) == {"empty": b""}


@pytest.mark.parametrize("key", ["a b", "..data", "x" * 254], ids=["space", "dots", "long"])
def test_a_key_that_no_secret_has_is_refused_and_not_quoted(key: str) -> None:
    with pytest.raises(
        InputError, match="item 1 of 1 has a key that a Secret cannot have"
    ) as caught:
        _set(sealed_manifest(_ITEMS), {key: "v"}, _options())

    assert key not in str(caught.value)


def test_the_one_that_is_meant_of_several_is_changed() -> None:
    texts = [sealed_manifest(_ITEMS, name=name) for name in ("one", "two")]
    sealed = _read("---\n".join(texts))

    change = remove_items(sealed, sealed.part(name="two"), items=["user"])

    assert change.text.startswith(texts[0])
    one, two = _read(change.text).parts
    assert (set(one.keys), set(two.keys)) == ({"password", "user"}, {"password"})


def test_values_that_become_too_large_together_are_refused() -> None:
    half = "x" * (600 * 1024)

    with pytest.raises(InputError, match="larger than 1 MiB together"):
        _set(sealed_manifest({"one": half}), {"two": half}, _options())


def test_a_manifest_that_becomes_too_large_is_refused() -> None:
    text = sealed_manifest(_ITEMS).replace("spec:", f"  labels: {{x: {'y' * 1_200_000}}}\nspec:", 1)

    with pytest.raises(InputError, match=r"larger than 1\.5 MiB"):
        _set(text, {"big": "x" * 300_000}, _options())


def test_a_value_cannot_be_bound_to_a_namespace_that_nobody_says() -> None:
    text = sealed_manifest(_ITEMS).replace("  namespace: shop\n", "")

    with pytest.raises(InputError, match="has no namespace, which the scope strict binds it to"):
        _set(text, {"user": "bob"}, _options())


def test_a_namespace_that_rendering_sets_binds_the_value() -> None:
    text = sealed_manifest(_ITEMS).replace("  namespace: shop\n", "")
    sealed = placed(_read(text), "shop")

    change = set_items(
        sealed,
        sealed.part(namespace="shop"),
        values={"user": Plaintext(b"bob")},
        options=_options(),
    )

    assert "namespace" not in change.text
    rendered = change.text.replace("  name: db\n", "  name: db\n  namespace: shop\n")
    assert _opened(rendered) == _ITEMS | {"user": "bob"}


def test_a_namespace_of_its_own_is_not_overridden() -> None:
    sealed = placed(_read(sealed_manifest(_ITEMS)), "elsewhere")

    assert sealed.part().sealed.namespace == "shop"


def test_the_line_breaks_around_an_envelope_stay() -> None:
    plain = sealed_manifest(_ITEMS)
    blob = base64.b64encode(_blobs(plain)["user"]).decode()
    text = plain.replace(f"user: {blob}", f"user: |+\n      {blob}\n\n")

    change = _set(text, {"user": "bob"}, _options())

    head, _, behind = text.partition(blob)
    assert change.text.startswith(head)
    assert change.text.endswith(behind)
    assert _opened(change.text) == _ITEMS | {"user": "bob"}
