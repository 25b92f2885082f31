"""A process of its own that starts the control plane's programs and outlives nobody.

It holds the reading end of a pipe whose other end the caller keeps. When the caller closes it,
or is killed, the guard kills what it started and removes the folder. It is the parent of the
programs, so their process ids stay theirs until it has waited for them.
"""

from __future__ import annotations

import json
import os
import select
import shutil
import signal
import sys
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Final

from gitopskit.controlplane.folder import Folder
from gitopskit.process import Command, kill_group, start

if TYPE_CHECKING:
    import subprocess  # noqa: TID251 -- the type of what process.start returns

_POLL_SECONDS: Final = 0.2


def supervise(folder: Folder, pipe: int, *, is_told_to_end: Event) -> None:
    """Start the programs of the plan; end them, and the folder, when the pipe closes or if told."""
    children: dict[str, subprocess.Popen[bytes]] = {}
    try:
        for name, argv in json.loads(folder.plan.read_bytes()).items():
            children[name] = start(
                Command(argv=argv, environment={"HOME": str(folder.root), "PATH": os.defpath}),
                output=folder.log(name),
            )
        while not is_told_to_end.is_set():
            if select.select([pipe], [], [], _POLL_SECONDS)[0]:
                return
            _report_ended(folder, children)
    finally:
        for child in children.values():
            if child.poll() is None:  # the process id of one that has ended may be another's
                kill_group(child)
        shutil.rmtree(folder.root, ignore_errors=True)


def _report_ended(folder: Folder, children: dict[str, subprocess.Popen[bytes]]) -> None:
    ended = [name for name, child in children.items() if child.poll() is not None]
    if ended and not folder.failure.exists():
        unfinished = folder.failure.with_suffix(".new")
        unfinished.write_text("\n".join(ended), encoding="utf-8")
        unfinished.rename(folder.failure)


def main(arguments: list[str]) -> None:
    """Supervise; the arguments are the folder and the pipe's descriptor."""
    is_told_to_end = Event()
    signal.signal(signal.SIGTERM, lambda *_: is_told_to_end.set())
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    supervise(Folder(Path(arguments[0])), int(arguments[1]), is_told_to_end=is_told_to_end)


if __name__ == "__main__":
    main(sys.argv[1:])
