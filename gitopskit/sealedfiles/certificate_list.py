"""The certificates of a repository's environments, beside those that their clusters seal with.

Pure. Start at ``rows_of`` and ``check``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from gitopskit.manifests.findings import Finding
from gitopskit.sealedfiles.stored_certificates import (
    check_validity,
    missing_certificate,
)
from gitopskit.sealedfiles.usage import age_days
from gitopskit.timestamps import rfc3339

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from gitopskit.manifests.json_types import JsonObject
    from gitopskit.sealedfiles.stored_certificates import StoredCertificates
    from gitopskit.sealing.keys import SealingCertificate

NOT_LIVE: Final = "certificate-not-live"
"""The rule of what differs from the cluster's certificate."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateRow:
    """One environment: its certificate, None without one, and the cluster's, None if not asked."""

    environment: str
    stored: SealingCertificate | None
    live: SealingCertificate | None
    age_days: int | None

    @property
    def is_live(self) -> bool | None:
        """Whether the cluster seals to the stored one; None if nobody asked."""
        if self.live is None:
            return None
        return self.stored is not None and self.stored.fingerprint == self.live.fingerprint

    def structured(self) -> JsonObject:
        """Return the row for programs."""
        stored, live = self.stored, self.live
        return {
            "environment": self.environment,
            "fingerprint": stored.fingerprint if stored else None,
            "not_before_utc": rfc3339(stored.not_before_utc) if stored else None,
            "not_after_utc": rfc3339(stored.not_after_utc) if stored else None,
            "age_days": self.age_days,
            "live_fingerprint": live.fingerprint if live else None,
            "is_live": self.is_live,
        }


def rows_of(
    stored: StoredCertificates, live: Mapping[str, SealingCertificate], *, now: datetime
) -> list[CertificateRow]:
    """Return a row for each environment; ``live`` has what clusters seal with, by environment."""
    rows: list[CertificateRow] = []
    for environment in stored.environments:
        named = stored.of(environment)
        certificate = named.certificate if named else None
        rows.append(
            CertificateRow(
                environment=environment,
                stored=certificate,
                live=live.get(environment),
                age_days=age_days(certificate.not_before_utc, now=now) if certificate else None,
            )
        )
    return rows


def check(
    stored: StoredCertificates, live: Mapping[str, SealingCertificate], *, now: datetime
) -> list[Finding]:
    """Return what is wrong with the certificates, in the order of the environments."""
    return [*stored.findings, *_check_each(stored, live, now)]


def _check_each(
    stored: StoredCertificates, live: Mapping[str, SealingCertificate], now: datetime
) -> Iterator[Finding]:
    unusable = {finding.path for finding in stored.findings}
    for environment in stored.environments:
        named, missing = stored.of(environment), missing_certificate(stored, environment)
        found = check_validity(named, now=now) if named else missing
        if found is not None and (named or found.path not in unusable):
            yield found
        seen = live.get(environment)
        own = named.certificate.fingerprint if named else "none"
        if seen is not None and seen.fingerprint != own:
            yield Finding(
                path=missing.path,
                rule=NOT_LIVE,
                message=f"the cluster of {environment} seals to {seen.fingerprint}, and the "
                f"certificate here is {own}",
                hint=f"run `gitopskit keys fetch --env {environment}`, if it is known why",
            )
