"""What the audit log of a whole test run must not hold, of our own controllers.

A refusal that no test provokes, and a write of a user's object by the reconciler as itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.support.audit import WRITES, Request, read_requests
from tests.support.shipped_rules import PLATFORM_APPLIER, RECONCILER, UNSEALER, role_of

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

_OWN_NAMESPACES = {"gitopskit-system", "argocd"}
_NOT_A_RIGHT = ("because it is being terminated", "exceeded quota")
"""Refusals with the same status that no role could grant: a namespace that goes, a full quota."""

_PROVOKED = {
    # a RoleBinding to a role that may not be granted: tests/reconciler/test_escalations.py
    (PLATFORM_APPLIER, "patch", "rolebindings"),
    # the token of an account has that account's rights only: tests/controlplane/test_server.py
    (UNSEALER, "get", "namespaces"),
    # a Secret is to be made anew, without that right: tests/unsealer/test_unchangeable.py
    (UNSEALER, "delete", "secrets"),
}

ENDING = "-ending"
"""Namespaces of such a name are taken away under a running reconciler: tests/reconciler/
test_faults_cluster.py. The rights of their applier end before they do."""


def surprises(log: Path) -> list[str]:
    """Return a line per request that must not be in the log; the same line once."""
    return sorted(set(_lines(read_requests(log))))


def _lines(requests: Iterable[Request]) -> Iterable[str]:
    for request in requests:
        if _is_unexpected_refusal(request):
            yield f"refused: {request.actor} {request.verb} {request.path}: {request.message}"
        if _is_own_write(request):
            yield f"written as itself: {request.verb} {request.path}"


def _is_unexpected_refusal(request: Request) -> bool:
    return (
        bool(role_of(request.actor))
        and request.status in {401, 403}
        and not any(cause in request.message for cause in _NOT_A_RIGHT)
        and (request.actor, request.verb, request.resource) not in _PROVOKED
        and not request.namespace.endswith(ENDING)
    )


def _is_own_write(request: Request) -> bool:
    return (
        request.user == RECONCILER
        and not request.impersonated
        and request.verb in WRITES
        and request.namespace not in _OWN_NAMESPACES
        and request.group != "authorization.k8s.io"  # a question about a right, not a write
    )
