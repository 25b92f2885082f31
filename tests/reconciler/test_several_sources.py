"""Applications of several sources, on the real server."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING

from gitopskit.reconciler.loop import Controller
from tests.support.gitrepo import SourceRepository
from tests.support.polling import eventually
from tests.support.reconciling import World, config_map, text

if TYPE_CHECKING:
    from pathlib import Path

Run = Callable[[], AbstractAsyncContextManager[Controller]]


async def test_several_sources_are_applied_together(
    world: World, reconciler: Run, unique: str, tmp_path: Path
) -> None:
    other = SourceRepository.create(tmp_path / "other.git")
    first = world.repository.commit({"app/a.yaml": text(config_map(f"{unique}-a", color="red"))})
    second = other.commit({"b.yaml": text(config_map(f"{unique}-b", color="red"))})
    sources = [
        {"repoURL": world.url, "targetRevision": "main", "path": "app"},
        {"repoURL": str(other.folder), "targetRevision": "main", "path": "."},
    ]
    await world.project(unique, sourceRepos=["*"])
    await world.application(unique, project=unique, source=None, sources=sources)

    async def is_told() -> bool:
        sync = (await world.status(unique))["sync"]
        return bool(sync["status"] == "Synced" and sync["revisions"] == [first, third])

    async with reconciler():
        before = await world.until_synced(unique)
        third = other.commit({"b.yaml": text(config_map(f"{unique}-b", color="blue"))})
        await eventually(is_told)
        after = await world.until_synced(unique)

    assert before["sync"]["revisions"] == [first, second]
    assert before["sourceTypes"] == ["Directory", "Directory"]
    assert [it["revisions"] for it in after["history"]] == [[first, second], [first, third]]
    assert await world.data(f"{unique}-a") == {"color": "red"}
    assert await world.data(f"{unique}-b") == {"color": "blue"}


async def test_an_object_of_two_sources_is_refused(
    world: World, reconciler: Run, unique: str
) -> None:
    world.repository.commit(
        {"a/a.yaml": text(config_map(unique)), "b/b.yaml": text(config_map(unique))}
    )
    source = {"repoURL": world.url, "targetRevision": "main"}
    await world.project(unique)
    await world.application(
        unique,
        project=unique,
        source=None,
        sources=[{**source, "path": "a"}, {**source, "path": "b"}],
    )

    async with reconciler():
        message = await world.until_condition(unique, "ComparisonError")

    assert "is there twice" in message
