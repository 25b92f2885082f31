"""How git is let in: credentials handed over so that no argument, variable or file holds them.

A password goes through a pipe that git's credential helper reads, for one address only. A private
key goes into an ssh-agent of its own, which ends when this process closes its pipe or dies.
"""

from __future__ import annotations

import os
import shlex
import tempfile
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from gitopskit.errors import GitFailed, MissingTool
from gitopskit.git.remotes import HttpsCredential, Remote, SshCredential
from gitopskit.process import Command, find_program, run, start, stop

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from gitopskit.clock import Clock
    from gitopskit.redaction import Plaintext

_AGENT_READY_SECONDS: Final = 10.0
_AGENT_POLL_SECONDS: Final = 0.002
_KEY_LIFETIME_SECONDS: Final = 3600
_CONNECT_SECONDS: Final = 15

_NO_AGENT: Final = 2
"""What ssh-add ends with when no agent answers. Source: ssh-add(1), "EXIT STATUS"."""

_KEEP_AGENT: Final = """
ssh-agent -D -a "$1" & agent=$!
trap 'kill "$agent"; exit' TERM
cat "/dev/fd/$2" >/dev/null
kill "$agent"
"""
"""Runs an agent until the pipe closes, so that it cannot outlive whoever holds the other end."""

_NO_HELPER: Final = ("-c", "credential.helper=")


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """What a git process is given to be let in: options before the subcommand, and the rest."""

    options: tuple[str, ...] = _NO_HELPER
    environment: Mapping[str, str] = field(default_factory=dict)
    pass_fds: tuple[int, ...] = ()


NO_ACCESS: Final = Access()
"""For what never leaves this machine."""


@contextmanager
def open_access(remote: Remote, *, path: str, clock: Clock) -> Iterator[Access]:
    """Yield what one git process needs to read a remote; afterwards nothing of it is left.

    ``path`` is as in PATH, for ssh-agent and ssh-add.

    Raises:
        MissingTool: ssh is needed and not installed.
        GitFailed: the private key cannot be used.
    """
    with ExitStack() as stack:
        if remote.scheme == "https":
            yield stack.enter_context(_https(remote))
        elif remote.scheme == "ssh":
            yield stack.enter_context(_ssh(remote, path=path, clock=clock))
        else:
            yield NO_ACCESS


@contextmanager
def _https(remote: Remote) -> Iterator[Access]:
    with ExitStack() as stack:
        options = list(_NO_HELPER)
        descriptors: tuple[int, ...] = ()
        if remote.ca_pem:
            authorities = stack.enter_context(_folder()) / "ca.pem"
            authorities.write_text(remote.ca_pem, encoding="utf-8")
            options += ["-c", f"http.sslCAInfo={authorities}"]
        if isinstance(remote.credential, HttpsCredential):
            reader = stack.enter_context(_filled_pipe(remote.credential))
            answer = f'!f() {{ if test "$1" = get; then cat /dev/fd/{reader}; fi; }}; f'
            options += ["-c", f"credential.{_origin(remote)}.helper={answer}"]
            descriptors = (reader,)
        yield Access(options=tuple(options), pass_fds=descriptors)


def _origin(remote: Remote) -> str:
    host = f"[{remote.host}]" if ":" in remote.host else remote.host
    return f"https://{host}:{remote.port}" if remote.port else f"https://{host}"


@contextmanager
def _filled_pipe(credential: HttpsCredential) -> Iterator[int]:
    """Yield a descriptor from which the answer of a credential helper can be read, once."""
    reader, writer = os.pipe()
    try:
        os.set_blocking(writer, False)
        try:
            os.write(writer, b"username=" + credential.username.encode() + b"\n")
            os.write(writer, b"password=" + credential.password.reveal() + b"\n")
        finally:
            os.close(writer)
        yield reader
    finally:
        os.close(reader)


