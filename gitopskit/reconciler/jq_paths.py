"""Expressions of jq: which fields of an object they name, asked of a process of its own.

A process lives for one batch: what is asked while one runs waits for the next. It sees objects and
expressions of one Application only, gets them through a pipe, has nothing in its environment, and
is bounded in time and memory. An expression that used those up is not tried again for a while.
"""

from __future__ import annotations

import asyncio
import importlib.util
import json
import os
import signal
import sys
from collections import OrderedDict
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

import structlog

from gitopskit import process
from gitopskit.errors import GitopskitError, InputError, ProcessFailed, UnsupportedField
from gitopskit.reconciler.jq_objects import handed, pointers_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gitopskit.clock import Clock
    from gitopskit.manifests.json_types import JsonObject, JsonValue
    from gitopskit.reconciler.application import Application, Ignored, Pointer

_LOG: Final = structlog.get_logger("reconciler")
_PROGRAM: Final = Path(__file__).with_name("jq_program.py")
_PROCESSES: Final = 2
"""How many run at once, whoever asks."""
_BATCH: Final = 100
_BATCH_BYTES: Final = 4 * 1024 * 1024
_WALL_SECONDS: Final = 10.0
"""For a machine that has no time for us: the program itself ends after a second of computing."""
_OUTPUT_BYTES: Final = 16 * 1024 * 1024
_PIPE_BYTES: Final = 65536
_BARRED_SECONDS: Final = 60.0
_KNOWN: Final = 4096
_SHOWN: Final = 200

_FAULTS: Final = {
    "syntax": "is not valid",
    "many": "names too many fields",
    "time": "took longer than a second",
    "memory": "used more memory than it may",
}

Query = tuple[str, tuple[str, ...]]
"""An Application and its expressions."""
_Key = tuple[Query, str, str]


@dataclass(slots=True, eq=False)
class _Asked:
    content: JsonObject
    text: str
    answer: asyncio.Future[tuple[Pointer, ...]] = field(
        default_factory=lambda: asyncio.get_running_loop().create_future()
    )


class _Fault(Exception):
    """Which expression failed, by its place, and how."""

    def __init__(self, place: int, kind: str) -> None:
        super().__init__(place, kind)
        self.place = place
        self.kind = kind


