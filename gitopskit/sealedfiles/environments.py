"""The environments of a repository as places to seal for: which have a usable certificate."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gitopskit.errors import InputError
from gitopskit.repository.certificates import read_certificate_of
from gitopskit.repository.config import load_config
from gitopskit.sealing.certificates import read_chosen

if TYPE_CHECKING:
    from datetime import datetime

    from gitopskit.repository.layout import Repository
    from gitopskit.sealing.certificates import KeyWish
    from gitopskit.sealing.keys import SealingCertificate


@dataclass(frozen=True, slots=True, kw_only=True)
class SealingEnvironment:
    """An environment, and its certificate, or why none can be used and what to do about it."""

    name: str
    fingerprint: str = ""
    age_days: int = 0
    problem: str = ""
    hint: str = ""


def sealing_environments(
    repository: Repository, *, now: datetime
) -> tuple[SealingEnvironment, ...]:
    """Return the environments of a repository, those without a usable certificate as well.

    Raises:
        InputError: the configuration cannot be read.
    """
    return tuple(
        _environment(repository, environment.name, now=now)
        for environment in load_config(repository).environments
    )


def environment_certificate(
    repository: Repository, environment: str, *, now: datetime, wish: KeyWish | None = None
) -> SealingCertificate:
    """Return the certificate that seals for an environment.

    Raises:
        InputError: there is no such environment, or it has no certificate.
        UnusableKey: the certificate cannot be used, or expired, or none fits the wish.
    """
    stored = read_certificate_of(repository, environment)
    return read_chosen(stored.pem, wish=wish, where=str(stored.path), now=now)


def age_days_of(certificate: SealingCertificate, *, now: datetime) -> int:
    """Return how many whole days ago a certificate began to be valid, 0 before that."""
    return max((now - certificate.not_before_utc).days, 0)


def _environment(repository: Repository, name: str, *, now: datetime) -> SealingEnvironment:
    try:
        certificate = environment_certificate(repository, name, now=now)
    except InputError as error:
        return SealingEnvironment(name=name, problem=error.what, hint=error.hint)
    return SealingEnvironment(
        name=name,
        fingerprint=certificate.fingerprint,
        age_days=age_days_of(certificate, now=now),
    )
