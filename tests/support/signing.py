"""People who sign commits: with a key of SSH, or with one of GPG in a keyring of their own."""

from __future__ import annotations

import os
import subprocess
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.gitrepo import SourceRepository


@dataclass(frozen=True)
class Signer:
    """Somebody who signs; ``public`` is what others need, ``key_id`` is GPG's."""

    settings: tuple[str, ...]
    public: str
    key_id: str = ""

    def sign(self, repository: SourceRepository, *, branch: str = "main") -> str:
        """Put a signed commit of the same files on a branch and return it."""
        parent = repository.git("rev-parse", f"refs/heads/{branch}")
        options = [part for setting in self.settings for part in ("-c", setting)]
        commit = repository.git(
            *options, "commit-tree", "-S", f"{parent}^{{tree}}", "-p", parent, "-m", "signed"
        )
        repository.git("update-ref", f"refs/heads/{branch}", commit)
        return commit


def ssh_signer(folder: Path, name: str = "signer") -> Signer:
    """Return somebody with a new key of SSH."""
    key = folder / name
    _run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", name, "-f", str(key))
    return Signer(
        settings=("gpg.format=ssh", f"user.signingKey={key}"),
        public=key.with_suffix(".pub").read_text(),
    )


@contextmanager
def gpg_signer(name: str = "Signer") -> Iterator[Signer]:
    """Yield somebody with a new key of GPG; its agent ends with the block."""
    with tempfile.TemporaryDirectory(prefix="gpg-", ignore_cleanup_errors=True) as home:
        program = Path(home) / "gpg-here"
        program.write_text(f'#!/bin/sh\nexec gpg --homedir {home} --batch --no-tty "$@"\n')
        program.chmod(0o700)
        gpg = str(program)
        protection = ("--pinentry-mode", "loopback", "--passphrase", "")
        try:
            _run(gpg, *protection, "--quick-gen-key", f"{name} <s@example.invalid>", "ed25519")
            listing = _run(gpg, "--list-keys", "--with-colons")
            [key_id, *_] = [it.split(":")[9] for it in listing.splitlines() if it[:3] == "fpr"]
            yield Signer(
                settings=(f"gpg.program={gpg}", f"user.signingKey={key_id}"),
                public=_run(gpg, "--armor", "--export", key_id),
                key_id=key_id[-16:],
            )
        finally:
            _run("gpgconf", "--homedir", home, "--kill", "gpg-agent")


def _run(*words: str) -> str:
    return subprocess.run(
        words, env={"PATH": os.environ["PATH"]}, capture_output=True, check=True
    ).stdout.decode()
