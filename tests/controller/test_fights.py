"""Fights with somebody who keeps writing."""

from __future__ import annotations

from gitopskit.controller.fights import Fights

REF = "shop/db"


def test_people_are_answered_at_once() -> None:
    fights: Fights[str] = Fights()

    assert {fights.delay_seconds(REF, now=float(number)) for number in range(20)} == {0.0}


def test_a_machine_is_answered_ever_more_slowly() -> None:
    fights: Fights[str] = Fights()

    delays = [fights.delay_seconds(REF, now=number / 100) for number in range(40)]

    assert delays[20:23] == [1.0, 2.0, 4.0]
    assert max(delays) == 60.0


def test_an_old_fight_is_forgotten() -> None:
    fights: Fights[str] = Fights()
    for number in range(40):
        fights.delay_seconds(REF, now=number / 100)

    assert fights.delay_seconds(REF, now=100.0) == 0.0


def test_what_is_gone_is_forgotten() -> None:
    fights: Fights[str] = Fights()
    for _ in range(40):
        fights.delay_seconds(REF, now=1.0)
    fights.forget(REF)

    assert fights.delay_seconds(REF, now=1.0) == 0.0


def test_no_more_is_remembered_than_was_reverted_lately() -> None:
    fights: Fights[int] = Fights()
    for number in range(3000):
        fights.delay_seconds(number, now=number / 10)

    assert len(fights) < 2000
