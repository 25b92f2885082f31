"""Patterns that choose the files of a folder."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitopskit.errors import RenderFailed
from gitopskit.render.patterns import compile_pattern, matches


@pytest.mark.parametrize(
    ("pattern", "path", "is_meant"),
    [
        pytest.param("*.yaml", "app.yaml", True, id="star"),
        pytest.param("*.yaml", "sub/app.yaml", True, id="star-crosses-folders"),
        pytest.param("sub/*", "app.yaml", False, id="other-folder"),
        pytest.param("app.yaml", "sub/app.yaml", False, id="the-whole-path-counts"),
        pytest.param("app.?aml", "app.yaml", True, id="one-character"),
        pytest.param("app.[xy]aml", "app.yaml", True, id="set"),
        pytest.param("{config.yaml,env/*}", "env/a.yaml", True, id="braces"),
        pytest.param("{config.yaml,env/*}", "other.yaml", False, id="none-of-the-braces"),
        pytest.param("{a,b{1,2}}.yaml", "b2.yaml", True, id="braces-in-braces"),
        pytest.param("{a,b}-{1,2}", "b-2", True, id="braces-twice"),
        pytest.param("", "a", False, id="empty"),
    ],
)
def test_a_pattern_is_about_paths(pattern: str, path: str, *, is_meant: bool) -> None:
    assert matches(compile_pattern(pattern, where="x"), path) is is_meant


@pytest.mark.parametrize(
    "pattern",
    [
        pytest.param("{a,b", id="open"),
        pytest.param("a\\*", id="backslash"),
        pytest.param("a" * 2000, id="long"),
        pytest.param("{a,b}" * 20, id="many"),
    ],
)
def test_a_pattern_that_cannot_be_used_is_refused(pattern: str) -> None:
    with pytest.raises(RenderFailed):
        compile_pattern(pattern, where="x")


@given(pattern=st.text("ab*?[]{},/", max_size=30), path=st.text("ab/", max_size=20))
def test_any_pattern_is_used_or_refused(pattern: str, path: str) -> None:
    try:
        compiled = compile_pattern(pattern, where="x")
    except RenderFailed:
        return
    assert matches(compiled, path) in (True, False)
