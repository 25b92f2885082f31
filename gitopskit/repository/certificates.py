"""The sealing certificates that a repository holds, one per environment, so sealing works offline.

Owns which certificate is meant and where it lies. What is in it is known to sealing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gitopskit.errors import EnvironmentFault, InputError
from gitopskit.repository.config import load_config
from gitopskit.repository.files import replace_file
from gitopskit.repository.layout import CERTIFICATES, certificate_file

if TYPE_CHECKING:
    from pathlib import Path

    from gitopskit.repository.layout import Repository


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredCertificate:
    """A certificate as it lies in the repository; ``pem`` is not checked."""

    environment: str
    path: Path
    pem: bytes


def read_certificate_of(repository: Repository, environment: str = "") -> StoredCertificate:
    """Return the certificate of an environment, or the only one there is.

    Raises:
        InputError: the environment is unknown, has no certificate, or none was named and there
            is not exactly one.
    """
    chosen = environment or _only_environment(repository)
    load_config(repository).environment(chosen)
    path = repository.path(certificate_file(chosen))
    try:
        return StoredCertificate(environment=chosen, path=path, pem=path.read_bytes())
    except OSError as error:
        raise InputError(
            f"there is no certificate for the environment {chosen!r}",
            where=str(path),
            hint=f"run `gitopskit keys fetch --env {chosen}`",
        ) from error


def write_certificate_of(repository: Repository, environment: str, pem: bytes) -> Path:
    """Store the certificate of an environment and return where it lies.

    Raises:
        InputError: the repository has no such environment.
        EnvironmentFault: the file cannot be written; the old one is kept.
    """
    load_config(repository).environment(environment)
    path = repository.path(certificate_file(environment))
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        replace_file(path, pem)
    except OSError as error:
        raise EnvironmentFault(
            f"cannot write the certificate: {error.strerror}",
            where=str(path),
            hint="check that the folder may be written",
        ) from error
    return path


def _only_environment(repository: Repository) -> str:
    environments = [each.name for each in load_config(repository).environments]
    stored = [name for name in environments if repository.path(certificate_file(name)).is_file()]
    candidates = stored or environments
    if len(candidates) == 1:
        return candidates[0]
    if not stored:
        raise InputError(
            "there is no sealing certificate in this repository",
            where=str(repository.path(CERTIFICATES)),
            hint="run `gitopskit keys fetch --env NAME` with one of " + ", ".join(environments),
        )
    raise InputError(
        "several environments have a certificate",
        where=str(repository.path(CERTIFICATES)),
        hint="choose one with `--env NAME`: " + ", ".join(stored),
    )
