"""Expressions of jq name fields, and can do nothing else."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from gitopskit import process
from gitopskit.clock import SystemClock
from gitopskit.errors import InputError, ProcessFailed, UnsupportedField
from gitopskit.reconciler import jq_paths
from gitopskit.reconciler.application import Ignored, parse
from gitopskit.reconciler.jq_paths import JqPaths
from tests.support.clock import FakeClock

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from gitopskit.clock import Clock
    from gitopskit.manifests.json_types import JsonObject
    from gitopskit.process import Command, Completed

CONTENT: JsonObject = {
    "kind": "Deployment",
    "metadata": {"name": "a"},
    "spec": {"containers": [{"name": "main", "cpu": 1}, {"name": "side", "cpu": 2}]},
}
SIDE = '.spec.containers[] | select(.name == "side") | .cpu'
LOOP = "def f: f; f"
EATER = 'reduce range(40) as $i ("0123456789abcdef"; . + .)'


class Count:
    """Counts the processes that are started."""

    def __init__(self) -> None:
        self.commands: list[Command] = []

    def run(self, command: Command) -> Completed:
        self.commands.append(command)
        return process.run(command)


class Started:
    """What jq_paths knows of the module process."""

    def __init__(self, count: Count) -> None:
        self.run = count.run
        self.Command = process.Command


@pytest.fixture
def count(monkeypatch: pytest.MonkeyPatch) -> Count:
    count = Count()
    monkeypatch.setattr(jq_paths, "process", Started(count))
    return count


async def opened(clock: Clock) -> AsyncIterator[JqPaths]:
    paths = JqPaths(clock)
    yield paths
    await paths.close()


@pytest.fixture
async def paths() -> AsyncIterator[JqPaths]:
    async for it in opened(SystemClock()):
        yield it


@pytest.mark.parametrize(
    ("expression", "pointers"),
    [
        pytest.param(SIDE, (("spec", "containers", "1", "cpu"),), id="select"),
        pytest.param("def f: .kind; f", (("kind",),), id="function"),
        pytest.param(".kind # the kind", (("kind",),), id="comment"),
        pytest.param(".kind, .none?", (("kind",), ("none",)), id="several"),
        pytest.param(".", (), id="the-object-itself"),
        pytest.param(".kind[]", (), id="fails-on-this-object"),
        pytest.param("error(.)", (), id="error"),
        pytest.param("input", (), id="no-input"),
        pytest.param("env", (), id="no-environment"),
        pytest.param("$ENV.HOME", (), id="no-variable"),
        pytest.param("input_filename", (), id="no-file"),
        pytest.param('.[env | keys | map(select(. == "PATH")) | .[]]', (), id="empty-environment"),
        pytest.param('"/etc/passwd" | modulemeta', (), id="no-module"),
        pytest.param("halt", (), id="halt"),
        pytest.param(".kind | debug | stderr", (("kind",),), id="says-nothing"),
    ],
)
async def test_an_expression_names_places(
    paths: JqPaths, expression: str, pointers: tuple[tuple[str, ...], ...]
) -> None:
    assert await paths.find(("web", (expression,)), CONTENT) == pointers


@pytest.mark.parametrize(
    ("expression", "problem"),
    [
        pytest.param(".spec[", "is not valid", id="syntax"),
        pytest.param('import "a" as a; .', "is not valid", id="import"),
        pytest.param('include "a"; .', "is not valid", id="include"),
        pytest.param(".kind), (.kind", "is not valid", id="closes-the-bracket"),
        pytest.param('getpath([range(200) | "k\\(.)"])', "is not valid", id="too-deep"),
        pytest.param('.["k\\(range(20000))"]', "names too many", id="too-many"),
        pytest.param(LOOP, "longer than a second", id="loop"),
        pytest.param(EATER, "more memory", id="memory"),
    ],
)
async def test_an_expression_that_cannot_be_used_is_named_and_no_value(
    paths: JqPaths, expression: str, problem: str
) -> None:
    content = {"kind": "canary", **{str(n): n for n in range(5)}}

    with pytest.raises(InputError) as caught:
        await paths.find(("web", (".kind", expression)), content)

    assert expression in caught.value.what
    assert problem in caught.value.what
    assert "canary" not in f"{caught.value} {caught.value.hint}"


async def test_what_used_too_much_is_not_tried_again_for_a_while(count: Count) -> None:
    clock = FakeClock()
    async for paths in opened(clock):
        for _ in range(3):
            with pytest.raises(InputError):
                await paths.find(("web", (".kind", LOOP)), CONTENT)
        assert len(count.commands) == 1
        await clock.sleep(61)
        with pytest.raises(InputError):
            await paths.find(("web", (".kind", LOOP)), CONTENT)

    assert len(count.commands) == 2


async def test_a_loop_delays_no_other_application(paths: JqPaths) -> None:
    loop = asyncio.create_task(paths.find(("bad", (LOOP,)), CONTENT))

    found = await paths.find(("web", (".kind",)), CONTENT)

    assert found == (("kind",),)
    assert not loop.done()
    with pytest.raises(InputError):
        await loop


async def test_a_thousand_objects_cost_a_few_processes(paths: JqPaths, count: Count) -> None:
    contents = [{**CONTENT, "metadata": {"name": str(n)}} for n in range(1000)]

    found = await asyncio.gather(*(paths.find(("web", (SIDE,)), it) for it in contents))

    assert set(found) == {(("spec", "containers", "1", "cpu"),)}
    assert len(count.commands) <= 11


async def test_large_objects_are_handed_over_in_parts(paths: JqPaths, count: Count) -> None:
    contents = [{"metadata": {"name": str(n)}, "data": "x" * 3_000_000} for n in range(3)]

    found = await asyncio.gather(*(paths.find(("web", (".data",)), it) for it in contents))

    assert set(found) == {(("data",),)}
    assert len(count.commands) == 3


async def test_an_object_that_did_not_change_is_not_asked_about_again(
    paths: JqPaths, count: Count
) -> None:
    content = {**CONTENT, "metadata": {"uid": "1", "resourceVersion": "5"}}

    for _ in range(3):
        await paths.find(("web", (SIDE,)), content)

    assert len(count.commands) == 1


async def test_an_object_that_is_not_there_yet_is_asked_about_each_time(paths: JqPaths) -> None:
    await paths.find(("web", (".kind",)), {})
    await paths.find(("web", (".kind",)), {"kind": 1})

    assert await paths.find(("web", (".kind[]",)), {"kind": [1]}) == (("kind", "0"),)
    assert await paths.find(("web", (".kind[]",)), {"kind": [1, 2]}) == (
        ("kind", "0"),
        ("kind", "1"),
    )


async def test_what_was_asked_about_longest_ago_is_forgotten(
    paths: JqPaths, count: Count, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jq_paths, "_KNOWN", 1)

    for version in ("5", "6", "5"):
        metadata = {"uid": "1", "resourceVersion": version}
        await paths.find(("web", (SIDE,)), {**CONTENT, "metadata": metadata})

    assert len(count.commands) == 3


async def test_a_process_gets_nothing_but_its_question(paths: JqPaths, count: Count) -> None:
    await paths.find(("web", (SIDE,)), CONTENT)

    (command,) = count.commands
    assert dict(command.environment) == {"HOME": "/nonexistent"}
    assert SIDE not in " ".join(command.argv)


async def test_whoever_gave_up_does_not_hinder_others(paths: JqPaths) -> None:
    query = ("web", (SIDE,))
    given_up = asyncio.create_task(paths.find(query, CONTENT))
    kept = asyncio.create_task(paths.find(query, CONTENT))
    await asyncio.sleep(0)

    given_up.cancel()

    assert await kept == (("spec", "containers", "1", "cpu"),)


async def test_an_object_is_asked_about_as_it_is_and_as_it_is_to_be(paths: JqPaths) -> None:
    desired = {**CONTENT, "spec": {"containers": CONTENT["spec"]["containers"][1:]}}

    found = await paths.in_both(Ignored(application="web", expressions=(SIDE,)), CONTENT, desired)

    assert found.found == (("spec", "containers", "1", "cpu"),)
    assert found.wanted == (("spec", "containers", "0", "cpu"),)


async def test_without_expressions_nothing_is_started(paths: JqPaths, count: Count) -> None:
    ignored = Ignored((("spec",),))

    assert await paths.in_both(ignored, CONTENT, CONTENT) is ignored
    assert await paths.in_live(ignored, CONTENT) is ignored
    assert await paths.find(("web", ()), CONTENT) == ()
    assert count.commands == []


def application(*expressions: str) -> JsonObject:
    rules = [{"kind": "Job", "jqPathExpressions": list(expressions)}]
    source = {"repoURL": "https://git.example/shop.git", "path": "app"}
    spec = {"project": "web", "source": source, "destination": {}, "ignoreDifferences": rules}
    return {"metadata": {"name": "web"}, "spec": spec}


async def test_the_expressions_of_an_application_are_checked_once(
    paths: JqPaths, count: Count
) -> None:
    for _ in range(3):
        await paths.require(parse(application(".spec")))

    assert len(count.commands) == 1
    with pytest.raises(InputError, match="is not valid"):
        await paths.require(parse(application(".spec[")))


async def test_without_the_library_the_field_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    async for paths in opened(SystemClock()):
        with pytest.raises(UnsupportedField, match="jqPathExpressions"):
            await paths.require(parse(application(".spec")))


async def test_a_program_that_does_not_begin_blames_no_expression(
    paths: JqPaths, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(jq_paths, "_PROGRAM", tmp_path / "none.py")

    with pytest.raises(ProcessFailed, match="did not begin"):
        await paths.find(("web", (SIDE,)), CONTENT)


async def test_an_answer_that_makes_no_sense_blames_no_expression(
    paths: JqPaths, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    program = tmp_path / "odd.py"
    program.write_text("print('{')")
    monkeypatch.setattr(jq_paths, "_PROGRAM", program)

    with pytest.raises(ProcessFailed, match="not understood"):
        await paths.find(("web", (SIDE,)), CONTENT)


async def test_a_machine_without_time_is_no_reason_to_wait_for_ever(
    paths: JqPaths, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jq_paths, "_WALL_SECONDS", 0.9)

    with pytest.raises(InputError, match="longer than a second"):
        await paths.find(("web", (LOOP,)), CONTENT)
