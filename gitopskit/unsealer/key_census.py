"""How the sealing keys are, as numbers for the metrics. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gitopskit.unsealer.metrics import KeyCensus

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gitopskit.sealing.certificates import KeyKind
    from gitopskit.sealing.key_secrets import ClusterKey


def census_of(keys: Iterable[ClusterKey], kind: KeyKind, *, unusable: int) -> KeyCensus:
    """Return how many keys of a kind there are, and the dates of the newest active one.

    ``keys`` come with the newest first; ``unusable`` counts key Secrets that cannot be read.
    """
    own = [key for key in keys if key.kind == kind]
    active = [key for key in own if key.state == "active"]
    sealing = active[0] if active else None
    return KeyCensus(
        active=len(active),
        pending=sum(key.state == "pending" for key in own),
        unusable=unusable,
        without_backup=sum(not key.is_backed_up for key in own),
        not_before_utc=sealing.not_before_utc if sealing else None,
        not_after_utc=sealing.not_after_utc if sealing else None,
    )
