"""The program that runs expressions, as its functions are called in the process of its own."""

from __future__ import annotations

import json
import os
import resource
from typing import TYPE_CHECKING

import pytest

from gitopskit.reconciler import jq_program

if TYPE_CHECKING:
    from gitopskit.manifests.json_types import JsonValue


def answered(*expressions: str, contents: list[JsonValue]) -> tuple[JsonValue, int]:
    """Return the answer, and how many expressions were begun."""
    reader, writer = os.pipe()
    question = json.dumps({"expressions": expressions, "objects": contents})
    try:
        answer = json.loads(jq_program.answer(question, writer))
        os.close(writer)
        return answer, len(os.read(reader, 100))
    finally:
        os.close(reader)


def test_each_object_gets_the_paths_of_all_expressions() -> None:
    contents: list[JsonValue] = [{"a": 1, "b": [2]}, {"a": 3}]

    answer, begun = answered(".a", ".b[0]", contents=contents)

    assert answer == {"found": [[["a"], ["b", 0]], [["a"], ["b", 0]]]}
    assert begun == 2


@pytest.mark.parametrize(
    ("expression", "fault"),
    [(".a[", "syntax"), (".a), (1", "syntax"), ('.["k\\(range(20000))"]', "many")],
)
def test_a_fault_is_of_the_expression_that_was_begun_last(expression: str, fault: str) -> None:
    assert answered(".a", expression, ".b", contents=[{"a": 1}]) == ({"fault": fault}, 2)


def test_every_resource_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    bounds: dict[int, tuple[int, int]] = {}
    monkeypatch.setattr(resource, "setrlimit", bounds.__setitem__)

    jq_program.limit()

    assert bounds[resource.RLIMIT_CPU] == (1, 2)
    assert bounds[resource.RLIMIT_AS] == (512 * 1024 * 1024,) * 2
    assert {bounds[it][0] for it in (resource.RLIMIT_FSIZE, resource.RLIMIT_CORE)} == {0}
