"""Which certificate seals what goes into a file: the one rule for every command that seals."""

from __future__ import annotations

import os
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from gitopskit.cli import output, settings
from gitopskit.errors import InputError

if TYPE_CHECKING:
    from gitopskit.repository.layout import Repository
    from gitopskit.sealedfiles.certificates import Offered
    from gitopskit.sealing.certificates import KeyWish
    from gitopskit.sealing.keys import SealingCertificate


def choose_certificate(
    cert: str, env: str, *, near: Path, wish: KeyWish | None = None
) -> SealingCertificate:
    """Return the certificate that was named, or the one that suits a file or folder.

    Raises:
        InputError: both are named, there is no such file or environment, or none can be told.
        UnusableKey: it cannot be used, or expired, or there is none that fits the wish.
        EnvironmentFault: it cannot be fetched.
    """
    from gitopskit.clock import SystemClock

    return find_offered(cert, env, near=near).chosen(wish, now=SystemClock().now_utc())


def find_offered(cert: str, env: str, *, near: Path) -> Offered:
    """Return what was named to seal with, or what suits a file or folder.

    ``cert`` is a path, ``-`` for standard input, or a URL; ``env`` an environment. Without either
    it is that of the environment whose folder ``near`` lies in, or the only one that the
    repository has. The repository is that around ``near``, or else the one that we are in.

    Raises:
        InputError: both are named, there is no such file or environment, or none can be told.
        UnusableKey: a file of the repository holds a private key, or is none that can be read.
        EnvironmentFault: it cannot be fetched.
    """
    from gitopskit.sealedfiles.certificates import stored_offered

    if cert and env:
        raise InputError("both --cert and --env are given", hint="give one of them")
    if cert:
        return _named(cert)
    for place in (near, Path()):
        repository = _repository_around(place)
        if repository is not None:
            chosen = env or _environment_around(place, repository)
            return stored_offered(repository.root, chosen)
    return stored_offered(Path(), env)


def _named(cert: str) -> Offered:
    from gitopskit.clock import SystemClock
    from gitopskit.kube.proxies import PROXY_VARIABLES
    from gitopskit.sealedfiles.certificates import Offered, open_offered

    if cert == "-":
        return Offered(pem=output.read_input(cert), where=cert)
    variables = settings.environment_for(PROXY_VARIABLES)
    return open_offered(cert, environment=variables, clock=SystemClock())


def _repository_around(near: Path) -> Repository | None:
    from gitopskit.repository.layout import find_repository

    try:
        return find_repository(_absolute(near))
    except InputError:
        return None


def _environment_around(near: Path, repository: Repository) -> str:
    """Return the environment whose folder a path lies in, if the repository knows it, or nothing.

    One that has no certificate is returned as well: another one's would seal for the wrong cluster.
    """
    from gitopskit.repository.config import load_config
    from gitopskit.repository.layout import environment_of

    inside = PurePosixPath(_absolute(near).relative_to(repository.root))
    found = environment_of(inside)
    known = {environment.name for environment in load_config(repository).environments}
    return found if found in known else ""


def _absolute(path: Path) -> Path:
    """Return a path from the root without ``..``; links stay, for they have the overlay's place."""
    return Path(os.path.abspath(path))  # noqa: PTH100 -- resolve() follows links, absolute() keeps ..
