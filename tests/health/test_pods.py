"""What of a Pod shows that it will not come up."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from gitopskit.health.pods import PodTrouble, trouble

if TYPE_CHECKING:
    from gitopskit.manifests.json_types import JsonObject, JsonValue


def pod(*containers: JsonObject, **status: JsonValue) -> JsonObject:
    return {"metadata": {"name": "a"}, "status": {"containerStatuses": list(containers), **status}}


def waits(reason: str, **more: JsonValue) -> JsonObject:
    return {"name": "main", "state": {"waiting": {"reason": reason, **more}}}


def test_a_crash_is_told_with_how_it_ended_and_not_with_what_it_printed() -> None:
    ended = {"exitCode": 3, "reason": "Error", "message": "password=hunter2"}
    crashing = {**waits("CrashLoopBackOff", message="back-off"), "lastState": {"terminated": ended}}

    found = trouble(pod(crashing))

    assert found == PodTrouble(
        reason="CrashLoopBackOff",
        message="container main: CrashLoopBackOff (ended with 3, Error)",
    )


@pytest.mark.parametrize(
    ("content", "message"),
    [
        pytest.param(
            pod(waits("CrashLoopBackOff")), "container main: CrashLoopBackOff", id="crash"
        ),
        pytest.param(
            pod(waits("ImagePullBackOff", message="no such image")),
            "container main: ImagePullBackOff: no such image",
            id="image",
        ),
        pytest.param(
            pod(waits("CreateContainerConfigError", message='secret "a" not found')),
            'container main: CreateContainerConfigError: secret "a" not found',
            id="config",
        ),
        pytest.param(
            pod(initContainerStatuses=[waits("ErrImagePull")]),
            "container main: ErrImagePull",
            id="init-container",
        ),
    ],
)
def test_a_pod_that_cannot_start_says_why(content: JsonObject, message: str) -> None:
    found = trouble(content)

    assert found is not None
    assert (found.message, found.since) == (message, None)


def test_a_pod_without_a_node_is_waited_for_from_when_it_was_told() -> None:
    scheduled = {
        "type": "PodScheduled",
        "status": "False",
        "reason": "Unschedulable",
        "message": "0/3 nodes are available",
        "lastTransitionTime": "2026-01-01T00:00:00Z",
    }

    found = trouble(pod(conditions=[scheduled]))

    assert found == PodTrouble(
        reason="Unschedulable",
        message="Unschedulable: 0/3 nodes are available",
        since=datetime(2026, 1, 1, tzinfo=UTC),
    )


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(pod(), id="new"),
        pytest.param(pod(waits("ContainerCreating")), id="starting"),
        pytest.param(pod({"name": "main", "state": {"running": {}}}), id="running"),
        pytest.param(
            {**pod(waits("CrashLoopBackOff")), "metadata": {"deletionTimestamp": "now"}}, id="going"
        ),
    ],
)
def test_a_pod_that_may_come_up_or_goes_is_in_no_trouble(content: JsonObject) -> None:
    assert trouble(content) is None
