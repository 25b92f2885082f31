"""What of kustomize's words is shown."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitopskit.render.messages import explain_build

ROOT = "/cache/snapshots/abc"
NAMES = {"a.yaml", "base"}


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("error: bad thing", "bad thing"),
        (f"error: in {ROOT}/k/a.yaml and {ROOT} too", "in k/a.yaml and . too"),
        ("reading 'a.yaml': hunter \"secret\" 'x'", "reading `a.yaml`: hunter … …"),
        (
            "no matches for Id 'Deployment.v1.apps/web.[noNs]'",
            "no matches for Id `Deployment.v1.apps/web.[noNs]`",
        ),
        (
            "config: `\nfoo: hunter2\n`: bad [a: hunter2 [b] c] map[x:hunter2]",
            "config: …: bad … …",
        ),
        ("bad literal source hunter 2, expected k=v", "bad literal source …, expected k=v"),
        ('json: {"a": {"b": "hunter2"}} is bad', "json: … is bad"),
        (
            "accumulation err='from 'a.yaml': twice': must build at directory: 'a': not directory",
            "from `a.yaml`: twice",
        ),
        ("", "it said nothing"),
        ("error: x.\n", "x"),
        ("y" * 900, "y" * 399 + "…"),
    ],
)
def test_values_are_left_out(said: str, shown: str) -> None:
    assert explain_build(said.encode(), root=ROOT, known_names=NAMES) == shown


@given(st.text(max_size=200))
def test_any_text_becomes_one_short_line(said: str) -> None:
    shown = explain_build(said.encode(errors="replace"), root=ROOT, known_names=NAMES)

    assert 0 < len(shown) <= 400
    assert "\n" not in shown
