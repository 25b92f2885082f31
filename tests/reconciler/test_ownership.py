"""Whose an object is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gitopskit.reconciler.ownership import judge
from tests.support.desiring import REF, observation

if TYPE_CHECKING:
    from gitopskit.manifests.json_types import JsonObject

OTHER = "other:/ConfigMap:shop/settings"
COPIED = "web:apps/Deployment:shop/web"


@pytest.mark.parametrize(
    ("live", "recorded", "standing", "told"),
    [
        pytest.param({}, "", "ours", "", id="tracked"),
        pytest.param(
            {"owner": "Widget/w"}, "", "foreign", "controlled by Widget/w", id="controlled"
        ),
        pytest.param(
            {"tracking_id": OTHER}, "u1", "foreign", 'the Application "other"', id="of-another"
        ),
        pytest.param({"tracking_id": ""}, "u1", "ours", "", id="annotation-taken-off"),
        pytest.param({"tracking_id": ""}, "u9", "untracked", "", id="another-instance"),
        pytest.param({"tracking_id": COPIED}, "", "untracked", "", id="annotation-copied"),
        pytest.param(
            {"tracking_id": "", "other_tracker": "kustomize.toolkit.fluxcd.io/name"},
            "",
            "foreign",
            "belongs to Flux",
            id="of-flux",
        ),
        pytest.param(
            {"tracking_id": "", "application_label": "other"},
            "",
            "foreign",
            'the Application "other"',
            id="label-of-another",
        ),
        pytest.param(
            {"tracking_id": "", "application_label": "web"}, "", "untracked", "", id="own-label"
        ),
        pytest.param(
            {"tracking_id": "", "owner": "Widget/w"},
            "u1",
            "foreign",
            "controlled by Widget/w",
            id="controlled-meanwhile",
        ),
    ],
)
def test_the_object_itself_says_whose_it_is(
    live: JsonObject, recorded: str, standing: str, told: str
) -> None:
    found = judge(observation(**live), application="web", ref=REF, recorded_uid=recorded)

    assert found.standing == standing
    assert told in found.reason


def test_what_is_not_there_is_nobodys() -> None:
    assert judge(None, application="web", ref=REF, recorded_uid="u1").standing == "absent"
