"""Check that every pinned package has a wheel, for each platform and Python that we name.

Nothing is downloaded but metadata. A combination that is not this machine's is installable at
best: it is printed as such, and as not run. The argument is the path of uv.
"""

from __future__ import annotations

import platform
import subprocess
import sys
from pathlib import Path
from typing import Final

_ROOT = Path(__file__).parents[1]
_PLATFORMS: Final = {
    ("Linux", "x86_64"): "x86_64-manylinux_2_28",
    ("Linux", "aarch64"): "aarch64-manylinux_2_28",
    ("Darwin", "arm64"): "aarch64-apple-darwin",
}
_PYTHONS: Final = ("3.11", "3.12", "3.13", "3.14")
_LOCKS: Final = ("requirements.lock", "requirements-dev.lock", "requirements-go.lock")


def main(uv: str) -> int:
    """Print one line per combination; return 1 where one cannot be installed."""
    is_complete = True
    here = (platform.system(), platform.machine())
    for system, target in _PLATFORMS.items():
        for version in _PYTHONS:
            problems = [
                problem for lock in _LOCKS if (problem := _problem(uv, target, version, lock))
            ]
            is_run = system == here and platform.python_version().startswith(f"{version}.")
            verdict = "installable, this Python" if is_run else "installable, not run"
            sys.stdout.write(f"{target:<24} {version:<6} {'; '.join(problems) or verdict}\n")
            sys.stdout.flush()
            is_complete = is_complete and not problems
    return 0 if is_complete else 1


def _problem(uv: str, target: str, version: str, lock: str) -> str:
    completed = subprocess.run(
        [
            *(uv, "pip", "install", "--dry-run", "--require-hashes", "--only-binary=:all:"),
            *("--python-platform", target, "--python-version", version),
            *("--target", str(_ROOT / ".build" / "never-installed"), "--requirement", lock),
        ],
        check=False,
        capture_output=True,
        text=True,
        cwd=_ROOT,
    )
    lines = completed.stderr.strip().splitlines() or ["unknown reason"]
    return "" if completed.returncode == 0 else f"{lock}: {' '.join(lines[:2])}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
