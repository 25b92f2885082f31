from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from gitopskit.unsealer.claim import Claim

if TYPE_CHECKING:
    from gitopskit.manifests.json_types import JsonValue

RECREATE = {"annotations": {"gitopskit.io/recreate-immutable": "true"}}


def sealed(*, observed: int = 0, **condition: JsonValue) -> dict[str, Any]:
    return {
        "metadata": {"name": "db", "namespace": "shop", "uid": "u", "generation": 2},
        "spec": {"encryptedData": {}},
        "status": {
            "observedGeneration": observed,
            "conditions": [{"type": "Synced", **condition}] if condition else [],
        },
    }


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        pytest.param(sealed(), (False, False), id="never looked at"),
        pytest.param(sealed(observed=2, status="True"), (True, True), id="written"),
        pytest.param(sealed(observed=1, status="True"), (True, False), id="changed since"),
        pytest.param(
            sealed(observed=2, status="False", reason="Drifted"), (True, True), id="drifted since"
        ),
        pytest.param(
            sealed(observed=2, status="False", reason="ErrUpdateFailed"),
            (False, False),
            id="failed",
        ),
    ],
)
def test_the_status_tells_whether_a_secret_was_written(
    content: dict[str, Any], expected: tuple[bool, bool]
) -> None:
    claim = Claim.of(content)

    assert (claim.has_written, claim.is_written) == expected


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        pytest.param({}, False, id="nowhere"),
        pytest.param({"metadata": RECREATE}, True, id="SealedSecret"),
        pytest.param({"spec": {"template": {"metadata": RECREATE}}}, True, id="template"),
        pytest.param(
            {"metadata": {"annotations": {"gitopskit.io/recreate-immutable": "yes"}}},
            False,
            id="another word",
        ),
    ],
)
def test_recreation_has_to_be_asked_for(changes: dict[str, Any], *, expected: bool) -> None:
    content = sealed()
    content["metadata"] |= changes.get("metadata", {})
    content["spec"] |= changes.get("spec", {})

    assert Claim.of(content).may_recreate is expected


def test_the_owner_reference_names_the_sealed_secret_by_uid() -> None:
    assert Claim(name="db", uid="u").owner_reference == {
        "apiVersion": "bitnami.com/v1alpha1",
        "kind": "SealedSecret",
        "name": "db",
        "uid": "u",
        "controller": True,
    }
