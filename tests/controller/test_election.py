"""Who leads, on the real API server: one of several, until it stops or ends."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
from structlog.testing import capture_logs

from gitopskit.kube.resources import ROLE_BINDINGS, SERVICE_ACCOUNTS, ResourceType
from tests.support.electing import Copy, LeaseSeen, standing
from tests.support.polling import eventually

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence

    from gitopskit.controller.lease_record import Candidate
    from gitopskit.kube.client import KubeClient
    from gitopskit.manifests.json_types import JsonObject, JsonValue

ROLES = ResourceType(group="rbac.authorization.k8s.io", version="v1", plural="roles", kind="Role")


async def test_one_leads_and_the_others_wait(
    admin: KubeClient, lease: Candidate, seen: LeaseSeen
) -> None:
    copies = [Copy(admin, lease) for _ in range(3)]

    async with standing(*copies):
        await eventually(lambda: any(copy.is_working for copy in copies), timeout_seconds=2.0)
        await seen.until_renewed(times=2)
        leaders = [copy for copy in copies if copy.election.is_leading]
        assert leaders == [copy for copy in copies if copy.began]
        assert [(await seen.record()).holder] == [copy.candidate.identity for copy in leaders]

    assert not any(copy.is_working or copy.election.is_leading for copy in copies)
    assert (await seen.record()).holder == ""


async def test_a_graceful_stop_hands_over_in_less_than_a_second(
    admin: KubeClient, lease: Candidate, seen: LeaseSeen, tell: Callable[[str], None]
) -> None:
    first, second = Copy(admin, lease), Copy(admin, lease)
    async with standing(first):
        await first.until_working()
        async with standing(second):
            await seen.until_renewed(times=1)

            first.stop()
            taken = await second.until_working()

    handed_over_seconds = taken - first.ended[-1]
    tell(f"lease handed over {handed_over_seconds:.2f} s after the leader's work ended")
    assert 0 < handed_over_seconds < 1.0
    assert (await seen.record()).transitions == 1


async def test_work_that_ends_of_itself_releases_the_lease(
    admin: KubeClient, lease: Candidate, seen: LeaseSeen
) -> None:
    copy = Copy(admin, lease)
    async with standing(copy) as (program,):
        await copy.until_working()

        copy.may_end.set()
        await program

    assert (await seen.record()).holder == ""


async def test_work_that_fails_releases_the_lease_and_is_told(
    admin: KubeClient, lease: Candidate, seen: LeaseSeen
) -> None:
    copy = Copy(admin, lease)
    copy.failure = RuntimeError("broken")
    program = asyncio.create_task(copy.election.run(copy.lead))
    await copy.until_working()

    copy.may_end.set()
    with pytest.raises(RuntimeError, match="broken"):
        await program

    assert (await seen.record()).holder == ""


async def test_a_cancelled_leader_ends_its_work_and_then_releases(
    admin: KubeClient, lease: Candidate, seen: LeaseSeen
) -> None:
    copy = Copy(admin, lease)
    program = asyncio.create_task(copy.election.run(copy.lead))
    await copy.until_working()

    program.cancel()
    await asyncio.wait({program})

    assert program.cancelled()
    assert not copy.is_working
    assert (await seen.record()).holder == ""


async def test_a_lease_is_released_though_the_work_fails_as_it_is_cancelled(
    admin: KubeClient, lease: Candidate, seen: LeaseSeen
) -> None:
    copy = Copy(admin, lease)

    async def lead() -> None:
        try:
            await copy.lead()
        finally:
            raise RuntimeError("broken")

    program = asyncio.create_task(copy.election.run(lead))
    await copy.until_working()

    program.cancel()
    with pytest.raises(RuntimeError, match="broken"):
        await program

    assert (await seen.record()).holder == ""


async def test_a_release_survives_an_edit_at_the_same_time(
    admin: KubeClient, lease: Candidate, seen: LeaseSeen
) -> None:
    copy = Copy(admin, lease)
    async with standing(copy):
        await copy.until_working()

        await seen.patch({"metadata": {"labels": {"edited": "true"}}})

    assert (await seen.record()).holder == ""


async def test_rights_that_come_late_are_used_without_a_restart(
    lease: Candidate,
    seen: LeaseSeen,
    admin: KubeClient,
    service_account_client: Callable[[str, str], Awaitable[KubeClient]],
) -> None:
    await _create(admin, SERVICE_ACCOUNTS, lease)
    api = await service_account_client(lease.name, lease.namespace)
    copy = Copy(api, lease)
    with capture_logs() as logs:
        async with standing(copy):
            await eventually(lambda: {"watch_refused", "lease_unreachable"} <= _events(logs))

            await _create(admin, ROLES, lease, rules=_rules(lease))
            reference = {"apiGroup": ROLES.group, "kind": ROLES.kind, "name": lease.name}
            subject = {"kind": "ServiceAccount", "name": lease.name, "namespace": lease.namespace}
            await _create(admin, ROLE_BINDINGS, lease, roleRef=reference, subjects=[subject])
            await copy.until_working()
            await seen.delete()
            await seen.until_held_by(copy.candidate.identity)

    assert (await seen.record()).holder == ""


async def _create(
    admin: KubeClient, kind: ResourceType, lease: Candidate, **content: JsonValue
) -> None:
    metadata = {"name": lease.name, "namespace": lease.namespace}
    body = {"apiVersion": kind.api_version, "kind": kind.kind, "metadata": metadata, **content}
    await admin.create(kind, body, field_manager="tests")


def _rules(lease: Candidate) -> list[JsonObject]:
    """Return what standing for election takes."""
    kind = {"apiGroups": ["coordination.k8s.io"], "resources": ["leases"]}
    return [
        {**kind, "verbs": ["create"]},
        {
            **kind,
            "resourceNames": [lease.name],
            "verbs": ["get", "list", "watch", "update", "patch"],
        },
    ]


def _events(logs: Sequence[Mapping[str, JsonValue]]) -> set[JsonValue]:
    return {entry["event"] for entry in logs}
