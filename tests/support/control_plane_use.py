"""How the control plane was used in a test run, for the summary that pytest prints."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass
class ControlPlaneUse:
    """What happened to the one control plane of a test run."""

    version: str = ""
    ready_seconds: float = 0.0
    absence: str = ""
    tests: int = 0

    def summary(self) -> str:
        """Return one line, or nothing where no test asked for a control plane."""
        if self.absence:
            return f"control plane: ABSENT, its tests did not run: {self.absence}"
        if self.version:
            return (
                f"control plane: Kubernetes {self.version}, ready in {self.ready_seconds:.1f} s,"
                f" tests that ran against it: {self.tests}"
            )
        return ""
