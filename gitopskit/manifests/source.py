"""One text that documents come from: where its documents begin, and the way back to line:col.

Owns decoding, the size limit, the cutting of concatenated JSON, and errors with a place. Knows
nothing of what documents mean. Start at ``Source``.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final

from gitopskit.errors import MalformedDocument
from gitopskit.manifests.positions import LineIndex, Position

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gitopskit.manifests.outline import Outline

_MEBIBYTE: Final = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much one text may cost.

    ``aliases`` counts the nodes that the aliases of one text expand to. Source: CVE-2019-11253.
    """

    size_bytes: int = 32 * _MEBIBYTE
    depth: int = 100
    aliases: int = 100_000
    documents: int = 20_000


class Source:
    """A text, the name it is known by, and its documents' outlines (read at the first question)."""

    def __init__(self, text: str, *, path: str, limits: Limits) -> None:
        """Keep the text; ``cuts`` are the spans of concatenated JSON values, one per document."""
        self.text = text
        self.path = path
        self.limits = limits
        self.lines = LineIndex(text)
        self.cuts: Sequence[tuple[int, int]] = ()

    @cached_property
    def outlines(self) -> list[Outline | None]:
        """The outline of each document; None for a document that has no YAML reading."""
        from gitopskit.manifests.outline import read_outlines  # noqa: PLC0415 -- most texts are only read

        spans = self.cuts or ((0, len(self.text)),)
        return [
            outline
            for start, end in spans
            for outline in read_outlines(self.text[start:end], start, depth=self.limits.depth)
        ]

    def locate(self, document: int, pointer: Sequence[str | int]) -> Position | None:
        """Return where a value of a document is written, or its nearest ancestor that is."""
        outline = self.outline(document)
        return None if outline is None else self.lines.at(outline.locate(pointer))

    def outline(self, document: int) -> Outline | None:
        """Return the outline of a document, or None if it has none."""
        return self.outlines[document] if document < len(self.outlines) else None

    def malformed(self, what: str, *, offset: int, hint: str = "") -> MalformedDocument:
        """Return the error for a place in this text."""
        return MalformedDocument(what, where=f"{self.path}:{self.lines.at(offset)}", hint=hint)


def open_source(text: str | bytes, *, path: str, limits: Limits) -> Source:
    """Return a text as a source.

    Raises:
        MalformedDocument: it is larger than the limit, or not UTF-8.
    """
    if len(text) > limits.size_bytes:
        size = limits.size_bytes // _MEBIBYTE
        raise MalformedDocument(f"the text is larger than {size} MiB", where=path)
    try:
        decoded = text.decode() if isinstance(text, bytes) else text
        decoded.encode()
    except UnicodeError as error:
        raise MalformedDocument(
            "the text is not UTF-8", where=path, hint="save the file in the encoding UTF-8"
        ) from error
    return Source(decoded, path=path, limits=limits)