class JqPaths:
    """Answers which fields expressions name."""

    def __init__(self, clock: Clock) -> None:
        """Begin without a process."""
        self._clock = clock
        self._folder = _folder_of_jq()
        self._waiting: dict[Query, list[_Asked]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._turn = asyncio.Semaphore(_PROCESSES)
        self._barred: dict[tuple[str, str], tuple[float, str]] = {}
        self._known: OrderedDict[_Key | None, tuple[Pointer, ...]] = OrderedDict()

    async def require(self, application: Application) -> None:
        """Check the expressions of an Application before anything is done for it.

        Raises:
            UnsupportedField: the library jq is not installed here.
            InputError: one is none, or runs too long.
        """
        used = {text for rule in application.ignore_rules for text in rule.jq_paths}
        if used:
            await self.find((application.name, tuple(sorted(used))), {})

    async def in_live(self, ignored: Ignored, live: JsonObject) -> Ignored:
        """Return what others may set in an object, with what the expressions name in it.

        Raises:
            GitopskitError: an expression did not answer.
        """
        if not ignored.expressions:
            return ignored
        query = (ignored.application, ignored.expressions)
        return replace(ignored, found=await self.find(query, live))

    async def in_both(self, ignored: Ignored, live: JsonObject, desired: JsonObject) -> Ignored:
        """Return the same, with what they name in the object as it is to be.

        Raises:
            GitopskitError: an expression did not answer.
        """
        if not ignored.expressions:
            return ignored
        query = (ignored.application, ignored.expressions)
        found, wanted = await asyncio.gather(self.find(query, live), self.find(query, desired))
        return replace(ignored, found=found, wanted=wanted)

    async def find(self, query: Query, content: JsonObject) -> tuple[Pointer, ...]:
        """Return the places that expressions name in an object.

        Raises:
            UnsupportedField: the library jq is not installed here.
            InputError: an expression is none, or used too much time or memory.
        """
        if not query[1]:
            return ()
        self._require_runnable(query)
        key = _key(query, content)
        if key in self._known:
            self._known.move_to_end(key)
            return self._known[key]
        found = await self._ask(query, content)
        if key is not None:
            self._known[key] = found
            if len(self._known) > _KNOWN:
                self._known.popitem(last=False)
        return found

    async def close(self) -> None:
        """End what is asked; a process that runs is over within its limits."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _require_runnable(self, query: Query) -> None:
        if not self._folder:
            raise UnsupportedField(
                "this version does not support spec.ignoreDifferences.jqPathExpressions here",
                where=f"Application/{query[0]}",
                hint="the library jq is not installed: pip install 'gitopskit[jq]'",
            )
        now = self._clock.monotonic_seconds()
        for text in query[1]:
            until, kind = self._barred.get((query[0], text), (0.0, ""))
            if now < until:
                raise _refusal(query[0], text, kind)

    async def _ask(self, query: Query, content: JsonObject) -> tuple[Pointer, ...]:
        asked = _Asked(content, json.dumps(handed(content)))
        waiting = self._waiting.get(query)
        if waiting is None:
            self._waiting[query] = [asked]
            task = asyncio.create_task(self._serve(query))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        else:
            waiting.append(asked)
        return await asked.answer

    async def _serve(self, query: Query) -> None:
        """Answer all that is asked of one Application's expressions, batch by batch."""
        while self._waiting[query]:
            async with self._turn:
                batch = self._batch(query)
                try:
                    self._require_runnable(query)
                    texts = [it.text for it in batch]
                    found = await asyncio.to_thread(_run, self._folder, query[1], texts)
                    self._tell(batch, found)
                except _Fault as fault:
                    self._fail(batch, self._bar(query, fault))
                except GitopskitError as error:
                    self._fail(batch, error)
                except Exception as error:  # noqa: BLE001 -- whoever asked must not wait for ever
                    _LOG.warning("jq_answer_not_understood", problem=type(error).__name__)
                    self._fail(batch, ProcessFailed("the answer of jq was not understood"))
        del self._waiting[query]

    def _batch(self, query: Query) -> list[_Asked]:
        waiting = self._waiting[query]
        count = size = 0
        for it in waiting[:_BATCH]:
            size += len(it.text)
            if count and size > _BATCH_BYTES:
                break
            count += 1
        batch, self._waiting[query] = waiting[:count], waiting[count:]
        return batch

    def _bar(self, query: Query, fault: _Fault) -> InputError:
        now, text = self._clock.monotonic_seconds(), query[1][fault.place]
        self._barred = {key: it for key, it in self._barred.items() if it[0] > now}
        self._barred[query[0], text] = (now + _BARRED_SECONDS, fault.kind)
        return _refusal(query[0], text, fault.kind)

    def _tell(self, batch: Sequence[_Asked], found: Sequence[list[list[JsonValue]]]) -> None:
        for it, paths in zip(batch, found, strict=True):
            pointers = pointers_of(paths, it.content)
            if not it.answer.done():
                it.answer.set_result(pointers)

    def _fail(self, batch: Sequence[_Asked], error: GitopskitError) -> None:
        for it in batch:
            if not it.answer.done():
                it.answer.set_exception(error)


def _key(query: Query, content: JsonObject) -> _Key | None:
    """Return what an answer is kept under: an object as it was at one time, or none at all."""
    metadata = content.get("metadata") or {}
    uid, version = (str(metadata.get(name) or "") for name in ("uid", "resourceVersion"))
    return (query, uid, version) if (uid and version) or not content else None


def _refusal(application: str, text: str, kind: str) -> InputError:
    shown = text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
    return InputError(
        f"spec.ignoreDifferences: the jq expression {shown} {_FAULTS[kind]}",
        where=f"Application/{application}",
        hint="an expression names fields, as .spec.template.spec.containers[].resources does",
    )


def _folder_of_jq() -> str:
    found = importlib.util.find_spec("jq")
    return str(Path(found.origin).parent) if found is not None and found.origin else ""


def _run(
    folder: str, expressions: Sequence[str], texts: Sequence[str]
) -> list[list[list[JsonValue]]]:
    """Run a process for one batch.

    Raises:
        _Fault: an expression is none, or used too much.
        GitopskitError: the process did not start.
    """
    question = f'{{"expressions": {json.dumps(expressions)}, "objects": [{",".join(texts)}]}}'
    reader, writer = os.pipe()
    os.set_blocking(reader, False)
    try:
        try:
            found = _answer(_command(folder, question, progress=writer))
        finally:
            os.close(writer)
        if isinstance(found, str):
            place = len(os.read(reader, _PIPE_BYTES)) - 1
            if place < 0:
                raise ProcessFailed("the program that runs expressions of jq did not begin")
            raise _Fault(place, found)
    finally:
        os.close(reader)
    return found


def _command(folder: str, question: str, *, progress: int) -> process.Command:
    return process.Command(
        argv=(sys.executable, "-I", "-S", str(_PROGRAM), folder, str(progress)),
        environment={"HOME": "/nonexistent"},  # jq reads a file ".jq" at home
        cwd=Path("/"),
        stdin=question.encode(),
        timeout_seconds=_WALL_SECONDS,
        output_limit_bytes=_OUTPUT_BYTES,
        pass_fds=(progress,),
    )


def _answer(command: process.Command) -> list[list[list[JsonValue]]] | str:
    """Return what was found in each object, or what was wrong; a message is never looked at."""
    try:
        done = process.run(command)
    except ProcessFailed:
        return "time"
    if done.exit_code != 0:
        return "time" if done.exit_code == -signal.SIGXCPU else "memory"
    answer = json.loads(done.stdout)
    return str(answer["fault"]) if "fault" in answer else list(answer["found"])
