"""What stands in a Lease, and how a candidate writes it.

Pure. Source: kubernetes.io/docs, "Leases" (coordination.k8s.io/v1).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from gitopskit.kube.resources import LEASES
from gitopskit.timestamps import rfc3339_micro

if TYPE_CHECKING:
    from datetime import datetime

    from gitopskit.manifests.json_types import JsonObject


class Candidate(NamedTuple):
    """One copy of a controller: the Lease it wants, and what no other process is called."""

    namespace: str
    name: str
    identity: str

    def __str__(self) -> str:
        """Return the Lease as ``Lease/namespace/name``."""
        return str(LEASES.ref(namespace=self.namespace, name=self.name))


class Record(NamedTuple):
    """What a Lease says; ``holder`` is empty where nobody holds it."""

    holder: str
    duration_seconds: int
    acquired: str
    renewed: str
    transitions: int

    @classmethod
    def of(cls, lease: JsonObject) -> Record:
        """Return the record of a Lease as the API server sent it."""
        spec = lease.get("spec") or {}
        return cls(
            holder=str(spec.get("holderIdentity") or ""),
            duration_seconds=int(spec.get("leaseDurationSeconds") or 0),
            acquired=str(spec.get("acquireTime") or ""),
            renewed=str(spec.get("renewTime") or ""),
            transitions=int(spec.get("leaseTransitions") or 0),
        )


def claim(
    lease: JsonObject | None,
    candidate: Candidate,
    *,
    last: Record | None,
    now: datetime,
    duration_seconds: int,
) -> JsonObject:
    """Return the Lease as a candidate writes it to acquire or to renew it.

    ``lease`` is the object to replace, if there is one: what else stands in it stays, and so does
    the version that was read, at which alone the API server takes the write. ``last`` is the last
    record that was seen.
    """
    is_ours = last is not None and last.holder == candidate.identity
    transitions = last.transitions if last is not None else -1
    moment = rfc3339_micro(now)
    return _written(
        lease,
        candidate,
        holderIdentity=candidate.identity,
        leaseDurationSeconds=duration_seconds,
        acquireTime=(last.acquired if last is not None and is_ours else "") or moment,
        renewTime=moment,
        leaseTransitions=transitions if is_ours else transitions + 1,
    )


def release(lease: JsonObject, candidate: Candidate, *, now: datetime) -> JsonObject:
    """Return the Lease as its holder leaves it: free at once."""
    return _written(lease, candidate, holderIdentity="", renewTime=rfc3339_micro(now))


def _written(lease: JsonObject | None, candidate: Candidate, **changes: str | int) -> JsonObject:
    content = lease or {
        "apiVersion": LEASES.api_version,
        "kind": LEASES.kind,
        "metadata": {
            "name": candidate.name,
            "namespace": candidate.namespace,
            "labels": {"app.kubernetes.io/managed-by": "gitopskit"},
        },
    }
    return {**content, "spec": {**(content.get("spec") or {}), **changes}}
