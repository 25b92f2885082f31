"""The life of sealing keys on a real API server: made once, promoted, renewed, never twice."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

import pytest
from structlog.testing import capture_logs

from gitopskit.kube.resources import ResourceType
from gitopskit.sealing.hybrid_keys import hybrid_key_secret
from gitopskit.sealing.key_secrets import BACKED_UP, read_key
from gitopskit.sealing.keys import KEY_LABEL
from gitopskit.unsealer.key_life import KeyLifeOptions, KeyWishes, Make, decide
from tests.support.hybrid import hybrid_pair
from tests.support.key_life import KeyNamespace, leading
from tests.support.polling import eventually
from tests.support.unsealing import START, SealingKey

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from gitopskit.kube.client import KubeClient

_QUOTAS: Final = ResourceType(group="", version="v1", plural="resourcequotas", kind="ResourceQuota")
_QUICK: Final = KeyLifeOptions(size_bits=2048, renew_period=timedelta())
_CAREFUL: Final = replace(_QUICK, requires_backup=True)
_MONTHLY: Final = replace(_QUICK, renew_period=timedelta(days=30))


def _first_name() -> str:
    decision = decide((), _QUICK, KeyWishes(), now=START)
    assert isinstance(decision, Make)
    return decision.name


@pytest.fixture
async def place(admin: KubeClient, namespace: str) -> AsyncIterator[KeyNamespace]:
    """Return a namespace without keys."""
    place = KeyNamespace(admin, namespace)
    await place.clear()
    yield place
    await place.clear()


async def test_a_namespace_without_a_key_gets_one_that_seals(place: KeyNamespace) -> None:
    async with leading(place.admin, place.name, _QUICK) as keys:
        await place.until_states("active")
        await eventually(lambda: bool(keys.newest_certificate))

    ((name, secret),) = (await place.secrets()).items()
    public, _ = read_key(secret, where=name)
    assert public.state == "active"
    assert name == _first_name()
    assert abs(public.not_before_utc - public.created_utc) < timedelta(minutes=1)


async def test_a_key_that_is_there_is_followed_by_none(
    place: KeyNamespace, key: SealingKey
) -> None:
    await place.create(key.secret(place.name))

    async with leading(place.admin, place.name, _QUICK) as keys:
        await eventually(lambda: bool(keys.newest_certificate))
        await place.demand("")
        await place.until_looked_after(key.name)

        assert await place.states() == ["active"]


async def test_a_pending_key_is_promoted_when_its_backup_is_acknowledged(
    place: KeyNamespace,
) -> None:
    with capture_logs() as lines:
        async with leading(place.admin, place.name, _CAREFUL) as keys:
            await place.until_states("pending")
            (name,) = await place.secrets()
            await eventually(lambda: any(line["event"] == "key_waits_for_backup" for line in lines))
            sealed_before = keys.newest_certificate
            await place.mark(name, annotations={BACKED_UP: "2026-06-01T00:00:00Z"})
            await place.until_states("active")
            await eventually(lambda: bool(keys.newest_certificate))

    assert sealed_before == b""
    told = [line for line in lines if line["event"] == "key_waits_for_backup"]
    assert [line["sealing"] for line in told] == ["nothing can be sealed until then"]
    assert told[0]["log_level"] == "error"
    assert "key_promoted" in {line["event"] for line in lines}


async def test_values_are_sealed_to_the_old_key_until_the_new_one_is_saved(
    place: KeyNamespace, key: SealingKey
) -> None:
    await place.create(key.secret(place.name))
    careful = replace(_CAREFUL, renew_period=timedelta(days=30))

    async with leading(place.admin, place.name, careful) as keys:
        await place.until_states("active", "pending")
        await eventually(lambda: len(keys.keys) == 2)

        assert keys.newest_certificate == key.pair.certificate_pem


async def test_a_key_whose_period_is_over_is_followed_by_a_newer_one(
    place: KeyNamespace, key: SealingKey
) -> None:
    await place.create(key.secret(place.name))

    async with leading(place.admin, place.name, _MONTHLY) as keys:
        await place.until_states("active", "active")
        await eventually(lambda: len(keys.keys) == 2)

        assert keys.newest_certificate != key.pair.certificate_pem


async def test_a_hybrid_key_whose_period_is_over_is_followed_by_a_hybrid_key(
    place: KeyNamespace,
) -> None:
    await place.create(SealingKey.new("rsa", days_later=3650).secret(place.name))
    await place.create(hybrid_key_secret(hybrid_pair(), namespace=place.name, name="hybrid"))

    async with leading(place.admin, place.name, _MONTHLY) as keys:
        await eventually(lambda: len(keys.keys) == 3)

        assert [key.kind for key in keys.keys].count("hybrid") == 2
        assert keys.published["hybrid.pub"] != hybrid_pair().certificate_pem


async def test_a_key_from_before_the_cutoff_is_followed_by_a_newer_one(
    place: KeyNamespace, key: SealingKey
) -> None:
    await place.create(key.secret(place.name))
    now = datetime.now(UTC)

    async with leading(place.admin, place.name, replace(_QUICK, cutoff_utc=now)) as keys:
        await eventually(lambda: len(keys.keys) == 2)

    assert await place.states() == ["active", "active"]


async def test_an_annotation_asks_for_a_new_key_once(place: KeyNamespace, key: SealingKey) -> None:
    await place.create(key.secret(place.name))
    async with leading(place.admin, place.name, _QUICK):
        await place.demand("after the incident")
        await place.until_states("active", "active")
        await place.demand("again")
        await place.until_states("active", "active", "active")

    async with leading(place.admin, place.name, _QUICK) as keys:
        await eventually(lambda: len(keys.keys) == 3)
        await place.until_looked_after(key.name)

    assert len(await place.secrets()) == 3


@pytest.mark.parametrize("has_old_key", [False, True], ids=["the first key", "a later key"])
async def test_two_leaders_at_once_make_one_key(
    place: KeyNamespace,
    key: SealingKey,
    has_old_key: bool,  # noqa: FBT001 -- pytest passes it by name
) -> None:
    if has_old_key:
        await place.create(key.secret(place.name))
    with capture_logs() as lines:
        async with leading(place.admin, place.name, _MONTHLY, leaders=3) as keys:
            await eventually(lambda: len(keys.keys) == 1 + has_old_key)
            await place.demand("")
            name, *_ = await place.secrets()
            await place.until_looked_after(name)

    assert len(await place.secrets()) == 1 + has_old_key
    assert [line["event"] for line in lines].count("key_made") == 1


@pytest.mark.parametrize("what", ["retired", "malformed"])
async def test_a_secret_without_a_key_in_use_takes_a_name_and_no_more(
    place: KeyNamespace, what: str
) -> None:
    taken = SealingKey.new(_first_name()).secret(place.name)
    if what == "retired":
        taken["metadata"]["labels"] = {KEY_LABEL: "compromised"}
    else:
        taken["data"]["tls.key"] = ""
    await place.create(taken)

    async with leading(place.admin, place.name, _QUICK) as keys:
        await eventually(lambda: bool(keys.newest_certificate))

    assert len(await place.secrets()) == 2


async def test_a_refusal_is_told_and_tried_again(place: KeyNamespace) -> None:
    quota = {
        "apiVersion": "v1",
        "kind": "ResourceQuota",
        "metadata": {"name": "none", "namespace": place.name},
        "spec": {"hard": {"count/secrets": "0"}},
    }
    made = await place.admin.create(_QUOTAS, quota, field_manager="tests")
    with capture_logs() as lines:
        async with leading(place.admin, place.name, _QUICK):
            await eventually(lambda: any(line["event"] == "key_life_failed" for line in lines))
            await place.admin.delete(_QUOTAS, "none", place.name, uid=made["metadata"]["uid"])
            await place.until_states("active")

    told = [line["problem"] for line in lines if line["event"] == "key_life_failed"]
    assert told[0].startswith("the API server refused it (Forbidden) - Secret/")


async def test_no_private_half_is_logged(place: KeyNamespace) -> None:
    with capture_logs() as lines:
        async with leading(place.admin, place.name, _CAREFUL):
            await place.until_states("pending")
            (secret,) = (await place.secrets()).values()

    said = repr(lines)
    assert "key_made" in said
    assert "PRIVATE" not in said
    assert secret["data"]["tls.key"][:40] not in said
