"""The program that runs expressions of jq: a child process, and nothing else imports it.

Whoever may write an Application writes them, so they may loop, eat memory or look around. This file
runs by itself, without the package, with an empty environment: it reads a question from its input
and answers on its output. What it is about to run it says first, a byte for each expression, so
that whoever started it knows which one it died of. No message of jq is passed on: they hold values.
"""

from __future__ import annotations

import json
import os
import sys
from contextlib import suppress

_CPU_SECONDS = 1
_MEMORY_BYTES = 512 * 1024 * 1024
_MOST_PATHS = 10_000
_DEEPEST = 100


def limit() -> None:
    """Bound what this process may use; no file is written, and no memory is dumped to one."""
    import resource  # noqa: PLC0415 -- absent where there are no such limits

    bounds = {
        resource.RLIMIT_CPU: (_CPU_SECONDS, _CPU_SECONDS + 1),
        resource.RLIMIT_AS: (_MEMORY_BYTES, _MEMORY_BYTES),
        resource.RLIMIT_CORE: (0, 0),
        resource.RLIMIT_FSIZE: (0, 0),
        resource.RLIMIT_NPROC: (0, 0),
        resource.RLIMIT_NOFILE: (16, 16),
    }
    for which, bound in bounds.items():
        with suppress(OSError, ValueError):  # a system may not know one, as macOS that of memory
            resource.setrlimit(which, bound)


def answer(question: str, progress: int) -> str:
    """Return the paths that each expression names in each object, or the fault of one."""
    asked = json.loads(question)
    texts = [json.dumps(content) for content in asked["objects"]]
    found: list[list[object]] = [[] for _ in texts]
    for expression in asked["expressions"]:
        os.write(progress, b".")
        program = _compiled(expression)
        if program is None:
            return json.dumps({"fault": "syntax"})
        for named, text in zip(found, texts, strict=True):
            named.extend(_paths(program, text))
            if len(named) > _MOST_PATHS:
                return json.dumps({"fault": "many"})
            if not all(map(_is_path, named)):
                return json.dumps({"fault": "syntax"})
    return json.dumps({"found": found})


def _is_path(value: object) -> bool:
    """Tell whether a result is a path; an expression may close the bracket that it stands in."""
    return isinstance(value, list) and len(value) <= _DEEPEST


def _compiled(expression: str) -> object:
    import jq  # noqa: PLC0415 -- found only after the path was set

    try:
        return jq.compile(f"path({expression}\n)")
    except ValueError:
        return None


def _paths(program: object, text: str) -> list[object]:
    """Return what an expression names in one object: nothing where it fails on that."""
    paths = []
    try:
        for path in program.input_text(text):  # type: ignore[attr-defined]  # jq ships no types
            paths.append(path)
            if len(paths) > _MOST_PATHS:
                break
    except ValueError:
        return []
    return paths


def main() -> None:
    """Answer one question; the arguments are where jq is, and the descriptor for progress."""
    sys.path.append(sys.argv[1])
    limit()
    sys.stdout.write(answer(sys.stdin.read(), int(sys.argv[2])))


if __name__ == "__main__":
    main()
