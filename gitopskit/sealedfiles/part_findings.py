"""Findings about a part of a SealedSecret, at its place in the text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gitopskit.errors import InputError
from gitopskit.manifests.findings import Finding, Severity
from gitopskit.sealing.secret_values import require_item_keys

if TYPE_CHECKING:
    from gitopskit.manifests.edit import Pointer
    from gitopskit.sealedfiles.sealed_text import SealedPart


def finding_at(
    part: SealedPart,
    at: Pointer,
    *,
    rule: str,
    message: str,
    hint: str = "",
    severity: Severity = "error",
) -> Finding:
    """Return a finding about a part of a SealedSecret; an empty pointer means all of it.

    To tell where a part is written costs as much as reading the document; that of the whole is
    known.
    """
    position = part.manifest.locate(at)
    return Finding(
        path=part.manifest.path,
        line=position.line,
        column=position.column,
        rule=rule,
        severity=severity,
        message=message,
        hint=hint,
        subject=str(part.sealed.ref),
    )


def named(item: str, number: int) -> str:
    """Return how a message calls an item: by its key, or by its number if no Secret can have it.

    What cannot be a key may be a value that was put in its place.
    """
    try:
        require_item_keys((item,), where="")
    except InputError:
        return f"item {number}"
    return f"`{item}`"


def named_in(part: SealedPart, item: str) -> str:
    """Return how a message calls an item of a SealedSecret; see ``named``."""
    return named(item, [*part.sealed.encrypted_data].index(item) + 1)
