"""What is handed to git, and that nothing of it outlives who handed it over."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from gitopskit.clock import SystemClock
from gitopskit.git.access import NO_ACCESS, open_access
from gitopskit.git.remotes import HttpsCredential, parse_remote
from gitopskit.redaction import Plaintext

_HOLD_AN_AGENT = """
import os, sys
from dataclasses import replace
import asyncssh
from gitopskit.clock import SystemClock
from gitopskit.git.access import open_access
from gitopskit.git.remotes import SshCredential, parse_remote
from gitopskit.redaction import Plaintext

key = asyncssh.generate_private_key("ssh-ed25519").export_private_key()
remote = replace(
    parse_remote("git@host:x"), credential=SshCredential(private_key=Plaintext(key))
)
with open_access(remote, path=os.environ["PATH"], clock=SystemClock()) as access:
    print(access.environment["GIT_SSH_COMMAND"], flush=True)
    sys.stdin.read()
"""
_SECONDS = 20


def test_the_agent_ends_when_its_owner_is_killed() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", _HOLD_AN_AGENT],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=Path(__file__).parents[2],
    ) as owner:
        assert owner.stdout is not None
        words = owner.stdout.readline().decode().split()
        agent = next(word for word in words if word.startswith("IdentityAgent="))
        folder = Path(agent.partition("=")[2]).parent
        assert _is_served(folder)
        owner.kill()

    deadline = time.monotonic() + _SECONDS
    while _is_served(folder):
        assert time.monotonic() < deadline, "the agent outlived its owner"
    shutil.rmtree(folder)


def test_a_password_can_be_read_once_and_for_one_address_only() -> None:
    remote = replace(
        parse_remote("https://git.example.com:8443/a"),
        credential=HttpsCredential(username="me", password=Plaintext(b"hunter2")),
    )

    with open_access(remote, path=os.environ["PATH"], clock=SystemClock()) as access:
        [reader] = access.pass_fds
        told = (os.read(reader, 1000), os.read(reader, 1000))

    assert told == (b"username=me\npassword=hunter2\n", b"")
    assert access.options[:2] == ("-c", "credential.helper=")
    assert access.options[3].startswith("credential.https://git.example.com:8443.helper=!f()")
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(reader)


def test_a_public_address_gets_nothing() -> None:
    public = parse_remote("https://[::1]/a")
    local = parse_remote("/srv/git", allow_local=True)

    for remote in (public, local):
        with open_access(remote, path="", clock=SystemClock()) as access:
            assert access == NO_ACCESS


def _is_served(folder: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as client:
        return client.connect_ex(str(folder / "agent")) == 0
