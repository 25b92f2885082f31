"""The reconciler's shipped dashboard and alert rules, as files.

Pure but for reading the templates. What the queries name is in reconciler/metric_list.py; a test
compares the two.
"""

from __future__ import annotations

from typing import Final

from gitopskit.repository.templates import read_platform

_FOLDER: Final = "reconciler/monitoring"
_FILES: Final = ("alerts.yaml", "dashboard.json")


def monitoring_texts() -> dict[str, str]:
    """Return alert rules and dashboard as Prometheus and Grafana read them, by file name."""
    return {name: read_platform(f"{_FOLDER}/{name}") for name in _FILES}
