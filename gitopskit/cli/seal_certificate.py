"""Which certificate seals what goes into a file: the one rule for every command that seals."""

from __future__ import annotations

import os
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from gitopskit.cli import output, settings
from gitopskit.errors import InputError

if TYPE_CHECKING:
    from gitopskit.clock import Clock
    from gitopskit.repository.layout import Repository
    from gitopskit.sealing.certificates import KeyWish
    from gitopskit.sealing.keys import SealingCertificate


def choose_certificate(
    cert: str, env: str, *, near: Path, wish: KeyWish | None = None
) -> SealingCertificate:
    """Return the certificate that was named, or the one that suits a file or folder.

    ``cert`` is a path, ``-`` for standard input, or a URL; ``env`` an environment. Without either
    it is that of the environment whose folder ``near`` lies in, or the only one that the
    repository has. The repository is that around ``near``, or else the one that we are in.

    Raises:
        InputError: both are named, there is no such file or environment, or none can be told.
        UnusableKey: it cannot be used, or expired, or there is none that fits the wish.
        EnvironmentFault: it cannot be fetched.
    """
    from gitopskit.clock import SystemClock
    from gitopskit.sealedfiles.certificates import stored_certificate

    if cert and env:
        raise InputError("both --cert and --env are given", hint="give one of them")
    clock = SystemClock()
    if cert:
        return _named(cert, clock, wish)
    for place in (near, Path()):
        repository = _repository_around(place)
        if repository is not None:
            chosen = env or _environment_around(place, repository)
            return stored_certificate(repository.root, chosen, now=clock.now_utc(), wish=wish)
    return stored_certificate(Path(), env, now=clock.now_utc(), wish=wish)


def _named(cert: str, clock: Clock, wish: KeyWish | None) -> SealingCertificate:
    from gitopskit.kube.proxies import PROXY_VARIABLES
    from gitopskit.sealedfiles.certificates import open_certificate
    from gitopskit.sealing.certificates import read_chosen

    if cert == "-":
        data = output.read_input(cert)
        return read_chosen(data, wish=wish, where=cert, now=clock.now_utc())
    variables = settings.environment_for(PROXY_VARIABLES)
    return open_certificate(cert, environment=variables, clock=clock, wish=wish)


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
