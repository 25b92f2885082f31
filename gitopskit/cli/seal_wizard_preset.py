"""What the flags of `gitopskit seal` leave for its wizard to ask."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gitopskit.sealing.scope import Scope


@dataclass(frozen=True, slots=True, kw_only=True)
class WizardPreset:
    """What flags say already, so that it is not asked; empty or None where they say nothing.

    ``cert`` and ``namespace`` count outside a repository, ``environments``, ``app`` and
    ``registers`` inside. ``file`` is the name of a file in the overlay, or a path outside.
    """

    environments: tuple[str, ...] = ()
    app: str = ""
    cert: str = ""
    namespace: str = ""
    name: str = ""
    secret_type: str = ""
    scope: Scope | None = None
    file: str = ""
    registers: bool = True
    records_keys: bool = True
    is_dry_run: bool = False
    post_quantum: bool | None = None
