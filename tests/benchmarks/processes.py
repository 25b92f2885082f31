"""What processes use: memory and processor time, of one and of a control plane."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gitopskit.controlplane.server import ControlPlane


def memory_mib(pid: int, field: str) -> float:
    """Return a process's resident memory, now (VmRSS) or at most (VmHWM); Linux only, else 0."""
    status = Path(f"/proc/{pid}/status")
    if not status.exists():
        return 0.0
    line = next(line for line in status.read_text().splitlines() if line.startswith(field))
    return int(line.split()[1]) / 1024


def cpu_seconds(pid: int | str) -> float:
    """Return how much processor time a process has used; Linux only, else 0."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return 0.0
    user, system = stat.rpartition(")")[2].split()[11:13]
    return (int(user) + int(system)) / 100


def children_cpu_seconds(pid: int) -> float:
    """Return the processor time of the children that a process has waited for; else as above."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return 0.0
    user, system = stat.rpartition(")")[2].split()[13:15]
    return (int(user) + int(system)) / 100


def server_cpu_seconds(server: ControlPlane) -> float:
    """Return how much processor time the control plane has used; Linux only, else 0.

    Its processes are those that are started with files of its folder.
    """
    folder = str(server.kubeconfig_path.parent).encode()
    return sum(
        cpu_seconds(process.name)
        for process in Path("/proc").glob("[0-9]*")
        if folder in _command_line(process)
    )


def load() -> str:
    """Return how busy the machine has been for a minute, for the name of a figure."""
    path = Path("/proc/loadavg")
    return f"load {path.read_text().split()[0]}" if path.exists() else "load unknown"


def _command_line(process: Path) -> bytes:
    try:
        return (process / "cmdline").read_bytes()
    except OSError:
        return b""
