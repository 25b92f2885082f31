from __future__ import annotations

from typing import TYPE_CHECKING

import orjson
import pytest

from gitopskit.kube.events import EventRecorder
from tests.support.fake_api import FakeApi, Reply, refusal

if TYPE_CHECKING:
    from gitopskit.kube.client import KubeClient
    from gitopskit.manifests.json_types import JsonObject
    from tests.support.clock import FakeClock

SEALED: JsonObject = {
    "apiVersion": "bitnami.com/v1alpha1",
    "kind": "SealedSecret",
    "metadata": {"name": "db", "namespace": "shop", "uid": "u1", "resourceVersion": "3"},
}
DONE = Reply(json={})


@pytest.fixture
def recorder(api: KubeClient) -> EventRecorder:
    return EventRecorder(api, component="gitopskit-unsealer", instance="pod-1")


async def record(
    recorder: EventRecorder, message: str = "done", about: JsonObject = SEALED
) -> None:
    await recorder.record(about, kind="Normal", reason="Unsealed", message=message)


async def test_an_event_says_who_what_and_about_what(
    recorder: EventRecorder, server: FakeApi
) -> None:
    server.reply(DONE)

    await record(recorder)

    sent = orjson.loads(server.seen[0].body)
    assert server.seen[0].path == "/apis/events.k8s.io/v1/namespaces/shop/events"
    assert sent["metadata"]["name"].startswith("db.")
    assert sent["eventTime"] == "2026-11-23T12:00:00.000000Z"
    assert sent["reportingController"] == "gitopskit-unsealer"
    assert sent["reportingInstance"] == "pod-1"
    assert (sent["type"], sent["reason"], sent["note"]) == ("Normal", "Unsealed", "done")
    assert sent["regarding"] == {
        "apiVersion": "bitnami.com/v1alpha1",
        "kind": "SealedSecret",
        "namespace": "shop",
        "name": "db",
        "uid": "u1",
        "resourceVersion": "3",
    }


async def test_an_event_about_a_cluster_wide_object_goes_to_default(
    recorder: EventRecorder, server: FakeApi
) -> None:
    server.reply(DONE)

    await record(recorder, about={"kind": "Namespace", "metadata": {"name": "shop"}})

    assert server.seen[0].path == "/apis/events.k8s.io/v1/namespaces/default/events"


async def test_a_repetition_is_counted_on_the_event(
    recorder: EventRecorder, server: FakeApi, clock: FakeClock
) -> None:
    server.reply(DONE)

    await record(recorder)
    await record(recorder)
    await record(recorder)
    clock.advance(10)
    await record(recorder)

    assert [seen.method for seen in server.seen] == ["POST", "PATCH"]
    assert orjson.loads(server.seen[1].body) == {
        "series": {"count": 4, "lastObservedTime": "2026-11-23T12:00:10.000000Z"}
    }


@pytest.mark.parametrize(
    ("seconds", "message"), [(361, "done"), (10, "done again")], ids=["much later", "other words"]
)
async def test_something_new_is_a_new_event(
    recorder: EventRecorder, server: FakeApi, clock: FakeClock, seconds: float, message: str
) -> None:
    server.reply(DONE)

    await record(recorder)
    clock.advance(seconds)
    await record(recorder, message)

    assert [seen.method for seen in server.seen] == ["POST", "POST"]


async def test_a_counted_event_that_is_gone_is_written_anew(
    recorder: EventRecorder, server: FakeApi, clock: FakeClock
) -> None:
    server.reply(DONE, refusal(404), DONE)

    await record(recorder)
    clock.advance(10)
    await record(recorder)

    assert [seen.method for seen in server.seen] == ["POST", "PATCH", "POST"]


async def test_events_that_cannot_be_written_stop_nobody(
    recorder: EventRecorder, server: FakeApi
) -> None:
    server.reply(refusal(403))

    await record(recorder)

    assert len(server.seen) == 1


async def test_only_the_latest_events_are_remembered(
    recorder: EventRecorder, server: FakeApi, clock: FakeClock
) -> None:
    server.reply(DONE)

    for number in range(1025):
        await record(recorder, f"message {number}")
    clock.advance(10)
    await record(recorder, "message 1024")
    await record(recorder, "message 0")

    assert [seen.method for seen in server.seen[-3:]] == ["POST", "PATCH", "POST"]


async def test_foreign_words_are_scrubbed_and_cut(recorder: EventRecorder, server: FakeApi) -> None:
    server.reply(DONE)

    await record(recorder, "https://me:hunter2@git.example/ failed " + "x" * 2000)

    note = orjson.loads(server.seen[0].body)["note"]
    assert note.startswith("https://***@git.example/ failed")
    assert len(note.encode()) == 1024
    assert note.endswith("…")