@contextmanager
def _ssh(remote: Remote, *, path: str, clock: Clock) -> Iterator[Access]:
    with ExitStack() as stack:
        folder = stack.enter_context(_folder())
        known_hosts = folder / "known_hosts"
        known_hosts.write_text(remote.known_hosts, encoding="utf-8")
        socket = "none"
        if isinstance(remote.credential, SshCredential):
            _require_programs(path)
            agent = _Agent(folder=folder, path=path, clock=clock)
            stack.enter_context(agent.running())
            agent.add_key(remote.credential.private_key, where=remote.url)
            socket = str(agent.socket)
        command = ["ssh", *_ssh_options(known_hosts=str(known_hosts), socket=socket)]
        yield Access(environment={"GIT_SSH_COMMAND": shlex.join(command), "GIT_SSH_VARIANT": "ssh"})


def _require_programs(path: str) -> None:
    for name in ("ssh", "ssh-agent", "ssh-add"):
        if not find_program(name, path=path):
            raise MissingTool(
                f"{name} is not installed", hint="install OpenSSH's client, which has it"
            )


def _ssh_options(*, known_hosts: str, socket: str) -> list[str]:
    settings = {
        "BatchMode": "yes",
        "CheckHostIP": "no",
        "ClearAllForwardings": "yes",
        "ConnectTimeout": str(_CONNECT_SECONDS),
        "ControlMaster": "no",
        "ControlPath": "none",
        "GlobalKnownHostsFile": "/dev/null",
        "IdentitiesOnly": "no",
        "IdentityAgent": socket,
        "IdentityFile": "none",
        "PermitLocalCommand": "no",
        "PreferredAuthentications": "publickey",
        "ServerAliveInterval": str(_CONNECT_SECONDS),
        "StrictHostKeyChecking": "yes",
        "UpdateHostKeys": "no",
        "UserKnownHostsFile": f'"{known_hosts}"',
    }
    options = ["-F", "/dev/null"]
    for name, value in settings.items():
        options += ["-o", f"{name}={value}"]
    return options


@dataclass(frozen=True, slots=True, kw_only=True)
class _Agent:
    """An ssh-agent for one operation, in a folder of its own."""

    folder: Path
    path: str
    clock: Clock

    @property
    def socket(self) -> Path:
        return self.folder / "agent"

    @contextmanager
    def running(self) -> Iterator[None]:
        reader, writer = os.pipe()
        try:
            command = Command(
                argv=["sh", "-c", _KEEP_AGENT, "sh", str(self.socket), str(reader)],
                environment={"PATH": self.path},
                pass_fds=(reader,),
            )
            keeper = start(command, output=self.folder / "log")
        except BaseException:
            os.close(writer)
            raise
        finally:
            os.close(reader)
        try:
            yield
        finally:
            os.close(writer)
            stop(keeper)

    def add_key(self, private_key: Plaintext, *, where: str) -> None:
        add = Command(
            argv=["ssh-add", "-q", "-t", str(_KEY_LIFETIME_SECONDS), "-"],
            environment={"PATH": self.path, "SSH_AUTH_SOCK": str(self.socket)},
            stdin=private_key.reveal(),
            timeout_seconds=_AGENT_READY_SECONDS,
        )
        deadline = self.clock.monotonic_seconds() + _AGENT_READY_SECONDS
        exit_code = _NO_AGENT
        while exit_code == _NO_AGENT and self.clock.monotonic_seconds() < deadline:
            if self.socket.exists():
                exit_code = run(add).exit_code
            else:
                self.clock.sleep_blocking(_AGENT_POLL_SECONDS)
        if exit_code != 0:
            raise GitFailed(
                "the private ssh key cannot be used",
                where=where,
                hint="give sshPrivateKey in OpenSSH's or PEM's form, without a passphrase",
            )


@contextmanager
def _folder() -> Iterator[Path]:
    """Yield a new folder that only this user may look into (0700), removed afterwards."""
    with tempfile.TemporaryDirectory(prefix="gitopskit-", ignore_cleanup_errors=True) as folder:
        yield Path(folder)
