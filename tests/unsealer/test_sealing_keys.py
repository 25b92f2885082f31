"""The keys as the unsealer holds them: which open, which one seals, what is told of each."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from gitopskit.kube.watch import Change, Listed
from gitopskit.manifests.settled_names import HYBRID_KEY_LABEL
from gitopskit.sealing.hybrid_keys import hybrid_key_secret
from gitopskit.sealing.key_secrets import BACKED_UP
from gitopskit.sealing.keys import KEY_LABEL
from gitopskit.unsealer.sealing_keys import SealingKeys
from tests.support.clock import settle
from tests.support.hybrid import hybrid_pair
from tests.support.unsealing import SealingKey

if TYPE_CHECKING:
    from gitopskit.manifests.json_types import JsonObject
    from gitopskit.sealing.key_secrets import KeyOrder
    from gitopskit.unsealer.sealing_keys import KeySource


def _marked(content: JsonObject, *, label: str = "active", **metadata: object) -> JsonObject:
    own = {**content["metadata"], "labels": {KEY_LABEL: label}, **metadata}
    return {**content, "metadata": own}


def _changed(content: JsonObject) -> Change:
    return Change(kind="MODIFIED", object=content)


@pytest.fixture
async def keys(key: SealingKey, second_key: SealingKey) -> SealingKeys:
    """Return keys of which the second is the newer one."""
    keys = SealingKeys()
    assert await keys.take(Listed(items=(key.secret(), second_key.secret()))) == []
    return keys


def test_there_is_no_certificate_without_a_key() -> None:
    keys = SealingKeys()

    assert (keys.newest_certificate, keys.newest()) == (b"", None)
    assert keys.published == {}
    assert (keys.fingerprints, keys.keys) == (frozenset(), ())


def test_the_newest_certificate_seals(keys: SealingKeys, second_key: SealingKey) -> None:
    assert keys.newest_certificate == second_key.pair.certificate_pem


async def test_by_creation_the_younger_secret_seals(
    key: SealingKey, second_key: SealingKey
) -> None:
    younger = _marked(key.secret(), creationTimestamp="2026-07-02T00:00:00Z")
    older = _marked(second_key.secret(), creationTimestamp="2026-07-01T00:00:00Z")
    orders: tuple[KeyOrder, ...] = ("CertNotBefore", "SecretCreationTimestamp")
    sealing = {}
    for order in orders:
        keys = SealingKeys(order=order)
        await keys.take(Listed(items=(younger, older)))
        sealing[order] = keys.newest_certificate

    assert sealing["CertNotBefore"] == second_key.pair.certificate_pem
    assert sealing["SecretCreationTimestamp"] == key.pair.certificate_pem


async def test_a_key_that_is_deleted_opens_nothing_any_more(
    keys: SealingKeys, key: SealingKey, second_key: SealingKey
) -> None:
    await keys.take(Change(kind="DELETED", object=second_key.secret()))

    assert keys.fingerprints == {key.certificate.fingerprint}
    assert keys.newest_certificate == key.pair.certificate_pem


async def test_a_key_that_comes_is_added(keys: SealingKeys) -> None:
    third = SealingKey.new("third", days_later=2)

    problems = await keys.take(Change(kind="ADDED", object=third.secret()))

    assert problems == []
    assert keys.newest_certificate == third.pair.certificate_pem
    assert len(keys.fingerprints) == 3


async def test_a_pending_key_opens_and_does_not_seal(
    keys: SealingKeys, key: SealingKey, second_key: SealingKey
) -> None:
    await keys.take(_changed(_marked(second_key.secret(), label="pending")))

    assert second_key.certificate.fingerprint in keys.fingerprints
    assert keys.newest_certificate == key.pair.certificate_pem
    assert [each.state for each in keys.keys] == ["pending", "active"]


async def test_a_retired_key_neither_opens_nor_seals(
    keys: SealingKeys, key: SealingKey, second_key: SealingKey
) -> None:
    await keys.take(_changed(_marked(second_key.secret(), label="compromised")))

    assert keys.fingerprints == {key.certificate.fingerprint}
    assert keys.newest_certificate == key.pair.certificate_pem


async def test_what_is_known_of_a_key_has_no_private_half(keys: SealingKeys) -> None:
    shown = repr(keys.keys)

    assert "tests-first" in shown
    assert "PRIVATE" not in shown
    assert "PrivateKey" not in shown


async def test_a_backup_that_is_acknowledged_is_seen(
    keys: SealingKeys, second_key: SealingKey
) -> None:
    before = [each.is_backed_up for each in keys.keys]

    annotations = {BACKED_UP: "2026-07-01T00:00:00Z"}
    await keys.take(_changed(_marked(second_key.secret(), annotations=annotations)))

    assert before == [False, False]
    assert [each.is_backed_up for each in keys.keys] == [True, False]


async def test_the_old_key_without_a_label_is_held_beside_the_others(
    keys: SealingKeys, key: SealingKey
) -> None:
    old = SealingKey.new("sealed-secrets-key", days_later=-1)
    unlabelled = old.secret()
    del unlabelled["metadata"]["labels"]

    await keys.take(Listed(items=(unlabelled,)), "legacy_key")
    await keys.take(Listed(items=(key.secret(),)), "keys")

    assert keys.fingerprints == {old.certificate.fingerprint, key.certificate.fingerprint}


async def test_the_old_key_stays_when_it_gets_a_label(keys: SealingKeys) -> None:
    """Of its two watches, one says that it went and the other that it came, in any order."""
    old = SealingKey.new("sealed-secrets-key", days_later=-1)
    unlabelled = _marked(old.secret(), labels={})
    await keys.take(Listed(items=(unlabelled,)), "legacy_key")

    await keys.take(Change(kind="ADDED", object=old.secret()), "keys")
    await keys.take(Change(kind="DELETED", object=unlabelled), "legacy_key")

    assert old.certificate.fingerprint in keys.fingerprints
    assert len(keys.keys) == 3


def test_the_watches_show_all_but_retired_keys() -> None:
    labelled, hybrid, unlabelled = SealingKeys(prefix="mine").selections

    assert labelled.label_selector == f"{KEY_LABEL} in (active,pending)"
    assert hybrid.label_selector == f"{HYBRID_KEY_LABEL} in (active,pending)"
    assert (unlabelled.label_selector, unlabelled.field_selector) == (
        f"!{KEY_LABEL},!{HYBRID_KEY_LABEL}",
        "metadata.name=mine",
    )


async def test_all_keys_are_known_when_every_watch_has_listed(key: SealingKey) -> None:
    keys = SealingKeys()
    known = [keys.are_listed]
    sources: list[KeySource] = ["keys", "hybrid_keys", "legacy_key"]

    for source in sources:
        version = keys.version
        await keys.take(Listed(items=()), source)
        known.append(keys.are_listed)
        assert await keys.changed(version) > version
    await keys.take(Listed(items=(key.secret(),)))

    assert known == [False, False, False, True]
    assert keys.are_listed


async def test_a_hybrid_key_seals_beside_the_rsa_key(
    keys: SealingKeys, second_key: SealingKey
) -> None:
    pair = hybrid_pair()
    secret = hybrid_key_secret(pair, namespace="kube-system", name="hybrid")

    await keys.take(Listed(items=(secret,)), "hybrid_keys")

    assert len(keys.keyring.keys) == 3
    assert keys.newest_certificate == second_key.pair.certificate_pem
    assert keys.published == {
        "tls.crt": second_key.pair.certificate_pem,
        "hybrid.pub": pair.certificate_pem,
    }


async def test_unusable_keys_are_counted_by_their_kind(keys: SealingKeys, key: SealingKey) -> None:
    broken = {**key.secret(), "data": None}
    hybrid = hybrid_key_secret(hybrid_pair(), namespace="kube-system", name="hybrid")

    await keys.take(Listed(items=({**hybrid, "type": "Opaque"},)), "hybrid_keys")
    before = (keys.unusable("rsa"), keys.unusable("hybrid"))
    await keys.take(_changed(broken))

    assert before == (0, 1)
    assert (keys.unusable(), keys.unusable("hybrid")) == (1, 1)


async def test_a_malformed_key_is_told_by_its_name_and_the_others_stay(
    keys: SealingKeys, key: SealingKey, second_key: SealingKey
) -> None:
    broken = {**second_key.secret(), "data": {"tls.key": "bm90IGEga2V5"}}

    problems = await keys.take(_changed(broken))

    assert [problem.where for problem in problems] == ["Secret/kube-system/tests-second"]
    assert keys.problems == tuple(problems)
    assert keys.fingerprints == {key.certificate.fingerprint}


async def test_malformed_keys_of_a_list_are_told_until_they_are_mended(
    keys: SealingKeys, key: SealingKey, second_key: SealingKey
) -> None:
    broken = {**second_key.secret(), "data": None}

    problems = await keys.take(Listed(items=(key.secret(), broken)))
    told = len(keys.problems)
    await keys.take(_changed(second_key.secret()))

    assert [problem.where for problem in problems] == ["Secret/kube-system/tests-second"]
    assert (told, len(keys.problems)) == (1, 0)
    assert len(keys.fingerprints) == 2


async def test_the_keyring_stays_the_same_object_while_nothing_changes(
    keys: SealingKeys, key: SealingKey
) -> None:
    before, version = keys.keyring, keys.version

    await keys.take(_changed(key.secret()))

    assert keys.keyring is before
    assert keys.version == version


async def test_a_key_is_not_read_again_when_only_its_metadata_changes(
    keys: SealingKeys, key: SealingKey, second_key: SealingKey
) -> None:
    before = {each.fingerprint: each for each in keys.keyring.keys}

    await keys.take(
        Listed(items=(_marked(key.secret(), annotations={"a": "b"}), second_key.secret()))
    )

    assert all(before[each.fingerprint] is each for each in keys.keyring.keys)


async def test_whoever_waits_is_told_of_the_next_change(keys: SealingKeys, key: SealingKey) -> None:
    version = keys.version
    waiting = asyncio.create_task(keys.changed(version))
    await settle()
    is_early = waiting.done()

    await keys.take(Change(kind="DELETED", object=key.secret()))

    assert not is_early
    assert await waiting == keys.version != version


async def test_a_change_that_was_missed_is_told_at_once(keys: SealingKeys) -> None:
    assert await keys.changed(-1) == keys.version
