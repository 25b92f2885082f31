"""Health that people declare for a kind."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gitopskit.errors import InputError
from gitopskit.health.assess import assess
from gitopskit.health.declared import parse_rule, rules_of
from gitopskit.health.verdict import Health

if TYPE_CHECKING:
    from gitopskit.manifests.json_types import JsonObject

WIDGET = ("example.com", "Widget")
RULE = """
# a Widget says in words how it is
progressing: status.phase == "Working"
degraded: status.phase == "Broken"
degraded: status.failures > 3
suspended: spec.paused == true
healthy: status.phase == "Fine"
message: status.why
"""


def widget(**status: object) -> JsonObject:
    return {
        "apiVersion": "example.com/v1",
        "kind": "Widget",
        "metadata": {"generation": 2},
        "spec": {"paused": status.pop("paused", False)},
        "status": status,
    }


@pytest.mark.parametrize(
    ("content", "health"),
    [
        pytest.param(widget(phase="Fine", why="so"), Health("Healthy"), id="healthy"),
        pytest.param(widget(phase="Broken", why="dust"), Health("Degraded", "dust"), id="degraded"),
        pytest.param(widget(phase="Fine", failures=4), Health("Degraded"), id="alternative"),
        pytest.param(widget(phase="Working"), Health("Progressing"), id="progressing"),
        pytest.param(widget(paused=True), Health("Suspended"), id="suspended"),
        pytest.param(
            widget(),
            Health("Progressing", "what is declared as healthy does not hold yet"),
            id="nothing-holds",
        ),
        pytest.param(
            widget(phase="Fine", observedGeneration=1),
            Health("Progressing", "the change has not been looked at yet"),
            id="not-observed",
        ),
    ],
)
def test_a_declared_rule_judges_its_kind(content: JsonObject, health: Health) -> None:
    assert assess(content, rules_of({"example.com_Widget": RULE})) == health


def test_without_a_word_of_health_what_is_not_wrong_is_healthy() -> None:
    rules = rules_of({"example.com_Widget": 'degraded: status.phase == "Broken"'})

    assert assess(widget(), rules) == Health("Healthy")


def test_a_declared_rule_takes_the_place_of_a_built_in_one() -> None:
    ingress: JsonObject = {"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "metadata": {}}

    found = assess(ingress, rules_of({"networking.k8s.io_Ingress": "healthy: metadata exists"}))

    assert found == Health("Healthy")


def test_a_kind_of_the_core_group_has_no_group_in_its_key() -> None:
    assert rules_of({"Service": "healthy: spec exists"}).keys() == {("", "Service")}


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="nothing"),
        pytest.param("well: spec exists", id="another-word"),
        pytest.param("healthy: spec", id="no-expression"),
        pytest.param("message: nowhere", id="no-path"),
    ],
)
def test_what_is_no_rule_is_refused(text: str) -> None:
    with pytest.raises(InputError):
        parse_rule(text)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        pytest.param("healthy: nonsense", "not understood: nonsense; write", id="with-a-hint"),
        pytest.param("", "it says nothing", id="without"),
    ],
)
def test_a_rule_that_cannot_be_read_makes_health_unknown(text: str, told: str) -> None:
    found = assess(widget(), rules_of({"example.com_Widget": text}))

    assert found.status == "Unknown"
    assert f"the declared health of example.com_Widget cannot be read: {told}" in found.message
