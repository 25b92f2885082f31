"""Stands: what is remembered of what an Application wants, and how far it is. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gitopskit.manifests.identity import ObjectRef
    from gitopskit.reconciler.application import Follow


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What an Application was last found to want, and at which commits, under which spec.

    Where they are not known, because nothing could be rendered, ``refs`` are those from before.
    """

    refs: frozenset[ObjectRef] = frozenset()
    heads: Mapping[Follow, str] = field(default_factory=dict)
    fingerprint: str = ""
    is_known: bool = True


@dataclass(frozen=True, slots=True)
class Stand:
    """How far an Application is, for whoever waits for it: another stand is news."""

    wishes: Wishes | None = None
    gives: bool = False
    unmet: frozenset[ObjectRef] = frozenset()
