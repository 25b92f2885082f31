"""Expressions over the fields of an object."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitopskit.errors import InputError
from gitopskit.health.expressions import parse, parse_path

if TYPE_CHECKING:
    from gitopskit.manifests.json_types import JsonObject

WIDGET: JsonObject = {
    "metadata": {"annotations": {"example.com/mode": "fast"}},
    "spec": {"replicas": 2, "isPaused": False},
    "status": {
        "phase": "Ready and set",
        "readyReplicas": 2,
        "ratio": 0.5,
        "conditions": [
            "odd",
            {"type": "Synced", "status": "False"},
            {"type": "Ready", "status": "True", "message": "all is well"},
        ],
    },
}


@pytest.mark.parametrize(
    ("text", "is_true"),
    [
        pytest.param('status.phase == "Ready and set"', True, id="text"),
        pytest.param('status.phase != "Failed"', True, id="another-text"),
        pytest.param('status.conditions[type=Ready].status == "True"', True, id="condition"),
        pytest.param('status.conditions[type=Synced].status == "True"', False, id="not-true"),
        pytest.param('status.conditions[type=Gone].status == "True"', False, id="no-condition"),
        pytest.param('status.phase[type=Ready].status == "True"', False, id="no-list"),
        pytest.param("status.readyReplicas >= spec.replicas", True, id="two-fields"),
        pytest.param("status.readyReplicas == spec.replicas", True, id="two-equal-fields"),
        pytest.param("status.readyReplicas == spec.missing", False, id="nothing-to-compare"),
        pytest.param("status.readyReplicas > 2", False, id="greater"),
        pytest.param("status.readyReplicas<3", True, id="without-spaces"),
        pytest.param("status.ratio <= 0.5", True, id="fraction"),
        pytest.param("status.phase > 1", False, id="text-is-no-number"),
        pytest.param("spec.isPaused < 1", False, id="false-is-no-number"),
        pytest.param("spec.isPaused == false", True, id="false"),
        pytest.param("spec.isPaused == 0", False, id="false-is-not-zero"),
        pytest.param("spec.missing != null", False, id="what-is-missing-differs-from-nothing"),
        pytest.param("spec.replicas exists", True, id="exists"),
        pytest.param("spec.missing exists", False, id="does-not-exist"),
        pytest.param("spec.replicas.deeper missing", True, id="missing"),
        pytest.param('metadata.annotations["example.com/mode"] == "fast"', True, id="quoted-name"),
        pytest.param("spec.replicas == 2 and status.ratio == 1", False, id="one-of-two"),
        pytest.param("spec.replicas == 2 and status.ratio exists", True, id="both"),
    ],
)
def test_an_expression_holds_or_not(
    text: str,
    is_true: bool,  # noqa: FBT001 -- a parameter of the table
) -> None:
    assert parse(text).holds(WIDGET) is is_true


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="nothing"),
        pytest.param("true", id="no-field"),
        pytest.param("status.phase == Ready", id="bare-word"),
        pytest.param("data.key == 1", id="another-part"),
        pytest.param('status.phase = "Ready"', id="one-sign"),
        pytest.param('status.phase == "Ready" or spec.a exists', id="or"),
        pytest.param('status.phase == "\\x"', id="no-json"),
        pytest.param("status.phase == 01", id="no-number"),
        pytest.param("status." + "a" * 2000 + " exists", id="long"),
    ],
)
def test_what_is_no_expression_is_refused(text: str) -> None:
    with pytest.raises(InputError):
        parse(text)


def test_a_path_leads_to_a_text() -> None:
    path = parse_path("status.conditions[type=Ready].message")

    assert path.text_in(WIDGET) == "all is well"


def test_what_is_no_text_is_told_as_none() -> None:
    assert parse_path("status").text_in(WIDGET) == ""


def test_what_is_no_path_is_refused() -> None:
    with pytest.raises(InputError):
        parse_path("status.")


@given(
    st.text(
        alphabet='status.pec=!<>"[] andexists\\1',
        max_size=60,
    )
    | st.text(max_size=40)
)
def test_any_text_is_an_expression_or_an_error(text: str) -> None:
    with contextlib.suppress(InputError):
        assert parse(text).holds(WIDGET) in (True, False)
