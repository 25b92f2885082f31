"""Validating 2,000 documents in 1,000 files as a whole process, beside only reading them.

The reference is the least any validator in this language has to do: PyYAML's own safe loader in
C over the same files.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Final

from tests.benchmarks.figures import Figure, median_ms

_ROUNDS: Final = 5
_FILES: Final = 1000
_PAIR: Final = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: app-{number}
  namespace: shop
spec:
  replicas: 2
  selector:
    matchLabels: {{app: app-{number}}}
  template:
    metadata:
      labels: {{app: app-{number}}}
    spec:
      containers:
        - name: app
          image: registry.example.com/app:1.{number}
          ports:
            - containerPort: 8080
          resources:
            requests: {{cpu: 50m, memory: 64Mi}}
            limits: {{memory: 128Mi}}
---
apiVersion: v1
kind: Service
metadata:
  name: app-{number}
  namespace: shop
spec:
  selector: {{app: app-{number}}}
  ports:
    - port: 80
      targetPort: 8080
"""
_READ: Final = (
    "import pathlib, sys, yaml\n"
    "for path in pathlib.Path(sys.argv[1]).iterdir():\n"
    "    list(yaml.load_all(path.read_bytes(), yaml.CSafeLoader))\n"
)


def measure() -> list[Figure]:
    """Return the wall time of `gitopskit validate` and of the bare reading, run in turn."""
    with tempfile.TemporaryDirectory() as name:
        for number in range(_FILES):
            Path(name, f"app-{number}.yaml").write_text(_PAIR.format(number=number))
        commands = {
            "ours": [sys.executable, "-m", "gitopskit", "validate", name],
            "reading": [sys.executable, "-c", _READ, name],
        }
        seconds: dict[str, list[float]] = {key: [] for key in commands}
        for _ in range(_ROUNDS):
            for key, command in commands.items():
                started = time.perf_counter()
                subprocess.run(command, check=True, capture_output=True)
                seconds[key].append(time.perf_counter() - started)
    return [
        Figure(
            name=f"validate {2 * _FILES} documents in {_FILES} files",
            value=median_ms(seconds["ours"]),
            unit="ms",
            reference=median_ms(seconds["reading"]),
            reference_name="PyYAML's CSafeLoader alone",
        )
    ]
