"""A tree whose re-encryption is killed again and again: no file is ever half done, none is lost.

Files count as old (byte for byte as before) or new (every item opens with the new key to what it
held before, and is recorded for it); there is nothing between. Fixed is how many files a round may
do, not at which instruction it dies: that is another one in every run of this test.
"""

from __future__ import annotations

import contextlib
import itertools
import random
import re
import signal
import subprocess
import sys
from typing import TYPE_CHECKING, Final

import pytest

from gitopskit.manifests.documents import read_values
from gitopskit.manifests.settled_names import KEY_RECORDS_ANNOTATION
from gitopskit.sealedfiles.sealed_text import SealedText
from tests.support.sealed_tree import write_tree, wrong_values
from tests.support.sealing import private_key_of, sealing_pair

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from gitopskit.manifests.json_types import JsonValue

OLD, NEW = sealing_pair(0), sealing_pair(1)
_FILES: Final = 500
_KILLS: Final = 20
_LEFTOVER: Final = re.compile(r"\.gitopskit-\w{8}\.tmp")
_VALUE: Final = re.compile(r"[A-Za-z0-9+/]{300,}={0,2}|SHA256:[A-Za-z0-9+/]{43} [0-9a-f]{32}")
_COMMENT: Final = re.compile(r"#.*")


class _World:
    """A tree of the old key as it was before, and what is known to be done of it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        write_tree(root / "tree", files=_FILES, pair=OLD)
        self.before = {path: path.read_bytes() for path in _files(root / "tree")}
        self.done: dict[Path, bytes] = {}
        self._new = private_key_of(NEW)
        (root / "old.key").write_bytes(OLD.private_pem.reveal())
        (root / "new.crt").write_bytes(NEW.certificate_pem)

    def start(self) -> subprocess.Popen[bytes]:
        """Begin to re-encrypt the tree."""
        command = ["seal", "reencrypt", "tree", "--from-key", "old.key", "--to-cert", "new.crt"]
        return subprocess.Popen(
            [sys.executable, "-m", "gitopskit", *command], cwd=self.root, stderr=subprocess.PIPE
        )

    def kill_after(self, files: int, *, delay_seconds: float) -> int:
        """Re-encrypt until that many more files were written, die, and return the exit code."""
        times = {path: _changed_at(path) for path in self.before if path not in self.done}
        with self.start() as child:
            while len(times) > _FILES - len(self.done) - files and child.poll() is None:
                times = {path: time for path, time in times.items() if _changed_at(path) == time}
            with contextlib.suppress(subprocess.TimeoutExpired):
                child.wait(delay_seconds)
            child.kill()
            child.communicate()
        return child.returncode

    def take_stock(self) -> list[str]:
        """Look at every file; return the names of those that are not part of the tree."""
        for path, old in self.before.items():
            data = path.read_bytes()
            if path in self.done:
                assert data == self.done[path], f"{path.name} was done and is done again"
            elif data != old:
                self._require_new(path, data)
                self.done[path] = data
        return [path.name for path in _files(self.root / "tree") if path not in self.before]

    def _require_new(self, path: Path, data: bytes) -> None:
        assert wrong_values(path, data, [self._new]) == []
        parts = SealedText.read(data, path=str(path)).parts
        assert {key for part in parts for key in part.keys.values()} == {self._new.fingerprint}


def _changed_at(path: Path) -> int:
    return path.stat().st_mtime_ns


def _files(root: Path) -> list[Path]:
    return sorted(path for path in root.rglob("*") if path.is_file())


def _outline(content: JsonValue) -> JsonValue:
    """Return what a document says beside envelopes and records."""
    if isinstance(content, dict):
        kept = {
            name: _outline(value)
            for name, value in content.items()
            if name not in {"encryptedData", KEY_RECORDS_ANNOTATION}
        }
        return {name: value for name, value in kept.items() if value not in (None, {})}
    return [_outline(item) for item in content] if isinstance(content, list) else content


def _is_within(part: Iterable[str], whole: Iterable[str]) -> bool:
    """Whether the characters of one text are in another, in their order."""
    characters: Iterator[str] = iter(whole)
    return all(character in characters for character in part)


def _lost(old: bytes, new: bytes, *, path: str) -> list[str]:
    """Return what a file lost although it is neither an envelope nor a record."""
    before, after = (_VALUE.sub("", data.decode()) for data in (old, new))
    contents = [
        [_outline(it.content) for it in read_values(each, path=path)] for each in (old, new)
    ]
    kept = {
        "comments": _COMMENT.findall(before) == _COMMENT.findall(after),
        "line ends": ("\r\n" in before) == ("\r\n" in after) and before[-1:] == after[-1:],
        "characters": _is_within(before, after),
        "fields": contents[0] == contents[1],
    }
    return [what for what, is_kept in kept.items() if not is_kept]


@pytest.fixture
def world(tmp_path: Path) -> _World:
    return _World(tmp_path)


def test_a_run_that_is_killed_again_and_again_is_finished_by_the_last(world: _World) -> None:
    chance = random.Random(20)  # noqa: S311 -- the moments are to be the same in every run
    done, codes = [0], []
    for _ in range(_KILLS):
        codes.append(
            world.kill_after(chance.randint(3, 20), delay_seconds=chance.uniform(0, 0.004))
        )
        strangers = world.take_stock()
        assert [name for name in strangers if not _LEFTOVER.fullmatch(name)] == []
        done.append(len(world.done))

    with world.start() as child:
        _, said = child.communicate()
    strangers = world.take_stock()

    assert (child.returncode, strangers) == (0, []), said.decode()
    assert set(codes) == {-signal.SIGKILL}
    assert all(earlier < later < _FILES for earlier, later in itertools.pairwise(done))
    assert len(world.done) == _FILES
    losses = {
        path.name: _lost(old, world.done[path], path=path.name)
        for path, old in world.before.items()
    }
    assert {name: lost for name, lost in losses.items() if lost} == {}
