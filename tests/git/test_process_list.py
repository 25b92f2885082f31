"""Whoever lists the processes of the machine while git runs sees no credential."""

from __future__ import annotations

import sys
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from gitopskit.git.remotes import HttpsCredential, Remote, SshCredential, parse_remote
from gitopskit.redaction import Plaintext
from tests.git.conftest import PASSWORD

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.git.conftest import MirrorFactory
    from tests.support.gitrepo import SourceRepository
    from tests.support.gitserver import GitServer
    from tests.support.sshserver import SshGitServer

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")

MOST_LOOKS = 200


@dataclass
class ProcessList:
    """What was seen of all processes: their arguments and their environments."""

    seen: set[bytes] = field(default_factory=set)
    is_over: threading.Event = field(default_factory=threading.Event)

    def watch(self) -> None:
        while not self.is_over.is_set():
            for process in Path("/proc").glob("[0-9]*"):
                for name in ("cmdline", "environ"):
                    try:
                        self.seen.add((process / name).read_bytes())
                    except OSError:
                        continue

    def shows(self, text: bytes) -> bool:
        return any(text in it for it in self.seen.copy())


@contextmanager
def watching() -> Iterator[ProcessList]:
    processes = ProcessList()
    thread = threading.Thread(target=processes.watch)
    thread.start()
    try:
        yield processes
    finally:
        processes.is_over.set()
        thread.join()


def read_until_seen(
    remote: Remote, mirror_of: MirrorFactory, processes: ProcessList, program: bytes
) -> bool:
    """Read a repository again and again, until the program that speaks with its server is seen."""
    mirror = mirror_of(remote)
    for _ in range(MOST_LOOKS):
        mirror.resolve_revision(remote, "main")
        if processes.shows(program):
            return True
    return False


def test_no_process_shows_the_password(
    source: SourceRepository, https_server: GitServer, mirror_of: MirrorFactory
) -> None:
    source.commit({"a": "1"})
    remote = replace(
        parse_remote(https_server.url("shop.git")),
        ca_pem=https_server.ca_pem,
        credential=HttpsCredential(username="reader", password=Plaintext(PASSWORD.encode())),
    )

    with watching() as processes:
        is_seen = read_until_seen(remote, mirror_of, processes, b"remote-https")

    assert is_seen
    assert not processes.shows(PASSWORD.encode())


def test_no_process_shows_the_key(
    source: SourceRepository, ssh_server: SshGitServer, mirror_of: MirrorFactory
) -> None:
    source.commit({"a": "1"})
    remote = replace(
        parse_remote(ssh_server.url(source.folder)),
        known_hosts=ssh_server.known_hosts,
        credential=SshCredential(private_key=Plaintext(ssh_server.private_key)),
    )
    body = ssh_server.private_key.splitlines()[2]

    with watching() as processes:
        is_seen = read_until_seen(remote, mirror_of, processes, b"ssh-agent")

    assert is_seen
    assert not processes.shows(body)
