"""The sealing certificates that a repository holds, one per environment, so sealing works offline.

Owns which certificate is meant and where it lies. What is in it is known to sealing.
"""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from gitopskit.errors import EnvironmentFault, InputError, UnusableKey
from gitopskit.repository.config import load_config
from gitopskit.repository.files import replace_file
from gitopskit.repository.layout import CERTIFICATES, certificate_file
from gitopskit.sealing.pem_text import mentions_private_key

if TYPE_CHECKING:
    from pathlib import Path

    from gitopskit.repository.layout import Repository

_LARGEST_FILE_BYTES: Final = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredCertificate:
    """A certificate as it lies in the repository; of ``pem`` only that it holds no private key."""

    environment: str
    path: Path
    pem: bytes


def read_certificate_of(repository: Repository, environment: str = "") -> StoredCertificate:
    """Return the certificate of an environment, or the only one there is.

    Raises:
        InputError: the environment is unknown, has no certificate, or none was named and there
            is not exactly one.
        UnusableKey: its file holds a private key, is no regular file, or larger than 1 MiB.
    """
    chosen = environment or _only_environment(repository)
    load_config(repository).environment(chosen)
    path = repository.path(certificate_file(chosen))
    hint = f"run `gitopskit keys fetch --env {chosen}`"
    try:
        pem = _read(path, hint=hint)
    except OSError as error:
        raise InputError(
            f"there is no certificate for the environment {chosen!r}", where=str(path), hint=hint
        ) from error
    if mentions_private_key(pem):
        raise UnusableKey(
            "the file holds a private key, which must not lie in a repository",
            where=str(path),
            hint="make a new key with `gitopskit keys new`, seal every value anew, and change the "
            "values: who can read the repository can open them",
        )
    return StoredCertificate(environment=chosen, path=path, pem=pem)


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


def _read(path: Path, *, hint: str) -> bytes:
    """Return what a regular file holds; opened without waiting, as a pipe would have us do."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise UnusableKey("this is no regular file", where=str(path), hint=hint)
        with os.fdopen(descriptor, "rb", closefd=False) as file:
            pem = file.read(_LARGEST_FILE_BYTES + 1)
    finally:
        os.close(descriptor)
    if len(pem) > _LARGEST_FILE_BYTES:
        raise UnusableKey("the file is larger than 1 MiB", where=str(path), hint=hint)
    return pem


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
