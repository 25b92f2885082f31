"""What stays of a value's anchor and tag when another value takes its place."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gitopskit.manifests.scalars import ScalarError, resolve

if TYPE_CHECKING:
    from gitopskit.manifests.json_types import JsonValue
    from gitopskit.manifests.outline import Outline
    from gitopskit.manifests.spans import Spans


@dataclass(frozen=True, slots=True, kw_only=True)
class Properties:
    """``kept`` replaces what stands from ``start`` to ``end`` (offsets).

    If all stay, both are the place behind them, and ``kept`` is empty.
    """

    start: int
    end: int
    kept: str = ""

    @property
    def are_changed(self) -> bool:
        """Whether a tag goes."""
        return self.start < self.end

    def followed_by(self, gap: str, inline: str) -> str:
        """Return the new text with a value behind it, if there is one on this line."""
        text = self.kept + (gap + inline if inline else "")
        return text.lstrip(" ") if self.are_changed else text


def properties_for(spans: Spans, node: Outline, value: JsonValue, *, start: int) -> Properties:
    """Return what stays in front of a new value: the anchor, and the tag if it still fits.

    ``start`` is where the value would begin if there were neither.
    """
    texts = [spans.text[start:end] for start, end in spans.properties(node)]
    kept = [text for text in texts if text.startswith("&") or _fits(node, value)]
    end = spans.properties(node)[-1][1] if texts else start
    if len(kept) == len(texts):
        return Properties(start=end, end=end)
    return Properties(start=node.start, end=end, kept=" ".join(kept))


def _fits(node: Outline, value: JsonValue) -> bool:
    """Whether the tag of a node would leave a value as it is."""
    if node.kind != "scalar" or isinstance(value, dict | list):
        return False
    text = value if isinstance(value, str) else json.dumps(value)
    try:
        resolved = resolve(text, tag=node.tag, is_plain=False)
    except ScalarError:
        return False
    return type(resolved) is type(value) and resolved == value
