"""How the unsealer runs, as values."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from gitopskit.manifests.settled_names import UNSEALER_NAMESPACE
from gitopskit.unsealer.key_life import KeyLifeOptions
from gitopskit.unsealer.ownership import FIELD_MANAGER

DriftPolicy = Literal["heal", "report"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """What is watched: SealedSecrets with these labels in these namespaces, and their Secrets.

    Without names and without a selector all namespaces are watched, at once and not one by one.
    Where ``watches_secrets`` is false, or may not be done, the Secrets are looked at by name, each
    once in ``poll_seconds``.
    """

    namespaces: tuple[str, ...] = ()
    namespace_selector: str = ""
    label_selector: str = ""
    watches_secrets: bool = True
    poll_seconds: float = 60.0

    @property
    def is_everywhere(self) -> bool:
        """Tell whether all namespaces are watched."""
        return not (self.namespaces or self.namespace_selector)


@dataclass(frozen=True, slots=True, kw_only=True)
class UnsealerOptions:
    """Where the keys are, how many passes at once, which copy this is, and what is done how.

    ``drift`` tells whether Secrets that were changed are healed or only reported. Each SealedSecret
    is looked at anew once in ``resync_seconds``, whatever the watches show.
    """

    namespace: str = UNSEALER_NAMESPACE
    workers: int = 16
    instance: str = FIELD_MANAGER
    watched: Field = field(default_factory=Field)
    drift: DriftPolicy = "heal"
    allows_token_secrets: bool = False
    resync_seconds: float = 2700.0
    makes_keys: bool = False
    key_life: KeyLifeOptions = field(default_factory=KeyLifeOptions)
