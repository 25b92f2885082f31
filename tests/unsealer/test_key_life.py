"""When sealing keys are made, promoted, and left alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitopskit.errors import InputError
from gitopskit.sealing.key_secrets import ClusterKey, KeyOrder, KeyState
from gitopskit.unsealer.key_life import (
    Decision,
    KeyLifeOptions,
    KeyWishes,
    Make,
    Promote,
    Wait,
    decide,
    name_on_demand,
)

if TYPE_CHECKING:
    from gitopskit.sealing.certificates import KeyKind

_NOW: Final = datetime(2026, 11, 23, 12, tzinfo=UTC)
_DAY: Final = timedelta(days=1)
_USUAL: Final = KeyLifeOptions()
_CAREFUL: Final = KeyLifeOptions(requires_backup=True)
_NEVER: Final = KeyLifeOptions(renew_period=timedelta())
_NOTHING: Final = KeyWishes()


def _key(
    name: str = "key",
    *,
    kind: KeyKind = "rsa",
    days_old: float = 1,
    state: KeyState = "active",
    is_backed_up: bool = False,
    created_days_ago: float | None = None,
) -> ClusterKey:
    made = _NOW - days_old * _DAY
    created = made if created_days_ago is None else _NOW - created_days_ago * _DAY
    return ClusterKey(
        name=name,
        fingerprint=f"SHA256:{name}",
        kind=kind,
        state=state,
        not_before_utc=made,
        not_after_utc=made + 3650 * _DAY,
        created_utc=created,
        backed_up_utc=_NOW if is_backed_up else None,
    )


def _decide(
    *keys: ClusterKey, options: KeyLifeOptions = _USUAL, wishes: KeyWishes = _NOTHING
) -> Decision:
    return decide(keys, options, wishes, now=_NOW)


def _made(decision: Decision) -> Make:
    assert isinstance(decision, Make)
    return decision


def _after(decision: Decision, keys: list[ClusterKey], now: datetime) -> list[ClusterKey]:
    """Return the keys once a decision was carried out."""
    match decision:
        case Make():
            made = ClusterKey(
                name=decision.name,
                fingerprint=f"SHA256:{decision.name}",
                kind=decision.kind,
                state=decision.state,
                not_before_utc=decision.not_before_utc,
                not_after_utc=decision.not_before_utc + 3650 * _DAY,
                created_utc=now,
            )
            return [*keys, made]
        case Promote(key):
            return [replace(each, state="active") if each == key else each for each in keys]
        case Wait():
            return keys


def test_a_cluster_without_a_key_gets_one() -> None:
    made = _made(_decide())

    assert (made.cause, made.state, made.not_before_utc) == ("first", "active", _NOW)
    assert made.name.startswith("sealed-secrets-key-")


def test_a_young_key_is_left_alone_until_its_period_is_over() -> None:
    assert _decide(_key(days_old=10)) == Wait(until_utc=_NOW + 20 * _DAY)


def test_a_key_is_followed_by_another_when_its_period_is_over() -> None:
    made = _made(_decide(_key(days_old=30), _key("older", days_old=90)))

    assert (made.cause, made.state) == ("period", "active")


def test_no_period_renews_nothing() -> None:
    assert _decide(_key(days_old=5000), options=_NEVER) == Wait(until_utc=None)


@pytest.mark.parametrize(
    ("order", "is_due"), [("CertNotBefore", True), ("SecretCreationTimestamp", False)]
)
def test_the_period_begins_at_the_date_that_orders_the_keys(
    order: KeyOrder,
    is_due: bool,  # noqa: FBT001 -- pytest passes it by name
) -> None:
    restored = _key(days_old=40, created_days_ago=2)

    decision = _decide(restored, options=replace(_USUAL, order=order))

    assert isinstance(decision, Make) is is_due


def test_a_key_older_than_the_cutoff_is_followed_by_another() -> None:
    options = replace(_NEVER, cutoff_utc=_NOW - _DAY)

    causes = [
        _made(_decide(_key(days_old=2), options=options)).cause,
        _decide(_key(days_old=0.5), options=options),
    ]

    assert causes == ["cutoff", Wait(until_utc=None)]


def test_a_cutoff_to_come_is_waited_for() -> None:
    options = replace(_USUAL, cutoff_utc=_NOW + _DAY)

    assert _decide(_key(), options=options) == Wait(until_utc=_NOW + _DAY)


def test_a_key_that_was_restored_after_the_cutoff_is_as_old_as_its_certificate() -> None:
    options = replace(_NEVER, cutoff_utc=_NOW - _DAY)

    assert _made(_decide(_key(days_old=9, created_days_ago=0), options=options)).cause == "cutoff"


def test_a_clock_that_is_behind_makes_no_key_too_old_for_the_cutoff() -> None:
    """The server's clock gave the new Secret a date before the cutoff; the certificate is later."""
    options = replace(_NEVER, cutoff_utc=_NOW - _DAY, order="SecretCreationTimestamp")

    assert _decide(_key(days_old=0, created_days_ago=3), options=options) == Wait(until_utc=None)


