"""Lines of a tree on a narrow terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gitopskit.workflows.application_view import Line, Span, tree, view_of
from gitopskit.workflows.narrow_lines import narrowed

if TYPE_CHECKING:
    from gitopskit.manifests.json_types import JsonObject

APPLICATION: JsonObject = {
    "metadata": {"name": "payments-prod", "namespace": "argocd"},
    "status": {
        "sync": {"status": "Synced", "revision": "c" * 40},
        "health": {"status": "Healthy"},
        "resources": [
            {
                "kind": "Deployment",
                "name": "web",
                "status": "Synced",
                "health": {"status": "Healthy"},
            },
            {"kind": "ConfigMap", "name": "settings-of-web", "status": "OutOfSync", "syncWave": 1},
        ],
    },
}


def shown(width: int) -> list[str]:
    lines = [narrowed(line, width=width) for line in tree([view_of(APPLICATION)])]
    return ["".join(span.text for span in line) for line in lines]


@pytest.mark.parametrize(
    ("width", "head", "deep", "without_health"),
    [
        pytest.param(
            80,
            "payments-prod  Synced  Healthy  cccccccc",
            "│  └─ Deployment web  Synced  Healthy",
            "   └─ ConfigMap settings-of-web  OutOfSync",
            id="wide",
        ),
        pytest.param(
            30,
            "payments-prod  Synced  Healthy  cccccccc",
            "│  └─ Deploy…  Synced  Healthy",
            "   └─ ConfigMap se…  OutOfSync",
            id="narrow",
        ),
        pytest.param(
            20,
            "pa…  Synced  Healthy  cccccccc",
            "│  └─ …  S…  Healthy",
            "   └─ Co…  OutOfSync",
            id="very-narrow",
        ),
    ],
)
def test_health_stays_and_names_give_way(
    width: int, head: str, deep: str, without_health: str
) -> None:
    lines = shown(width)

    assert lines[0] == head
    assert deep in lines
    assert without_health in lines


def test_where_nothing_fits_the_last_word_stays_whole() -> None:
    assert shown(5)[0].startswith("…  …  Healthy")


def test_a_line_without_a_state_is_the_terminals_to_cut() -> None:
    line: Line = (Span("a long message"),)

    assert narrowed(line, width=3) == line
