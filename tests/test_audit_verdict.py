"""The verdict on a run's audit log finds what it is there for."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.audit_verdict import surprises
from tests.support.shipped_rules import PLATFORM_APPLIER, RECONCILER, UNSEALER

if TYPE_CHECKING:
    from pathlib import Path


def _event(user: str, verb: str, **changes: Any) -> dict[str, Any]:  # noqa: ANN401 -- fields of an event
    return {
        "stage": "ResponseComplete",
        "user": {"username": user},
        "verb": verb,
        "objectRef": {"resource": "configmaps", "namespace": "shop", "name": "a"},
        "responseStatus": {"code": 200},
        "requestURI": "/api/v1/namespaces/shop/configmaps/a",
    } | changes


_FORBIDDEN = {"responseStatus": {"code": 403, "message": "no"}}
_ENDING = {"responseStatus": {"code": 403, "message": "… because it is being terminated"}}


@pytest.mark.parametrize(
    ("event", "is_surprise"),
    [
        (_event(RECONCILER, "patch"), True),
        (_event(RECONCILER, "get"), False),
        (_event(RECONCILER, "patch", impersonatedUser={"username": "x"}), False),
        (_event(RECONCILER, "get", **_FORBIDDEN), True),
        (_event(UNSEALER, "create", **_ENDING), False),
        (_event(UNSEALER, "create", **_FORBIDDEN), True),
        (_event("somebody", "create", **_FORBIDDEN), False),
        (_event(PLATFORM_APPLIER, "delete", **_FORBIDDEN), True),
    ],
    ids=[
        "own write",
        "own read",
        "impersonated write",
        "refused read",
        "ending namespace",
        "refused write",
        "somebody else",
        "refused applier",
    ],
)
def test_a_planted_line_is_judged(
    tmp_path: Path, event: dict[str, Any], *, is_surprise: bool
) -> None:
    log = tmp_path / "audit.log"
    log.write_text(json.dumps(event) + "\n")

    assert bool(surprises(log)) == is_surprise
