"""Stand-ins on PATH that record how a program was started and then become it.

They prove what does not show: a secret in an argument or a variable of any child.
"""

from __future__ import annotations

import os
import shlex
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

_SCRIPT = """#!/bin/sh
{{ printf '%s\\n' "$0" "$@"; /usr/bin/env; }} > "$(mktemp {log}/{name}.XXXXXXXX)"
exec {program} "$@"
"""


@dataclass(frozen=True)
class Shims:
    """A folder of recording programs; ``path`` is a PATH that finds them first."""

    folder: Path
    log: Path
    path: str

    def records(self, name: str = "*") -> list[str]:
        """Return one text per start of a program: its words and its whole environment."""
        return [file.read_text(errors="replace") for file in sorted(self.log.glob(f"{name}.*"))]


def install_shims(folder: Path, names: Iterable[str], *, path: str = "") -> Shims:
    """Write a recording stand-in for each of the programs that there is."""
    path = path or os.environ["PATH"]
    programs, log = folder / "bin", folder / "log"
    programs.mkdir(parents=True)
    log.mkdir()
    for name in names:
        program = shutil.which(name, path=path)
        if program is not None:
            shim = programs / name
            script = _SCRIPT.format(
                log=shlex.quote(str(log)), name=name, program=shlex.quote(program)
            )
            shim.write_text(script)
            shim.chmod(0o755)
    return Shims(folder=programs, log=log, path=f"{programs}:{path}")
