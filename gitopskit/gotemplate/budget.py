"""What a template may cost: whoever writes one is not trusted with our time and memory.

Work is counted in bytes that are read or made, so that a limit holds on any machine.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from gitopskit.errors import TemplateRefused

LARGEST_OUTPUT_BYTES: Final = 1 << 20
"""What the templates of a Secret may come to, which holds no more itself.

Source: k8s.io/api core/v1, MaxSecretSize.
"""

DEEPEST_NESTING: Final = 64
"""Levels of actions, of parentheses, of templates in templates, of lists in lists, together."""

_MOST_STEPS: Final = 100_000
_MOST_WORK_BYTES: Final = 16 << 20
_BYTES_PER_ITEM: Final = 64
_BYTES_PER_GLANCE: Final = 8
_BYTES_PER_LEVEL: Final = 128
_HINT: Final = "simplify the template, or seal the finished text as an item"


@dataclass(slots=True)
class Budget:
    """What is left of the steps, the work and the depth that the templates of one Secret share."""

    steps: int = _MOST_STEPS
    work_bytes: int = _MOST_WORK_BYTES
    output_bytes: int = LARGEST_OUTPUT_BYTES
    depth: int = 0

    def step(self, count: int = 1) -> None:
        """Count words that were read, or nodes that are evaluated.

        Raises:
            TemplateRefused: there were too many.
        """
        self.steps -= count
        if self.steps < 0:
            raise TemplateRefused("the template is too long, or takes too many steps", hint=_HINT)

    def work(self, size_bytes: int) -> None:
        """Count bytes that are about to be read or made; call it before they are.

        Raises:
            TemplateRefused: there were too many.
        """
        self.work_bytes -= size_bytes
        if self.work_bytes < 0:
            raise TemplateRefused("the template reads or makes too much", hint=_HINT)

    def items(self, count: int) -> None:
        """Count items of a list or map that are about to be made or looked at.

        Raises:
            TemplateRefused: there were too many.
        """
        self.work(count * _BYTES_PER_ITEM)

    def glance(self, count: int) -> None:
        """Count items that somebody may look at without making any.

        Raises:
            TemplateRefused: there were too many.
        """
        self.work(count * _BYTES_PER_GLANCE)

    def make(self, size_bytes: int) -> None:
        """Count one text that is about to be made.

        Raises:
            TemplateRefused: it is larger than any output may be, or the work is used up.
        """
        if size_bytes > LARGEST_OUTPUT_BYTES:
            raise TemplateRefused("the template makes a text of more than 1 MiB", hint=_HINT)
        self.work(size_bytes)

    def write(self, size_bytes: int) -> None:
        """Count bytes of the output.

        Raises:
            TemplateRefused: it gets too large.
        """
        self.output_bytes -= size_bytes
        if self.output_bytes < 0:
            raise TemplateRefused("the output is larger than 1 MiB", hint=_HINT)

    def descend(self) -> None:
        """Go one level deeper; the caller ascends again.

        Raises:
            TemplateRefused: it is too deep, or there were too many.
        """
        self.work(_BYTES_PER_LEVEL)
        self.depth += 1
        if self.depth > DEEPEST_NESTING:
            raise TemplateRefused("the template nests too deep", hint=_HINT)

    def ascend(self) -> None:
        """Come back from a level."""
        self.depth -= 1
