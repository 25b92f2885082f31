"""The certificates that a repository keeps, all of them, and what is to be said about their age.

Unlike certificates.py, which finds the one to seal with, an expired or broken one is a finding
here. Start at ``read_stored``, or at ``ExpectedCertificates`` for the files of a tree.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Final

from gitopskit.errors import InputError, UnusableKey
from gitopskit.manifests.findings import Finding
from gitopskit.repository.certificates import read_certificate_of
from gitopskit.repository.config import load_config
from gitopskit.repository.layout import certificate_file, environment_of, find_repository
from gitopskit.sealing.certificates import load_certificates
from gitopskit.timestamps import rfc3339

if TYPE_CHECKING:
    from datetime import datetime

    from gitopskit.repository.layout import Repository
    from gitopskit.sealing.keys import SealingCertificate

CERTIFICATE: Final = "sealing-certificate"
"""The rule of findings about certificates."""

_WARNING_TIME: Final = timedelta(days=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedCertificate:
    """A certificate, what people call it (its environment, or its file), and where it lies."""

    name: str
    path: str
    certificate: SealingCertificate


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredCertificates:
    """What a repository has: its environments, their certificates, findings about unusable ones."""

    repository: Repository
    environments: tuple[str, ...]
    certificates: tuple[NamedCertificate, ...]
    findings: tuple[Finding, ...]

    def of(self, environment: str) -> tuple[NamedCertificate, ...]:
        """Return what an environment has: a certificate, a hybrid key, both, or neither."""
        return tuple(each for each in self.certificates if each.name == environment)

    def environment_around(self, folder: Path) -> str:
        """Return the environment that a folder belongs to, empty if it is none of ours."""
        inside = PurePosixPath(_absolute(folder).relative_to(self.repository.root))
        environment = environment_of(inside / "file")
        return environment if environment in self.environments else ""


def read_stored(repository: Repository) -> StoredCertificates:
    """Return the certificates of a repository; paths are as seen from the working folder.

    Raises:
        InputError: the repository's configuration cannot be read.
    """
    environments = tuple(each.name for each in load_config(repository).environments)
    certificates: list[NamedCertificate] = []
    findings: list[Finding] = []
    for environment in environments:
        try:
            found = _read(repository, environment)
        except InputError:
            continue
        if isinstance(found, Finding):
            findings.append(found)
        else:
            certificates += found
    return StoredCertificates(
        repository=repository,
        environments=environments,
        certificates=tuple(certificates),
        findings=tuple(findings),
    )


def repository_around(folder: Path) -> Repository | None:
    """Return the repository that a folder is in, if it is in one."""
    try:
        return find_repository(_absolute(folder))
    except InputError:
        return None


def missing_certificate(stored: StoredCertificates, environment: str) -> Finding:
    """Return the finding about an environment whose certificate nobody fetched."""
    return Finding(
        path=_shown(stored.repository, environment),
        rule=CERTIFICATE,
        severity="info",
        message=f"there is no certificate of {environment}",
        hint=_fetch_hint(environment),
    )


def check_validity(named: NamedCertificate, *, now: datetime) -> Finding | None:
    """Return the finding about a certificate that expired (error) or does so within 30 days."""
    until = named.certificate.not_after_utc
    if until - now > _WARNING_TIME:
        return None
    has_expired = until < now
    when = rfc3339(until)
    what = "hybrid key" if named.certificate.is_hybrid else "certificate"
    return Finding(
        path=named.path,
        rule=CERTIFICATE,
        severity="error" if has_expired else "warning",
        message=f"the {what} expired at {when}, so nothing can be sealed with it"
        if has_expired
        else f"the {what} expires in {(until - now).days} days, at {when}",
        hint="renew the sealing key of the cluster, then run `gitopskit keys fetch`",
    )


class ExpectedCertificates:
    """Which certificates the SealedSecrets of a file may be sealed to; each folder is asked once.

    They are that of the environment whose folder the file lies in, or all that its repository has
    where it lies in none; nothing outside a repository.
    """

    def __init__(self) -> None:
        """Start without having looked at anything."""
        self._by_folder: dict[Path, tuple[NamedCertificate, ...]] = {}
        self._by_root: dict[Path, StoredCertificates] = {}
        self._missing: dict[str, Finding] = {}

    def of_file(self, path: Path) -> tuple[NamedCertificate, ...]:
        """Return the certificates for a file.

        Raises:
            InputError: the configuration of its repository cannot be read.
        """
        folder = path.parent
        if folder not in self._by_folder:
            self._by_folder[folder] = self._of_folder(folder)
        return self._by_folder[folder]

    @property
    def certificates(self) -> tuple[NamedCertificate, ...]:
        """Return all certificates of the repositories that were met."""
        return tuple(each for stored in self._by_root.values() for each in stored.certificates)

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Return what is wrong with the certificates that were met, or which one is missing."""
        unusable = {
            finding.path: finding
            for stored in self._by_root.values()
            for finding in stored.findings
        }
        return tuple((self._missing | unusable).values())

    def _of_folder(self, folder: Path) -> tuple[NamedCertificate, ...]:
        repository = repository_around(folder)
        if repository is None:
            return ()
        if repository.root not in self._by_root:
            self._by_root[repository.root] = read_stored(repository)
        stored = self._by_root[repository.root]
        environment = stored.environment_around(folder)
        if not environment:
            return stored.certificates
        named = stored.of(environment)
        if not named:
            missing = missing_certificate(stored, environment)
            self._missing[missing.path] = missing
        return named


def _read(repository: Repository, environment: str) -> list[NamedCertificate] | Finding:
    """Return the certificates of an environment, or the finding about one that cannot be used.

    Raises:
        InputError: it has none.
    """
    path, hint = _shown(repository, environment), ""
    try:
        pem = read_certificate_of(repository, environment).pem
        hint = _fetch_hint(environment)
        found = load_certificates(pem, where=path)
    except UnusableKey as error:
        return Finding(path=path, rule=CERTIFICATE, message=error.what, hint=hint or error.hint)
    return [
        NamedCertificate(name=environment, path=path, certificate=certificate)
        for certificate in found.all
    ]


def _shown(repository: Repository, environment: str) -> str:
    return os.path.relpath(repository.path(certificate_file(environment)))


def _fetch_hint(environment: str) -> str:
    return f"run `gitopskit keys fetch --env {environment}`"


def _absolute(path: Path) -> Path:
    """Return a path from the root without ``..``; links stay, for they have the overlay's place."""
    return Path(os.path.abspath(path))  # noqa: PTH100 -- resolve() follows links, absolute() keeps ..
