"""Print the files of the pure modules, as `coverage report --include` wants them.

They are those of the import contract "The core does no I/O and reads no clock" in pyproject.toml.
"""

from __future__ import annotations

import sys
import tomllib
from pathlib import Path

_ROOT = Path(__file__).parents[1]
_CONTRACT = "The core does no I/O and reads no clock"


def pure_files() -> list[str]:
    """Return glob patterns relative to the repository: files, and everything below packages."""
    configuration = tomllib.loads((_ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    contracts = configuration["tool"]["importlinter"]["contracts"]
    contract = next(contract for contract in contracts if contract["name"] == _CONTRACT)
    patterns = []
    for module in contract["source_modules"]:
        path = module.replace(".", "/")
        patterns.append(f"{path}/*" if (_ROOT / path).is_dir() else f"{path}.py")
    return patterns


if __name__ == "__main__":
    sys.stdout.write(",".join(pure_files()) + "\n")
