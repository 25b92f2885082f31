"""What stands in a Lease, and how a candidate writes it.

Pure. Source: kubernetes.io/docs, "Leases" (coordination.k8s.io/v1).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from gitopskit.kube.resources import LEASES
from gitopskit.timestamps import rfc3339_micro

if TYPE_CHECKING:
    from collections.abc import Mapping
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
    """Return the Lease as a candidate writes it, to acquire or to renew it.

    ``lease`` is the Lease as it was read, None where there is none; ``last`` is the last record
    that was seen. What else stands in the Lease stays, and so does the version that was read.
    """
    is_ours = last is not None and last.holder == candidate.identity
    transitions = last.transitions if last is not None else -1
    moment = rfc3339_micro(now)
    spec = {
        "holderIdentity": candidate.identity,
        "leaseDurationSeconds": duration_seconds,
        "acquireTime": (last.acquired if last is not None and is_ours else "") or moment,
        "renewTime": moment,
        "leaseTransitions": transitions if is_ours else transitions + 1,
    }
    if lease is not None:
        return {**lease, "spec": {**(lease.get("spec") or {}), **spec}}
    return {
        "apiVersion": LEASES.api_version,
        "kind": LEASES.kind,
        "metadata": {
            "name": candidate.name,
            "namespace": candidate.namespace,
            "labels": {"app.kubernetes.io/managed-by": "gitopskit"},
        },
        "spec": spec,
    }


def renewal(candidate: Candidate, *, now: datetime) -> list[JsonObject]:
    """Return the JSON patch that renews a Lease whatever its version, unless another holds it."""
    return _if_held_by(candidate, {"renewTime": rfc3339_micro(now)})


def release(candidate: Candidate, *, now: datetime) -> list[JsonObject]:
    """Return the JSON patch that frees a Lease whatever its version, unless another holds it."""
    return _if_held_by(candidate, {"holderIdentity": "", "renewTime": rfc3339_micro(now)})


def _if_held_by(candidate: Candidate, changes: Mapping[str, str]) -> list[JsonObject]:
    holder = {"op": "test", "path": "/spec/holderIdentity", "value": candidate.identity}
    return [
        holder,
        *(
            {"op": "add", "path": f"/spec/{name}", "value": value}
            for name, value in changes.items()
        ),
    ]
