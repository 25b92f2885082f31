"""Repositories behind https: passwords, certificates, redirects, and what never shows."""

from __future__ import annotations

import base64
import os
import socket
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from gitopskit.errors import GitFailed
from gitopskit.git.remotes import HttpsCredential, Remote, parse_remote
from gitopskit.redaction import Plaintext
from tests.git.conftest import PASSWORD
from tests.support.gitserver import GitServer, serve_git
from tests.support.shims import install_shims

if TYPE_CHECKING:
    from pathlib import Path

    from tests.git.conftest import MirrorFactory
    from tests.support.gitrepo import SourceRepository

PROGRAMS = ("git", "sh", "cat", "ssh", "ssh-add", "ssh-agent")


@pytest.fixture
def remote(https_server: GitServer) -> Remote:
    """The served repository with the right password and authority."""
    return replace(
        parse_remote(https_server.url("shop.git")),
        ca_pem=https_server.ca_pem,
        credential=HttpsCredential(username="reader", password=Plaintext(PASSWORD.encode())),
    )


def test_a_private_repository_is_read_with_its_password(
    source: SourceRepository, remote: Remote, mirror_of: MirrorFactory
) -> None:
    commit = source.commit({"a": "1"})
    mirror = mirror_of(remote)

    assert mirror.resolve_revision(remote, "main") == commit
    assert (mirror.snapshot(remote, commit).root / "a").read_text() == "1"


def test_no_argument_and_no_variable_of_any_child_holds_the_password(
    source: SourceRepository, remote: Remote, mirror_of: MirrorFactory, tmp_path: Path
) -> None:
    shims = install_shims(tmp_path / "shims", PROGRAMS)
    mirror = mirror_of(remote, path=shims.path)

    mirror.snapshot(remote, source.commit({"a": "1"}))
    mirror.resolve_revision(remote, "main")

    assert shims.records("git")
    encoded = base64.b64encode(f"reader:{PASSWORD}".encode()).decode()
    for record in shims.records():
        assert PASSWORD not in record
        assert encoded not in record


def test_no_file_of_the_cache_holds_the_password(
    source: SourceRepository, remote: Remote, mirror_of: MirrorFactory, tmp_path: Path
) -> None:
    mirror_of(remote).snapshot(remote, source.commit({"a": "1"}))

    files = [file for file in (tmp_path / "cache").rglob("*") if file.is_file()]
    assert files
    assert not [file for file in files if PASSWORD.encode() in file.read_bytes()]


@pytest.mark.parametrize("password", ["wrong-Pa55word", None], ids=["a wrong one", "none"])
def test_a_refused_password_is_told_and_not_shown(
    source: SourceRepository, remote: Remote, mirror_of: MirrorFactory, password: str | None
) -> None:
    source.commit({"a": "1"})
    credential = HttpsCredential(username="reader", password=Plaintext((password or "").encode()))
    stranger = replace(remote, credential=credential if password else None)

    with pytest.raises(GitFailed, match="does not let us in") as caught:
        mirror_of(stranger).resolve_revision(stranger, "main")

    assert caught.value.where == stranger.url
    assert "repository Secret" in caught.value.hint
    assert "Pa55word" not in repr(caught.value)


def test_a_server_of_an_unknown_authority_is_not_trusted(
    https_server: GitServer, remote: Remote, mirror_of: MirrorFactory
) -> None:
    careless = replace(remote, ca_pem="")

    with pytest.raises(GitFailed, match="certificate is not trusted") as caught:
        mirror_of(careless).resolve_revision(careless, "main")

    assert "argocd-tls-certs-cm" in caught.value.hint
    assert https_server.authorizations == []


def test_a_redirect_is_not_followed_and_no_password_goes_with_it(
    source: SourceRepository,
    https_server: GitServer,
    remote: Remote,
    mirror_of: MirrorFactory,
    tmp_path: Path,
) -> None:
    source.commit({"a": "1"})
    elsewhere = f"https://localhost:{https_server.port}"
    folder = tmp_path / "redirecting"
    folder.mkdir()

    with serve_git(folder, folder, redirect_to=elsewhere) as redirecting:
        moved = replace(
            parse_remote(redirecting.url("shop.git")),
            ca_pem=redirecting.ca_pem + https_server.ca_pem,
            credential=remote.credential,
        )
        with pytest.raises(GitFailed, match="redirects to another address"):
            mirror_of(moved).resolve_revision(moved, "main")

    assert https_server.authorizations == []


def test_a_server_that_is_not_there_is_told(remote: Remote, mirror_of: MirrorFactory) -> None:
    with socket.create_server(("127.0.0.1", 0)) as unused:
        port = unused.getsockname()[1]
    gone = replace(remote, url=f"https://localhost:{port}/shop.git", port=port)

    with pytest.raises(GitFailed, match="cannot be reached"):
        mirror_of(gone).resolve_revision(gone, "main")


def test_a_repository_that_is_not_there_is_told(
    https_server: GitServer, remote: Remote, mirror_of: MirrorFactory
) -> None:
    missing = replace(remote, url=https_server.url("nothing.git"))

    with pytest.raises(GitFailed, match="there is no repository at this address"):
        mirror_of(missing).resolve_revision(missing, "main")


def test_proxies_and_askpass_of_this_process_are_not_used(
    source: SourceRepository,
    remote: Remote,
    mirror_of: MirrorFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    commit = source.commit({"a": "1"})
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:9")
    monkeypatch.setenv("GIT_ASKPASS", "/bin/false")

    assert mirror_of(remote, path=os.environ["PATH"]).resolve_revision(remote, "main") == commit