def test_a_demand_makes_a_key_once() -> None:
    wishes = KeyWishes(demand="after the incident of May")

    made = _made(_decide(_key(), wishes=wishes))
    again = _decide(_key(), _key(made.name, days_old=0), wishes=wishes)

    assert made.cause == "demand"
    assert isinstance(again, Wait)


def test_another_demand_makes_another_key() -> None:
    first, second = (
        _made(_decide(_key(), wishes=KeyWishes(demand=text))).name for text in ("1", "2")
    )

    assert first != second


def test_a_demand_stays_served_when_its_key_was_retired() -> None:
    name = name_on_demand("sealed-secrets-key", KeyWishes(demand="now"))
    wishes = KeyWishes(demand="now", taken={name})

    assert isinstance(_decide(_key(), wishes=wishes), Wait)


def test_an_expired_certificate_is_followed_by_a_new_one() -> None:
    bought = replace(_key(days_old=8), not_after_utc=_NOW - _DAY)

    renewed = _made(_decide(bought))
    waiting = _made(_decide(replace(bought, state="pending"), options=_CAREFUL))

    assert (renewed.cause, waiting.cause) == ("expiry", "expiry")
    assert _decide(bought, options=_NEVER) == Wait(until_utc=None)


def test_the_end_of_a_certificate_is_waited_for() -> None:
    ending = replace(_key(), not_after_utc=_NOW + _DAY)

    assert _decide(ending) == Wait(until_utc=_NOW + _DAY)


def test_a_hybrid_key_is_renewed_like_others_and_never_made_unasked() -> None:
    rsa = _key(days_old=10)

    alone = _decide(rsa)
    renewed = _made(_decide(rsa, _key("hybrid", kind="hybrid", days_old=31)))

    assert isinstance(alone, Wait)
    assert (renewed.kind, renewed.cause) == ("hybrid", "period")
    assert renewed.name.startswith("sealed-secrets-key-hybrid-")


def test_a_demand_renews_keys_of_both_kinds() -> None:
    keys = [_key(), _key("hybrid", kind="hybrid")]
    wishes = KeyWishes(demand="now")

    first = _made(_decide(*keys, wishes=wishes))
    second = _made(_decide(*_after(first, keys, _NOW), wishes=wishes))

    assert [first.kind, second.kind] == ["rsa", "hybrid"]


def test_the_earliest_moment_of_both_kinds_is_waited_for() -> None:
    pending = _key("hybrid", kind="hybrid", state="pending")

    decision = _decide(_key(days_old=10), pending, options=_CAREFUL)

    assert decision == Wait(until_utc=_NOW + 20 * _DAY, unsaved=(pending,))


@pytest.mark.parametrize(
    "wrong",
    [
        {"renew_period": -_DAY},
        {"renew_period": timedelta(), "lifetime": timedelta()},
        {"renew_period": 2 * _DAY, "lifetime": _DAY},
        {"lifetime": 3_750_000 * _DAY},
        {"prefix": "Not_a_name"},
        {"prefix": "a" * 240},
    ],
    ids=[
        "negative",
        "no life",
        "shorter than the period",
        "outlasts the calendar",
        "no name",
        "too long",
    ],
)
def test_options_that_make_no_keys_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(InputError):
        KeyLifeOptions(**wrong)


def test_a_careful_cluster_gets_a_pending_key_first_of_all() -> None:
    assert _made(_decide(options=_CAREFUL)).state == "pending"


def test_a_pending_key_waits_for_its_backup_and_is_followed_by_none() -> None:
    waiting = _key("new", days_old=45, state="pending")

    decision = _decide(waiting, _key(days_old=90), options=_CAREFUL)

    assert decision == Wait(until_utc=waiting.not_after_utc, unsaved=(waiting,))


