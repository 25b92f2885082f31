"""Operations that people ask for, read into values."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gitopskit.errors import InputError
from gitopskit.manifests.identity import ObjectRef
from gitopskit.reconciler.operation_request import OperationRequest, Selected, parse_operation
from gitopskit.reconciler.sync_policy import Retry, SyncOptions

if TYPE_CHECKING:
    from gitopskit.manifests.json_types import JsonValue

WEB = ObjectRef("apps", "Deployment", "shop", "web")


def parsed(**operation: JsonValue) -> OperationRequest:
    found = parse_operation({"operation": operation}, where="Application/web")
    assert found is not None
    return found


def test_without_an_operation_nothing_is_asked() -> None:
    assert parse_operation({"operation": {}}, where="Application/web") is None


def test_every_field_of_an_operation_is_read() -> None:
    found = parsed(
        initiatedBy={"username": "ann", "automated": True},
        retry={"limit": 2, "refresh": True},
        sync={
            "revision": "v1",
            "prune": True,
            "dryRun": True,
            "resources": [{"group": "apps", "kind": "Deployment", "name": "web"}],
            "syncOptions": ["Replace=true", "Validate=false"],
            "syncStrategy": {"apply": {"force": True}},
        },
    )

    assert found == OperationRequest(
        revision="v1",
        prunes=True,
        is_dry_run=True,
        resources=(Selected(group="apps", kind="Deployment", name="web"),),
        options=SyncOptions(replaces=True, validates=False),
        retry=Retry(limit=2, refreshes=True),
        runs_hooks=False,
        forces=True,
        username="ann",
        is_automated=True,
    )


def test_a_sync_that_is_asked_for_is_not_repeated_by_itself() -> None:
    assert not parsed(sync={"prune": True}).retry.allows(1)


@pytest.mark.parametrize(
    ("selected", "is_meant"),
    [
        pytest.param({"group": "apps", "kind": "Deployment", "name": "web"}, True, id="any-place"),
        pytest.param(
            {"group": "apps", "kind": "Deployment", "name": "web", "namespace": "other"},
            False,
            id="other-namespace",
        ),
        pytest.param({"kind": "Deployment", "name": "web"}, False, id="other-group"),
    ],
)
def test_a_sync_may_be_limited_to_some_objects(
    selected: dict[str, JsonValue], *, is_meant: bool
) -> None:
    assert parsed(sync={"resources": [selected]}).covers(WEB) is is_meant


def test_a_sync_without_resources_is_about_all() -> None:
    assert parsed(sync={"prune": False, "revision": "v1"}).covers(WEB)


@pytest.mark.parametrize(
    "resource",
    [pytest.param({"kind": "Job"}, id="no-name"), pytest.param({"name": "web"}, id="no-kind")],
)
def test_a_selected_object_needs_a_kind_and_a_name(resource: dict[str, JsonValue]) -> None:
    with pytest.raises(InputError):
        parsed(sync={"resources": [resource]})
