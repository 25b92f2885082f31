"""A replica that does not lead: it is ready to take over."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gitopskit.controller.election import Election
from gitopskit.controller.http import Request, Response
from gitopskit.controller.lease_record import Candidate
from gitopskit.reconciler.replica import Replica
from gitopskit.reconciler.webhook_api import PATH
from tests.support.reconciling import options

if TYPE_CHECKING:
    from pathlib import Path

    from gitopskit.kube.client import KubeClient


def _replica(api: KubeClient, folder: Path, *, is_elected: bool) -> Replica:
    candidate = Candidate("gitopskit-system", "gitopskit-reconciler", "tests")
    election = Election(api, candidate) if is_elected else None
    return Replica(api, options(folder), election=election)


async def test_a_follower_is_ready_and_takes_webhooks_once_it_knows_the_secret(
    admin: KubeClient, tmp_path: Path
) -> None:
    replica = _replica(admin, tmp_path, is_elected=True)
    endpoint = replica.endpoints()[PATH]

    refusal = endpoint.admit("192.0.2.1")
    answer = await endpoint.answer(Request(method="POST", peer="192.0.2.1", body=b"{}"))

    assert replica.is_ready
    assert isinstance(refusal, Response)
    assert refusal.status == answer.status == 503


async def test_without_an_election_it_is_ready_when_it_has_seen_everything(
    admin: KubeClient, tmp_path: Path
) -> None:
    assert not _replica(admin, tmp_path, is_elected=False).is_ready
