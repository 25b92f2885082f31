"""Hybrid keys for tests: made once per run."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from gitopskit.sealing.hybrid import HybridPrivateKey, new_seed

if TYPE_CHECKING:
    from gitopskit.redaction import Plaintext


def hybrid_seed(number: int = 0) -> Plaintext:
    """Return the seed of a hybrid key, the same for the same number."""
    return _made(number)


def hybrid_key(number: int = 0) -> HybridPrivateKey:
    """Return the key of that seed."""
    return HybridPrivateKey.from_seed(_made(number))


@cache
def _made(number: int) -> Plaintext:
    del number
    return new_seed()
