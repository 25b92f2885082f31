from __future__ import annotations

import pytest

from gitopskit.unsealer.sealing_keys import SealingKeys
from tests.support.unsealing import SealingKey


@pytest.fixture
def keys(key: SealingKey, second_key: SealingKey) -> SealingKeys:
    """Return keys of which the second is the newer one."""
    keys = SealingKeys()
    assert keys.see_all([key.secret(), second_key.secret()]) == []
    return keys


def test_there_is_no_certificate_without_a_key() -> None:
    assert SealingKeys().newest_certificate == b""
    assert SealingKeys().fingerprints == frozenset()


def test_the_newest_certificate_seals(keys: SealingKeys, second_key: SealingKey) -> None:
    assert keys.newest_certificate == second_key.pair.certificate_pem


def test_a_key_that_is_lost_opens_nothing_any_more(
    keys: SealingKeys, key: SealingKey, second_key: SealingKey
) -> None:
    keys.lose(second_key.secret())

    assert keys.fingerprints == {key.certificate.fingerprint}
    assert keys.newest_certificate == key.pair.certificate_pem


def test_a_key_that_comes_is_added(keys: SealingKeys) -> None:
    third = SealingKey.new("third", days_later=2)

    assert keys.see(third.secret()) is None
    assert keys.newest_certificate == third.pair.certificate_pem
    assert len(keys.fingerprints) == 3


def test_a_malformed_key_is_told_by_its_name_and_the_others_stay(
    keys: SealingKeys, key: SealingKey, second_key: SealingKey
) -> None:
    broken = {**second_key.secret(), "data": {"tls.key": "bm90IGEga2V5"}}

    problem = keys.see(broken)

    assert problem is not None
    assert problem.where == "Secret/kube-system/tests-second"
    assert keys.fingerprints == {key.certificate.fingerprint}


def test_malformed_keys_of_a_list_are_told(keys: SealingKeys, key: SealingKey) -> None:
    problems = keys.see_all([key.secret(), {**key.secret(), "metadata": {"name": "x"}, "data": {}}])

    assert [problem.where for problem in problems] == ["Secret/x"]
    assert keys.fingerprints == {key.certificate.fingerprint}


def test_the_keyring_stays_the_same_object_while_nothing_changes(
    keys: SealingKeys, key: SealingKey
) -> None:
    before = keys.keyring
    keys.see(key.secret())

    assert keys.keyring is before
