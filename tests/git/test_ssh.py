"""Repositories behind ssh: keys in an agent of their own, known hosts enforced."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import asyncssh
import pytest

from gitopskit.errors import GitFailed, MissingTool
from gitopskit.git.remotes import Remote, SshCredential, parse_remote
from gitopskit.redaction import Plaintext
from tests.support.shims import install_shims

if TYPE_CHECKING:
    from tests.git.conftest import MirrorFactory
    from tests.support.gitrepo import SourceRepository
    from tests.support.sshserver import SshGitServer

PROGRAMS = ("git", "sh", "cat", "ssh", "ssh-add", "ssh-agent")


@pytest.fixture
def remote(ssh_server: SshGitServer, source: SourceRepository) -> Remote:
    """The served repository with the key that is let in, and the server's key known."""
    return replace(
        parse_remote(ssh_server.url(source.folder)),
        credential=SshCredential(private_key=Plaintext(ssh_server.private_key)),
        known_hosts=ssh_server.known_hosts,
    )


def test_a_private_repository_is_read_with_its_key(
    source: SourceRepository, remote: Remote, mirror_of: MirrorFactory
) -> None:
    commit = source.commit({"a": "1"})
    mirror = mirror_of(remote)

    assert mirror.resolve_revision(remote, "main") == commit
    assert (mirror.snapshot(remote, commit).root / "a").read_text() == "1"


def test_no_argument_variable_or_file_holds_the_key(
    source: SourceRepository,
    ssh_server: SshGitServer,
    remote: Remote,
    mirror_of: MirrorFactory,
    tmp_path: Path,
) -> None:
    shims = install_shims(tmp_path / "shims", PROGRAMS)
    middle = ssh_server.private_key.decode().splitlines()[2]

    mirror_of(remote, path=shims.path).snapshot(remote, source.commit({"a": "1"}))

    assert shims.records("ssh")
    assert not [record for record in shims.records() if middle in record]
    files = [file for file in (tmp_path / "cache").rglob("*") if file.is_file()]
    assert not [file for file in files if middle.encode() in file.read_bytes()]


def test_no_agent_is_left_behind(
    source: SourceRepository, remote: Remote, mirror_of: MirrorFactory, tmp_path: Path
) -> None:
    shims = install_shims(tmp_path / "shims", PROGRAMS)
    mirror = mirror_of(remote, path=shims.path)

    mirror.resolve_revision(remote, source.commit({"a": "1"}) and "main")

    [record] = shims.records("ssh-agent")
    socket = record.splitlines()[3]
    assert socket.endswith("/agent")
    assert not Path(socket).parent.exists()
    assert not [line for line in _command_lines() if socket in line]


@pytest.mark.parametrize("known_hosts", ["", "other"], ids=["no key", "another key"])
def test_a_server_whose_key_is_not_known_is_refused(
    source: SourceRepository,
    ssh_server: SshGitServer,
    remote: Remote,
    mirror_of: MirrorFactory,
    known_hosts: str,
) -> None:
    source.commit({"a": "1"})
    if known_hosts:
        key = asyncssh.generate_private_key("ssh-ed25519").export_public_key().decode()
        known_hosts = f"[127.0.0.1]:{ssh_server.port} {key}"
    careful = replace(remote, known_hosts=known_hosts)

    with pytest.raises(GitFailed, match="ssh host key is not known") as caught:
        mirror_of(careful).resolve_revision(careful, "main")

    assert "argocd-ssh-known-hosts-cm" in caught.value.hint


@pytest.mark.parametrize("has_key", [True, False], ids=["another key", "no key"])
def test_a_refused_key_is_told(
    source: SourceRepository, remote: Remote, mirror_of: MirrorFactory, *, has_key: bool
) -> None:
    source.commit({"a": "1"})
    other = asyncssh.generate_private_key("ssh-ed25519").export_private_key()
    credential = SshCredential(private_key=Plaintext(other)) if has_key else None
    stranger = replace(remote, credential=credential)

    with pytest.raises(GitFailed, match="does not let us in"):
        mirror_of(stranger).resolve_revision(stranger, "main")


def test_a_key_that_cannot_be_used_is_told_and_not_shown(
    remote: Remote, mirror_of: MirrorFactory
) -> None:
    broken = replace(remote, credential=SshCredential(private_key=Plaintext(b"hunter2\n")))

    with pytest.raises(GitFailed, match="private ssh key cannot be used") as caught:
        mirror_of(broken).resolve_revision(broken, "main")

    assert "hunter2" not in repr(caught.value)


def test_a_repository_that_is_not_there_is_told(
    ssh_server: SshGitServer, remote: Remote, mirror_of: MirrorFactory
) -> None:
    missing = replace(remote, url=ssh_server.url(Path("/nothing.git")))

    with pytest.raises(GitFailed, match="there is no repository at this address"):
        mirror_of(missing).resolve_revision(missing, "main")


def test_ssh_that_is_not_installed_is_told(
    remote: Remote, mirror_of: MirrorFactory, tmp_path: Path
) -> None:
    shims = install_shims(tmp_path / "shims", ["git", "sh", "cat"])

    with pytest.raises(MissingTool, match="ssh is not installed"):
        mirror_of(remote, path=str(shims.folder)).resolve_revision(remote, "main")


def _command_lines() -> list[str]:
    found = []
    for file in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            found.append(file.read_bytes().replace(b"\0", b" ").decode(errors="replace"))
        except OSError:
            continue
    return found
