"""Overlays that are asked for at the same time are built together."""

from __future__ import annotations

import asyncio
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from gitopskit.manifests.snapshot import Snapshot
from gitopskit.reconciler.batches import Batches
from gitopskit.render.together import Built

if TYPE_CHECKING:
    from collections.abc import Sequence

_FIRST = Snapshot(revision="a" * 40, root=Path("/first"))
_SECOND = Snapshot(revision="b" * 40, root=Path("/second"))


class Builder:
    """Builds when it is told to, and leaves out what begins with ``odd``."""

    def __init__(self) -> None:
        self.calls: list[list[str]] = []
        self.may_build = asyncio.Event()

    async def build(self, snapshot: Snapshot, paths: Sequence[str]) -> dict[str, Built]:
        self.calls.append([f"{snapshot.revision[0]}/{path}" for path in paths])
        await self.may_build.wait()
        return {
            path: Built(manifests=(), inputs=(PurePosixPath(path),))
            for path in paths
            if not path.startswith("odd")
        }


async def _ask(batches: Batches, *paths: str, of: Snapshot = _FIRST) -> list[asyncio.Task[object]]:
    tasks: list[asyncio.Task[object]] = [
        asyncio.create_task(batches.build(of, path)) for path in paths
    ]
    for _ in range(5):
        await asyncio.sleep(0)
    return tasks


async def test_what_comes_while_a_batch_is_built_is_built_together_next() -> None:
    builder = Builder()
    batches = Batches(builder.build)

    tasks = await _ask(batches, "1")
    tasks += await _ask(batches, "2", "3", "3")
    builder.may_build.set()
    found = await asyncio.gather(*tasks)

    assert builder.calls == [["a/1"], ["a/2", "a/3"]]
    assert [isinstance(it, Built) for it in found] == [True] * 4


async def test_no_batch_is_larger_than_fifty() -> None:
    builder = Builder()
    batches = Batches(builder.build)

    tasks = await _ask(batches, *map(str, range(120)))
    builder.may_build.set()
    await asyncio.gather(*tasks)

    assert [len(call) for call in builder.calls] == [50, 50, 20]


async def test_revisions_are_never_mixed() -> None:
    builder = Builder()
    batches = Batches(builder.build)

    tasks = [*await _ask(batches, "1"), *await _ask(batches, "1", of=_SECOND)]
    builder.may_build.set()
    await asyncio.gather(*tasks)

    assert builder.calls == [["a/1"], ["b/1"]]


async def test_what_is_left_out_is_built_alone() -> None:
    builder = Builder()
    builder.may_build.set()
    batches = Batches(builder.build)

    found = await asyncio.gather(*await _ask(batches, "1", "odd"))

    assert [it is None for it in found] == [False, True]


async def test_a_revision_of_which_a_batch_failed_is_not_tried_again() -> None:
    builder = Builder()
    builder.may_build.set()
    batches = Batches(builder.build)

    await asyncio.gather(*await _ask(batches, "odd-1", "odd-2"))
    found = await batches.build(_FIRST, "1")

    assert found is None
    assert builder.calls == [["a/odd-1", "a/odd-2"]]


async def test_one_that_fails_on_its_own_says_nothing_of_the_others() -> None:
    builder = Builder()
    builder.may_build.set()
    batches = Batches(builder.build)

    await asyncio.gather(*await _ask(batches, "odd"))

    assert await batches.build(_FIRST, "1") is not None