def test_a_pending_key_that_is_too_old_for_the_cutoff_is_followed_by_another() -> None:
    options = replace(_CAREFUL, cutoff_utc=_NOW - _DAY)

    assert _made(_decide(_key(days_old=2, state="pending"), options=options)).state == "pending"


def test_a_pending_key_is_promoted_when_its_backup_is_acknowledged() -> None:
    saved = _key("new", state="pending", is_backed_up=True)

    assert _decide(saved, _key(days_old=90), options=_CAREFUL) == Promote(saved)


def test_a_pending_key_is_promoted_where_no_backup_is_required() -> None:
    pending = _key("new", state="pending")

    assert _decide(pending, _key(days_old=90)) == Promote(pending)


def test_a_new_key_is_newer_than_one_from_the_future() -> None:
    ahead = _key(days_old=-3)

    made = _made(_decide(ahead, wishes=KeyWishes(demand="now")))

    assert made.not_before_utc == ahead.not_before_utc + timedelta(seconds=1)


def test_a_key_from_the_end_of_time_is_survived() -> None:
    last = replace(_key(), not_before_utc=datetime.max.replace(microsecond=0, tzinfo=UTC))

    made = _made(_decide(last, wishes=KeyWishes(demand="now")))

    assert made.not_before_utc + _USUAL.lifetime <= last.not_before_utc
    assert isinstance(_decide(last), Wait)


def test_two_leaders_choose_one_name() -> None:
    keys = [_key("a", days_old=31), _key("b", days_old=60)]

    ours = _made(decide(keys, _USUAL, _NOTHING, now=_NOW))
    theirs = _made(decide(keys[::-1], _USUAL, _NOTHING, now=_NOW + timedelta(seconds=5)))

    assert ours.name == theirs.name


def test_a_name_that_is_taken_is_passed_over() -> None:
    """All keys were retired, so that the first key's name is that of a retired one."""
    first = _made(_decide()).name

    second = _made(_decide(wishes=KeyWishes(taken={first})))

    assert second.cause == "first"
    assert second.name != first


def test_names_begin_with_the_prefix() -> None:
    options = replace(_USUAL, prefix="mine")

    assert _made(_decide(options=options)).name.startswith("mine-")


_KEYS = st.lists(
    st.builds(
        _key,
        st.sampled_from(["a", "b", "c", "d"]),
        kind=st.sampled_from(["rsa", "hybrid"]),
        days_old=st.floats(min_value=-40, max_value=200),
        state=st.sampled_from(["active", "pending"]),
        is_backed_up=st.booleans(),
        created_days_ago=st.none() | st.floats(min_value=-40, max_value=200),
    ),
    unique_by=lambda key: key.name,
)
_OPTIONS = st.builds(
    KeyLifeOptions,
    renew_period=st.sampled_from([timedelta(), _DAY, 30 * _DAY]),
    cutoff_utc=st.none() | st.sampled_from([_NOW - _DAY, _NOW, _NOW + _DAY]),
    requires_backup=st.booleans(),
    order=st.sampled_from(["CertNotBefore", "SecretCreationTimestamp"]),
)


@given(keys=_KEYS, options=_OPTIONS, demand=st.sampled_from(["", "now"]))
def test_there_is_always_an_end_and_at_most_one_new_key_for_each_cause(
    keys: list[ClusterKey], options: KeyLifeOptions, demand: str
) -> None:
    causes: list[tuple[str, str]] = []
    decision = decide(keys, options, KeyWishes(demand=demand), now=_NOW)
    for _ in range(len(keys) + 9):
        if isinstance(decision, Wait):
            break
        causes += [(decision.kind, decision.cause)] if isinstance(decision, Make) else []
        keys = _after(decision, keys, _NOW)
        decision = decide(keys, options, KeyWishes(demand=demand), now=_NOW)

    assert isinstance(decision, Wait)
    assert len(causes) == len(set(causes))
    assert len({key.name for key in keys}) == len(keys)


@given(keys=_KEYS, options=_OPTIONS)
def test_no_unsaved_key_is_made_to_seal_where_a_backup_is_required(
    keys: list[ClusterKey], options: KeyLifeOptions
) -> None:
    decision = decide(keys, replace(options, requires_backup=True), _NOTHING, now=_NOW)

    match decision:
        case Make():
            assert decision.state == "pending"
        case Promote(key):
            assert key.is_backed_up
        case Wait():
            assert all(not key.is_backed_up for key in decision.unsaved)
