"""Fuzz one target by coverage: `python -m tests.fuzz yaml [-max_total_time=300 …] [folder …]`.

A target is a module beside this one with a function ``check(data)``, which raises where the code
under test does not keep its word. What reaches new branches is kept in the first folder; the other
folders are read only. Options are libFuzzer's. An input that shows a defect is written to a file,
which `python -m tests.fuzz yaml FILE` runs again, and belongs into the corpus under a name that
says what it is. To add from a folder what reaches branches that the corpus does not:

    python -m tests.fuzz yaml -set_cover_merge=1 -use_counters=0 tests/fuzz/corpus/yaml FOLDER

Source: llvm.org/docs/LibFuzzer.html, "Options"; github.com/google/atheris.
"""

from __future__ import annotations

import importlib
import sys
from typing import TYPE_CHECKING

import atheris

if TYPE_CHECKING:
    from collections.abc import Sequence


def main(target: str, arguments: Sequence[str]) -> None:
    """Run libFuzzer over a target; it ends the process itself."""
    module = f"tests.fuzz.{target}"
    with atheris.instrument_imports(include=["gitopskit", module]):
        check = importlib.import_module(module).check
    program = f"{sys.executable} -m tests.fuzz {target}"  # a merge starts it again through a shell
    atheris.Setup([program, *arguments], check)
    atheris.Fuzz()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
