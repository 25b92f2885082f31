"""Programs that the modes of files stop, also where the tests run as root, whom no mode stops."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_LAUNCHER: Final = """\
import ctypes, os, sys
if os.geteuid() == 0:
    drop, overriding, searching = 24, 1, 2
    system = ctypes.CDLL(None)
    for capability in (overriding, searching):
        if system.prctl(drop, capability, 0, 0, 0):
            sys.exit("root could not be stopped from overriding the modes of files")
os.execv(sys.executable, [sys.executable, *sys.argv[1:]])
"""
"""Takes CAP_DAC_OVERRIDE and CAP_DAC_READ_SEARCH from root for good, and becomes the program.

Source: man 2 prctl, PR_CAPBSET_DROP; man 7 capabilities.
"""

CAN_BE_STOPPED: Final = os.geteuid() != 0 or sys.platform == "linux"


def run_bound_by_modes(
    arguments: Sequence[str], *, folder: Path
) -> subprocess.CompletedProcess[bytes]:
    """Run the command line in a folder as a user whom the modes of files stop."""
    return subprocess.run(
        [sys.executable, "-c", _LAUNCHER, "-m", "gitopskit", *arguments],
        cwd=folder,
        check=False,
        capture_output=True,
        timeout=60,
    )
