"""Prometheus' own parser of queries, built from its published module."""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from gitopskit.controlplane.build import GoModule

if TYPE_CHECKING:
    from collections.abc import Sequence

PROMQL: Final = GoModule(
    name="promql",
    folder=Path(__file__).parents[1] / "tools" / "promql",
    packages=("./promql",),
    cost="about 10 seconds",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """A query as the parser sees it: the metrics that it names, or why it is none."""

    text: str
    metrics: tuple[str, ...]
    error: str


@dataclass(frozen=True, slots=True)
class PromQl:
    """The program."""

    program: Path

    def parse(self, texts: Sequence[str]) -> list[Query]:
        done = subprocess.run(
            [self.program], input=json.dumps(texts), capture_output=True, text=True, check=True
        )
        answers = json.loads(done.stdout)
        return [
            Query(text=text, metrics=tuple(answer["metrics"]), error=answer["error"])
            for text, answer in zip(texts, answers, strict=True)
        ]
