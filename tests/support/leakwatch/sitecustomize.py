"""Loaded by every Python program of a watched run: records what would otherwise leave no trace.

Which programs are started, with which arguments and environment; and what stood in a file that
is removed or renamed before anybody could look. Everything goes into the folder named by
LEAKWATCH_FOLDER, one file per record.
"""

import itertools
import os
import sys
from pathlib import Path

_FOLDER = Path(os.environ["LEAKWATCH_FOLDER"])
_NUMBERS = itertools.count()
_LARGEST = 4 * 1024 * 1024


def _record(channel: str, data: bytes) -> None:
    name = f"{channel}.{os.getpid()}.{next(_NUMBERS)}"
    (_FOLDER / name).write_bytes(data)


def _content(path: object) -> bytes:
    try:
        with open(os.fsdecode(path), "rb") as file:  # type: ignore[arg-type] # noqa: PTH123 -- any path the event names
            return bytes(file.read(_LARGEST))
    except (OSError, TypeError, ValueError):
        return b""


def _watch(event: str, arguments: tuple[object, ...]) -> None:
    if event == "subprocess.Popen":
        _, argv, _, environment = arguments
        _record("argv", repr(argv).encode())
        _record("environment", repr(environment).encode())
    elif event in {"os.remove", "os.rename", "os.truncate"} and arguments:
        content = _content(arguments[0])
        path = os.fsdecode(arguments[0]) if isinstance(arguments[0], (str, bytes)) else ""
        if content and not path.startswith(str(_FOLDER)):
            _record("removed", f"{path}\n".encode() + content)


sys.addaudithook(_watch)
