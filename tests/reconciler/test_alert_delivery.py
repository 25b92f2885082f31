"""A receiver hears each thing once, also when it was away; what it lets us in by is told nobody."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest
from structlog.testing import capture_logs

from gitopskit.reconciler.alert_delivery import SETTLE_SECONDS, Delivery
from gitopskit.reconciler.alert_memory import Memory
from gitopskit.reconciler.alert_requests import REPEAT_SECONDS
from gitopskit.reconciler.metrics import ReconcilerMetrics
from gitopskit.reconciler.state import Tracked
from gitopskit.timestamps import rfc3339
from tests.support.alerting import receiver
from tests.support.clock import ManualClock
from tests.support.polling import eventually
from tests.support.receiving import Inbox, inbox

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path

    from gitopskit.manifests.json_types import JsonObject
    from gitopskit.reconciler.alert_receivers import Receiver
    from gitopskit.reconciler.alerting import Told

COMMIT = "a" * 40
LONGEST_PAUSE = 300.0


def an_app(name: str = "shop", *, health: str = "Healthy") -> Tracked:
    content: JsonObject = {
        "metadata": {"name": name},
        "spec": {
            "project": "shops",
            "source": {"repoURL": "https://localhost/team/shop.git"},
            "syncPolicy": {"automated": {"selfHeal": True}},
        },
        "status": {
            "sync": {"status": "Synced", "revision": COMMIT},
            "health": {"status": health},
        },
    }
    return Tracked(name=name, content=content, fingerprint="", status=content["status"])


class World:
    """One receiver, the Applications, and time that goes on when a test says so."""

    def __init__(self, to: Receiver, told: dict[str, Told] | None = None) -> None:
        self.clock = ManualClock()
        self.apps: dict[str, Tracked] = {}
        self.memory = Memory(told=told if told is not None else {}, seed="record")
        self.metrics = ReconcilerMetrics(revision="1")
        self.delivery = Delivery(
            to,
            self.memory,
            clock=self.clock,
            applications=self.apps,
            metrics=self.metrics,
            on_told=lambda: None,
        )

    @property
    def told(self) -> dict[str, Told]:
        return self.memory.told

    def see(self, *apps: Tracked) -> None:
        for app in apps:
            self.apps[app.name] = app
            self.delivery.look(app.name)

    async def until(self, holds: Callable[[], bool], *, step: float = SETTLE_SECONDS) -> None:
        """Let time go by until something holds."""

        async def is_so() -> bool:
            await self.clock.wake(step)
            return holds()

        await eventually(is_so)

    async def pass_time(self, seconds: float = 10 * SETTLE_SECONDS) -> None:
        """Let time go by in which nothing may happen."""
        for _ in range(10):
            await self.clock.wake(seconds / 10)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        task = asyncio.create_task(self.delivery.run())
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


def webhook(box: Inbox, secrets: dict[str, str] | None = None, more: str = "") -> Receiver:
    ca = f", ca: {box.ca_pem!r}".replace("'", '"') if box.ca_pem else ""
    return receiver(f"{{kind: webhook, url: '{box.url}'{ca}{more}}}", secrets)


async def test_trouble_and_its_end_are_told_once_each() -> None:
    async with inbox() as box:
        world = World(webhook(box))
        async with world.running():
            world.see(an_app(health="Degraded"))
            await world.until(lambda: bool(world.told))
            world.see(an_app(health="Degraded"))
            await world.pass_time()
            world.see(an_app())
            await world.until(lambda: not world.told)
            await world.pass_time()

    assert box.told() == [("health", "firing"), ("health", "resolved")]


async def test_a_hand_over_that_is_stuck_is_told_though_nothing_changes() -> None:
    async with inbox() as box:
        world = World(webhook(box))
        shop = an_app()
        since = {"lastTransitionTime": rfc3339(world.clock.now_utc())}
        waits = {"type": "HandingOver", "message": "ConfigMap/prod-shop/web: is refused", **since}
        shop.content["status"]["conditions"] = [waits]
        async with world.running():
            world.see(shop)
            await world.pass_time(60)
            soon = box.told()
            await world.until(lambda: bool(box.sent), step=60)

    assert soon == []
    assert box.told() == [("divergence", "firing")]


async def test_what_is_over_soon_is_told_nobody() -> None:
    async with inbox() as box:
        world = World(webhook(box))
        async with world.running():
            world.see(an_app(health="Degraded"))
            world.see(an_app())
            await world.pass_time()

    assert box.sent == []


async def test_after_a_restart_nothing_is_told_again() -> None:
    async with inbox() as box:
        world = World(webhook(box), {"shop": {"health": "Degraded"}, "gone": {"sync": "x"}})
        world.apps["shop"] = an_app(health="Degraded")
        async with world.running():
            await world.until(lambda: "gone" not in world.told)
            await world.pass_time()

    assert box.told() == [("sync", "resolved")]


async def test_who_takes_over_before_it_was_noted_sends_the_same_event() -> None:
    async with inbox() as box:
        box.is_silent = True
        died = World(webhook(box))
        async with died.running():
            died.see(an_app(health="Degraded"))
            await died.until(lambda: len(box.sent) == 1)
        box.is_silent = False
        world = World(webhook(box))
        async with world.running():
            await world.clock.wake(3600)
            world.see(an_app(health="Degraded"))
            await world.until(lambda: bool(world.told))
            await world.pass_time()

    assert box.told() == [("health", "firing")] * 2
    assert len({sent.content["id"] for sent in box.sent}) == 1


async def test_nothing_is_kept_of_an_application_that_is_gone() -> None:
    async with inbox() as box:
        world = World(webhook(box))
        async with world.running():
            world.see(an_app(health="Degraded"))
            await world.until(lambda: bool(world.told))
            world.see(an_app())
            await world.until(lambda: not world.told)
            kept = dict(world.memory.keys)
            del world.apps["shop"]
            await world.until(lambda: not world.memory.keys, step=REPEAT_SECONDS)

    assert list(kept) == ["shop"]


@pytest.mark.parametrize("status", [500, 503, 429, 401, 404])
async def test_one_that_was_away_hears_it_later_as_the_same_event(status: int) -> None:
    async with inbox() as box:
        box.status = status
        world = World(webhook(box))
        async with world.running():
            world.see(an_app(health="Degraded"))
            await world.until(lambda: len(box.sent) > 1)
            assert world.told == {}
            box.status = 200
            await world.until(lambda: bool(world.told), step=LONGEST_PAUSE)

    assert len({sent.content["id"] for sent in box.sent}) == 1
    assert b'alerts_total{outcome="sent",receiver="team"} 1.0' in world.metrics.text()


async def test_one_that_was_away_hears_only_how_things_are() -> None:
    async with inbox() as box:
        box.status = 503
        world = World(webhook(box))
        async with world.running():
            world.see(*(an_app(f"app-{number}", health="Degraded") for number in range(20)))
            await world.until(lambda: len(box.sent) > 20)
            world.see(*(an_app(f"app-{number}") for number in range(19)))
            await world.until(lambda: box.sent[-1].content["subject"] == "app-19")
            before, box.status = len(box.sent), 200
            await world.until(lambda: "app-19" in world.told, step=LONGEST_PAUSE)
            await world.pass_time(10 * LONGEST_PAUSE)

    assert {sent.content["subject"] for sent in box.sent[before:]} == {"app-19"}
    assert world.told == {"app-19": {"health": "Degraded"}}


@pytest.mark.parametrize("status", [302, 400, 422])
async def test_one_that_refuses_is_not_asked_again(status: int) -> None:
    async with inbox() as box:
        box.status = status
        world = World(webhook(box))
        async with world.running():
            world.see(an_app(health="Degraded"))
            await world.until(lambda: bool(world.told))
            await world.pass_time(10 * LONGEST_PAUSE)

    assert len(box.sent) == 1
    assert b'alerts_total{outcome="refused",receiver="team"} 1.0' in world.metrics.text()


async def test_others_than_those_that_it_names_are_not_told() -> None:
    async with inbox() as box:
        more = ", applications: [shop], topics: [health]"
        world = World(webhook(box, more=more))
        async with world.running():
            world.see(an_app("other", health="Degraded"), an_app("shop", health="Degraded"))
            await world.until(lambda: bool(world.told))
            await world.pass_time()

    assert [sent.content["subject"] for sent in box.sent] == ["shop"]


async def test_alertmanager_hears_again_what_goes_on_and_not_what_is_over() -> None:
    async with inbox() as box:
        to = receiver(f"{{kind: alertmanager, url: '{box.url}'}}")
        world = World(to)
        async with world.running():
            world.see(an_app(health="Degraded"))
            await world.until(lambda: len(box.sent) > 2, step=REPEAT_SECONDS)
            world.see(an_app())
            await world.until(lambda: not world.told)
            count = len(box.sent)
            await world.pass_time(10 * REPEAT_SECONDS)

    assert len(box.sent) == count
    assert box.sent[0].path == "/api/v2/alerts"
    assert len({sent.content[0]["endsAt"] for sent in box.sent}) == count


async def test_a_forge_gets_one_verdict_for_each_commit_and_state(tmp_path: Path) -> None:
    async with inbox(tmp_path) as box:
        ca = box.ca_pem.replace("\n", "\\n")
        text = f'{{kind: github, host: localhost, api: "{box.url}", ca: "{ca}"}}'
        world = World(receiver(text, {"team.token": "canary-t0ken"}))
        async with world.running():
            for health in ("Healthy", "Progressing", "Healthy", "Degraded", "Degraded"):
                world.see(an_app(health=health))
                await world.pass_time()
            await world.until(lambda: len(box.sent) > 1)
            del world.apps["shop"]
            world.delivery.look("shop")
            await world.until(lambda: not world.told)

    assert [sent.content["state"] for sent in box.sent] == ["success", "failure"]
    assert {sent.path for sent in box.sent} == {f"/repos/team/shop/statuses/{COMMIT}"}
    assert {sent.headers["Authorization"] for sent in box.sent} == {"Bearer canary-t0ken"}


@pytest.mark.parametrize("status", [200, 400, 503])
async def test_what_lets_us_in_is_in_no_log(status: int, tmp_path: Path) -> None:
    async with inbox(tmp_path) as box:
        box.status = status
        ca = box.ca_pem.replace("\n", "\\n")
        secrets = {"team.url": f"{box.url}/canary-url", "team.token": "canary-t0ken"}
        world = World(receiver(f'{{kind: webhook, ca: "{ca}"}}', secrets))
        with capture_logs() as logs:
            async with world.running():
                world.see(an_app(health="Degraded"))
                await world.until(lambda: bool(box.sent))
                await world.until(lambda: bool(logs))

    assert "canary" not in str(logs)
    assert "localhost" not in str(logs)
    assert b"canary" not in world.metrics.text()
