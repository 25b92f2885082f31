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
    from gitopskit.sealing.certificates import Certificates, KeyKind
    from gitopskit.sealing.keys import SealingCertificate

NOT_LIVE: Final = "certificate-not-live"
"""The rule of what differs from the cluster's certificate."""


_KINDS: Final[tuple[KeyKind, ...]] = ("rsa", "hybrid")
_NAMES: Final[dict[KeyKind, str]] = {"rsa": "certificate", "hybrid": "hybrid key"}


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateRow:
    """One environment and kind of key: its certificate, None without one, and the cluster's.

    ``live`` is None if the cluster was not asked, or has none of that kind.
    """

    environment: str
    kind: KeyKind
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
            "kind": self.kind,
            "fingerprint": stored.fingerprint if stored else None,
            "not_before_utc": rfc3339(stored.not_before_utc) if stored else None,
            "not_after_utc": rfc3339(stored.not_after_utc) if stored else None,
            "age_days": self.age_days,
            "live_fingerprint": live.fingerprint if live else None,
            "is_live": self.is_live,
        }


def rows_of(
    stored: StoredCertificates, live: Mapping[str, Certificates], *, now: datetime
) -> list[CertificateRow]:
    """Return a row for what each environment has; ``live`` has what clusters seal with.

    An environment that has nothing has a row, too.
    """
    return [
        _row(environment, kind, certificate, live.get(environment), now=now)
        for environment in stored.environments
        for kind, certificate in _own(stored, environment)
    ]


def _own(
    stored: StoredCertificates, environment: str
) -> list[tuple[KeyKind, SealingCertificate | None]]:
    named = [each.certificate for each in stored.of(environment)]
    found: list[tuple[KeyKind, SealingCertificate | None]] = [
        ("hybrid" if certificate.is_hybrid else "rsa", certificate) for certificate in named
    ]
    return found or [("rsa", None)]


def _row(
    environment: str,
    kind: KeyKind,
    certificate: SealingCertificate | None,
    live: Certificates | None,
    *,
    now: datetime,
) -> CertificateRow:
    return CertificateRow(
        environment=environment,
        kind=kind,
        stored=certificate,
        live=live.of_kind(kind) if live else None,
        age_days=age_days(certificate.not_before_utc, now=now) if certificate else None,
    )


def check(
    stored: StoredCertificates, live: Mapping[str, Certificates], *, now: datetime
) -> list[Finding]:
    """Return what is wrong with the certificates, in the order of the environments."""
    return [*stored.findings, *_check_each(stored, live, now)]


def _check_each(
    stored: StoredCertificates, live: Mapping[str, Certificates], now: datetime
) -> Iterator[Finding]:
    unusable = {finding.path for finding in stored.findings}
    for environment in stored.environments:
        missing = missing_certificate(stored, environment)
        found = [check_validity(named, now=now) for named in stored.of(environment)]
        yield from (each for each in found if each is not None)
        if not found and missing.path not in unusable:
            yield missing
        own = dict(_own(stored, environment))
        for kind in _KINDS:
            seen = live[environment].of_kind(kind) if environment in live else None
            difference = _difference(kind, own.get(kind), seen, is_asked=environment in live)
            if difference:
                yield Finding(
                    path=missing.path,
                    rule=NOT_LIVE,
                    message=f"the cluster of {environment} {difference}",
                    hint=f"run `gitopskit keys fetch --env {environment}`, if it is known why",
                )


def _difference(
    kind: KeyKind,
    own: SealingCertificate | None,
    seen: SealingCertificate | None,
    *,
    is_asked: bool,
) -> str:
    """Return how the cluster's differs from our own; one more hybrid key there is no matter."""
    name = _NAMES[kind]
    if seen is not None and (own is not None or kind == "rsa"):
        here = own.fingerprint if own else "none"
        is_other = seen.fingerprint != here
        return f"seals to {seen.fingerprint}, and the {name} here is {here}" if is_other else ""
    if is_asked and own is not None:
        return f"has no {name}, and the one here is {own.fingerprint}"
    return ""
