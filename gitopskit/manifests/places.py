"""A node and the way to it: what an edit needs to know of a value besides its own text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gitopskit.manifests.outline import Entry, Outline


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A node and the place in its parent that holds it; the root has no parent."""

    node: Outline
    parent: Place | None = None
    index: int = 0

    @property
    def entry(self) -> Entry | None:
        """The field of the parent that holds the node, or None for an item and for the root."""
        if self.parent is None or not self.parent.node.entries:
            return None
        return self.parent.node.entries[self.index]

    def child(self, index: int) -> Place:
        """Return the place of the value of a field, or of an item."""
        node = self.node.entries[index].value if self.node.entries else self.node.items[index]
        return Place(node=node, parent=self, index=index)
