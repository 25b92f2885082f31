"""A line of the log tells which commit, by whom, was applied when, in which Application."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING

import pytest
from structlog.testing import capture_logs

from gitopskit.reconciler.loop import Controller
from gitopskit.timestamps import parse_rfc3339
from tests.support.asking import ask, until_answered
from tests.support.gitrepo import SourceRepository
from tests.support.polling import eventually
from tests.support.reconciling import World, config_map, text

if TYPE_CHECKING:
    from collections.abc import Iterator, MutableMapping
    from pathlib import Path
    from typing import Any

    Lines = list[MutableMapping[str, Any]]

Run = Callable[[], AbstractAsyncContextManager[Controller]]

PERSON = "Author <author@example.invalid>"


@pytest.fixture
def logged() -> Iterator[Lines]:
    with capture_logs() as lines:
        yield lines


def _told(lines: Lines, name: str) -> Lines:
    return [
        line for line in lines if line["event"] == "commit_applied" and line["application"] == name
    ]


async def test_each_commit_that_is_applied_is_told_with_its_author(
    world: World, reconciler: Run, unique: str, logged: Lines
) -> None:
    await world.project(unique)
    first = world.repository.commit({"app/a.yaml": text(config_map(unique, at="1"))})
    await world.application(unique, project=unique)
    async with reconciler():
        await world.until_synced(unique)
        second = world.repository.commit({"app/a.yaml": text(config_map(unique, at="2"))})
        await world.until_synced(unique, revision=second)

    told = _told(logged, unique)

    assert [line["revision"] for line in told] == [first, second]
    assert {line["author"] for line in told} == {PERSON}
    assert {line["committer"] for line in told} == {PERSON}
    expected = {
        "project": unique,
        "namespace": world.namespace,
        "repository": world.url,
        "followed": "main",
        "initiated_by": "policy",
        "outcome": "Succeeded",
        "objects": 1,
        "pruned": 0,
    }
    assert expected.items() <= told[0].items()
    for moment in ("committed_at", "started_at", "finished_at"):
        assert parse_rfc3339(told[0][moment]) is not None


async def test_it_is_told_who_asked_for_a_sync(
    world: World, reconciler: Run, unique: str, logged: Lines
) -> None:
    await world.project(unique)
    world.repository.commit({"app/a.yaml": text(config_map(unique))})
    await world.application(unique, project=unique, policy={})
    async with reconciler():
        await ask(world, unique)
        await until_answered(world, unique)

    assert [line["initiated_by"] for line in _told(logged, unique)] == ["ann"]


async def test_a_message_of_a_commit_is_never_told(
    world: World, reconciler: Run, unique: str, logged: Lines
) -> None:
    await world.project(unique)
    world.repository.commit({"app/a.yaml": text(config_map(unique))})
    await world.application(unique, project=unique)
    async with reconciler():
        await world.until_synced(unique)

    assert "change" not in _told(logged, unique)[0].values()  # the message of every test's commit


async def test_a_sync_that_fails_is_told_as_failed(
    world: World, reconciler: Run, unique: str, logged: Lines
) -> None:
    invalid = {**config_map(unique), "data": {"no key is like this": ""}}
    await world.project(unique)
    commit = world.repository.commit({"app/a.yaml": text(invalid)})
    policy = {"automated": {}, "retry": {"limit": 0}}
    await world.application(unique, project=unique, policy=policy)
    async with reconciler():
        await eventually(lambda: bool(_told(logged, unique)))

    line = _told(logged, unique)[0]

    assert (line["revision"], line["outcome"], line["objects"]) == (commit, "Failed", 0)
    assert line["author"] == PERSON


async def test_each_source_is_told_with_its_own_commit(
    world: World, reconciler: Run, unique: str, logged: Lines, tmp_path: Path
) -> None:
    other = SourceRepository.create(tmp_path / "other.git")
    first = world.repository.commit({"app/a.yaml": text(config_map(f"{unique}-a"))})
    second = other.commit({"b.yaml": text(config_map(f"{unique}-b"))})
    sources = [
        {"repoURL": world.url, "targetRevision": "main", "path": "app"},
        {"repoURL": str(other.folder), "targetRevision": "main", "path": "."},
    ]
    await world.project(unique, sourceRepos=["*"])
    await world.application(unique, project=unique, source=None, sources=sources)
    async with reconciler():
        await world.until_synced(unique)

    told = [(line["repository"], line["revision"]) for line in _told(logged, unique)]

    assert told == [(world.url, first), (str(other.folder), second)]
