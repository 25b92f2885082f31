"""Readers of foreign text against the saved inputs, and against a fuzzer that sees coverage.

The saved inputs are run everywhere. The fuzzer runs where it has a wheel (docs/decisions/0008);
elsewhere those tests are skipped, and the summary says that nothing new was tried.
"""

from __future__ import annotations

import importlib
import platform
import re
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest

_HERE: Final = Path(__file__).parent
_ROOT: Final = _HERE.parents[1]
_CORPUS: Final = _HERE / "corpus"
_TARGETS: Final = sorted(folder.name for folder in _CORPUS.iterdir())
_SAVED: Final = sorted(_CORPUS.glob("*/*"))
_MOST_SAVED: Final = 100
_SHARED_DICTIONARIES: Final = {"edit": "yaml"}
_LARGEST_INPUT_BYTES: Final = 4096
_BOUNDS: Final = (
    "-max_total_time=4",
    "-runs=200000",
    "-timeout=10",
    "-rss_limit_mb=1024",
    f"-max_len={_LARGEST_INPUT_BYTES}",
)
_IN_A_CHILD: Final = ("sh", "-c", '"$@"; exit "$?"', "sh")
"""A program begins with the peak of memory of the process that it took the place of.

The fuzzer would take that of the tests for its own; a shell has hardly any. Source: getrusage(2).
"""

_HAS_WHEEL: Final = (platform.system(), platform.machine()) == ("Linux", "x86_64")

needs_fuzzer = pytest.mark.skipif(
    not _HAS_WHEEL, reason="atheris has no wheel here: saved inputs were run, nothing new was tried"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Run:
    """What one run of the fuzzer said, and the inputs that it wrote down because of a defect."""

    returncode: int
    output: str
    found: tuple[Path, ...]

    @property
    def defects(self) -> str:
        """What a person needs to see it again, or nothing."""
        if self.returncode == 0 and not self.found:
            return ""
        inputs = "".join(f"{path}\n{path.read_bytes().hex()}\n" for path in self.found)
        return f"{inputs}{self.output[-4000:]}"

    @property
    def runs(self) -> int:
        """How many inputs were tried."""
        match = re.search(r"^Done (\d+) runs", self.output, re.MULTILINE)
        return int(match[1]) if match else 0


def _fuzz(target: str, folder: Path, *arguments: str | Path) -> _Run:
    """Run a target in a process of its own, in which the fuzzer alone measures coverage."""
    found, learnt = folder / "found", folder / "learnt"
    found.mkdir()
    learnt.mkdir()
    dictionary = _HERE / f"{_SHARED_DICTIONARIES.get(target, target)}.dict"
    completed = subprocess.run(
        [
            *(*_IN_A_CHILD, sys.executable, "-m", "tests.fuzz", target, *_BOUNDS),
            f"-artifact_prefix={found}/",
            *([f"-dict={dictionary}"] if dictionary.exists() else []),
            *(learnt, *arguments),
        ],
        check=False,
        capture_output=True,
        cwd=_ROOT,
        env={"HOME": str(folder)},
        timeout=150,
    )
    output = (completed.stdout + completed.stderr).decode(errors="replace")
    return _Run(
        returncode=completed.returncode, output=output, found=tuple(sorted(found.iterdir()))
    )


def test_every_target_has_saved_inputs() -> None:
    modules = {path.stem for path in _HERE.glob("*.py") if "\ndef check(" in path.read_text()}

    assert modules - {"planted"} == {file.parent.name for file in _SAVED}


@pytest.mark.parametrize("file", _SAVED, ids=lambda file: f"{file.parent.name}-{file.name}")
def test_a_saved_input_shows_no_defect(file: Path) -> None:
    target = importlib.import_module(f"tests.fuzz.{file.parent.name}")

    target.check(file.read_bytes())


def test_saved_inputs_are_few_and_small() -> None:
    counts = Counter(file.parent.name for file in _SAVED)
    large = [file.name for file in _SAVED if file.stat().st_size > _LARGEST_INPUT_BYTES]

    assert max(counts.values()) <= _MOST_SAVED
    assert large == []


@needs_fuzzer
@pytest.mark.parametrize("target", _TARGETS)
def test_fuzzing_shows_no_defect(target: str, tmp_path: Path) -> None:
    run = _fuzz(target, tmp_path, _CORPUS / target)

    assert run.defects == ""
    assert run.runs > len(list((_CORPUS / target).iterdir()))
    assert "Instrumenting gitopskit." in run.output


@needs_fuzzer
def test_a_planted_defect_is_found_by_coverage_and_shown(tmp_path: Path) -> None:
    run = _fuzz("planted", tmp_path)

    (found,) = run.found
    assert found.read_bytes().startswith(b"crash")
    assert str(found) in run.defects
    assert b"crash".hex() in run.defects
    assert "AssertionError: planted" in run.defects


@needs_fuzzer
def test_an_input_that_takes_too_long_is_a_defect(tmp_path: Path) -> None:
    slow = tmp_path / "slow"
    slow.mkdir()
    (slow / "input").write_bytes(b"hang")

    run = _fuzz("planted", tmp_path, "-timeout=1", slow)

    assert [file.read_bytes() for file in run.found] == [b"hang"]
    assert "timeout" in run.defects
