"""Running: a renderer's program in an empty home, within the limits of time, memory and output."""

from __future__ import annotations

from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from gitopskit.errors import ProcessFailed, RenderFailed
from gitopskit.process import Command, Completed, run
from gitopskit.render.isolation import isolated

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import PurePosixPath

    from gitopskit.render.programs import RenderLimits

_NOTHING: Final[Mapping[str, str]] = MappingProxyType({})


def run_renderer(
    argv: Sequence[str],
    *,
    home: str,
    folder: PurePosixPath,
    limits: RenderLimits,
    environment: Mapping[str, str] = _NOTHING,
    stdin: bytes = b"",
) -> Completed:
    """Return how a renderer of a folder ended, whatever its exit code.

    Raises:
        RenderFailed: it took too long or printed too much.
        MissingTool: it cannot be started.
    """
    command = Command(
        argv=argv,
        environment={**isolated(home), **environment},
        cwd=Path(home),
        stdin=stdin,
        timeout_seconds=limits.timeout_seconds,
        output_limit_bytes=limits.output_bytes,
        memory_limit_bytes=limits.memory_bytes,
        data_limit_bytes=limits.data_bytes,
    )
    try:
        return run(command)
    except ProcessFailed as error:
        raise RenderFailed(
            f"the build took more than {limits.timeout_seconds:g} s or printed more than "
            f"{limits.output_bytes} bytes",
            where=str(folder),
            hint="split what is in this folder",
        ) from error
