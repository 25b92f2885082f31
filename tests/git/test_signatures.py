"""Commits that somebody signed, and those that only look so."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from gitopskit.errors import GitFailed, InputError, MissingTool
from gitopskit.git.remotes import Remote, parse_remote
from gitopskit.git.signatures import Trust, allowed_signers, is_by_trusted_key
from tests.support.shims import install_shims
from tests.support.signing import Signer, gpg_signer, ssh_signer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.git.conftest import MirrorFactory
    from tests.support.gitrepo import SourceRepository

FINGERPRINT = "0123456789ABCDEF0123456789ABCDEF01234567"
PRIMARY = "FEDCBA9876543210FEDCBA9876543210FEDCBA98"
GOOD = f"""\
[GNUPG:] NEWSIG
[GNUPG:] GOODSIG 89ABCDEF01234567 Somebody
[GNUPG:] VALIDSIG {FINGERPRINT} 2026-01-02 1767312000 0 4 0 22 8 00 {PRIMARY}
"""
SSH = b'Good "git" signature for signer with ED25519 key SHA256:abc\n'


@pytest.fixture
def remote(source: SourceRepository) -> Remote:
    source.commit({"a": "1"})
    return parse_remote(str(source.folder), allow_local=True)


@pytest.fixture
def somebody(tmp_path: Path) -> Signer:
    return ssh_signer(tmp_path)


@pytest.fixture(scope="module")
def gpg_user() -> Iterator[Signer]:
    with gpg_signer() as signer:
        yield signer


def ssh_trust(*signers: Signer) -> Trust:
    return Trust(ssh_keys=tuple(" ".join(it.public.split()[:2]) for it in signers))


def gpg_trust(*signers: Signer) -> Trust:
    return Trust(
        gpg_key_ids=tuple(it.key_id for it in signers), gpg_keys=tuple(it.public for it in signers)
    )


@pytest.mark.parametrize("key_id", [FINGERPRINT, FINGERPRINT[-16:], PRIMARY[-16:]])
def test_a_signature_counts_by_its_key_or_its_primary_key(key_id: str) -> None:
    assert is_by_trusted_key(GOOD.encode(), Trust(gpg_key_ids=(key_id,)))


@pytest.mark.parametrize(
    ("verdict", "trust"),
    [
        (GOOD.encode(), Trust(gpg_key_ids=("0000000000000000",))),
        (GOOD.encode(), Trust(ssh_keys=("ssh-ed25519 AAAA",))),
        ((GOOD + GOOD).encode(), Trust(gpg_key_ids=(PRIMARY,))),
        (SSH, Trust(gpg_key_ids=(PRIMARY,))),
        (b"", Trust()),
    ],
    ids=["another key", "GPG where SSH is wanted", "two signatures", "SSH for GPG", "nothing"],
)
def test_a_signature_of_another_kind_or_key_does_not_count(verdict: bytes, trust: Trust) -> None:
    assert not is_by_trusted_key(verdict, trust)


def test_signers_are_allowed_to_sign_for_git_alone() -> None:
    assert allowed_signers(Trust(ssh_keys=("ssh-ed25519 AAAA",))) == (
        'signer namespaces="git" ssh-ed25519 AAAA\n'
    )
    assert is_by_trusted_key(SSH, Trust(ssh_keys=("ssh-ed25519 AAAA",)))


def test_a_commit_signed_with_ssh_is_let_through(
    source: SourceRepository, remote: Remote, mirror_of: MirrorFactory, somebody: Signer
) -> None:
    commit = somebody.sign(source)

    mirror_of(remote).require_signed(remote, commit, ssh_trust(somebody))


def test_a_commit_signed_with_gpg_is_let_through(
    source: SourceRepository, remote: Remote, mirror_of: MirrorFactory, gpg_user: Signer
) -> None:
    commit = gpg_user.sign(source)

    mirror_of(remote).require_signed(remote, commit, gpg_trust(gpg_user))


def test_either_kind_is_enough_where_both_are_named(
    source: SourceRepository,
    remote: Remote,
    mirror_of: MirrorFactory,
    somebody: Signer,
    gpg_user: Signer,
) -> None:
    ssh, gpg = ssh_trust(somebody), gpg_trust(gpg_user)
    both = Trust(ssh_keys=ssh.ssh_keys, gpg_key_ids=gpg.gpg_key_ids, gpg_keys=gpg.gpg_keys)
    mirror = mirror_of(remote)

    mirror.require_signed(remote, somebody.sign(source), both)
    mirror.require_signed(remote, gpg_user.sign(source), both)


def test_a_commit_without_a_signature_is_refused(
    source: SourceRepository,
    remote: Remote,
    mirror_of: MirrorFactory,
    somebody: Signer,
    gpg_user: Signer,
) -> None:
    somebody.sign(source)
    commit = source.commit({"a": "2"})

    for trust in (ssh_trust(somebody), gpg_trust(gpg_user)):
        with pytest.raises(InputError, match="is not signed by a key that the project trusts"):
            mirror_of(remote).require_signed(remote, commit, trust)


def test_the_signature_of_somebody_else_is_refused(
    source: SourceRepository,
    remote: Remote,
    mirror_of: MirrorFactory,
    somebody: Signer,
    gpg_user: Signer,
    tmp_path: Path,
) -> None:
    other = ssh_signer(tmp_path, "other")
    mirror = mirror_of(remote)

    with pytest.raises(InputError, match="is not signed"):
        mirror.require_signed(remote, other.sign(source), ssh_trust(somebody))
    with pytest.raises(InputError, match="is not signed"):
        mirror.require_signed(remote, gpg_user.sign(source), ssh_trust(somebody))
    with pytest.raises(InputError, match="is not signed"):
        mirror.require_signed(remote, somebody.sign(source), gpg_trust(gpg_user))


def test_a_gpg_key_that_is_there_but_not_named_proves_nothing(
    source: SourceRepository, remote: Remote, mirror_of: MirrorFactory, gpg_user: Signer
) -> None:
    commit = gpg_user.sign(source)
    trust = Trust(gpg_key_ids=("0" * 16,), gpg_keys=(gpg_user.public,))

    with pytest.raises(InputError, match="is not signed"):
        mirror_of(remote).require_signed(remote, commit, trust)


def test_a_signature_on_other_content_is_refused(
    source: SourceRepository, remote: Remote, mirror_of: MirrorFactory, somebody: Signer
) -> None:
    signed = source.git("cat-file", "commit", somebody.sign(source))
    forged = signed.replace("\n\nsigned", "\n\nforged") + "\n"
    commit = source.git("hash-object", "-t", "commit", "-w", "--stdin", stdin=forged.encode())
    source.git("update-ref", "refs/heads/main", commit)

    with pytest.raises(InputError, match="is not signed"):
        mirror_of(remote).require_signed(remote, commit, ssh_trust(somebody))


def test_settings_of_the_repository_name_no_signer(
    source: SourceRepository, remote: Remote, mirror_of: MirrorFactory, tmp_path: Path
) -> None:
    trusted, other = ssh_signer(tmp_path, "trusted"), ssh_signer(tmp_path, "other")
    source.commit({".gitconfig": "[gpg]\n", ".git-allowed-signers": f"* {other.public}"})
    commit = other.sign(source)

    with pytest.raises(InputError, match="is not signed"):
        mirror_of(remote).require_signed(remote, commit, ssh_trust(trusted))


def test_a_trust_that_changed_is_asked_again(
    source: SourceRepository,
    remote: Remote,
    mirror_of: MirrorFactory,
    somebody: Signer,
    tmp_path: Path,
) -> None:
    commit, mirror = somebody.sign(source), mirror_of(remote)
    mirror.require_signed(remote, commit, ssh_trust(somebody))

    with pytest.raises(InputError, match="is not signed"):
        mirror.require_signed(remote, commit, ssh_trust(ssh_signer(tmp_path, "new")))


def test_what_was_proven_is_not_asked_again(
    source: SourceRepository,
    remote: Remote,
    mirror_of: MirrorFactory,
    somebody: Signer,
    tmp_path: Path,
) -> None:
    shims = install_shims(tmp_path / "shims", ("ssh-keygen",))
    commit, mirror = somebody.sign(source), mirror_of(remote, path=shims.path)
    mirror.require_signed(remote, commit, ssh_trust(somebody))
    before = len(shims.records())

    mirror.require_signed(remote, commit, ssh_trust(somebody))

    assert len(shims.records()) == before > 0


def test_a_damaged_mirror_is_made_anew_for_a_signature(
    source: SourceRepository,
    remote: Remote,
    mirror_of: MirrorFactory,
    somebody: Signer,
    tmp_path: Path,
) -> None:
    commit, mirror = somebody.sign(source), mirror_of(remote)
    mirror.fetch(remote, commit)
    for pack in tmp_path.glob("cache/*/mirror.git/objects/pack/*.pack"):
        pack.chmod(0o600)
        pack.write_bytes(b"")

    mirror.require_signed(remote, commit, ssh_trust(somebody))


def test_keys_that_are_none_are_told(
    source: SourceRepository, remote: Remote, mirror_of: MirrorFactory, gpg_user: Signer
) -> None:
    trust = Trust(gpg_key_ids=(gpg_user.key_id,), gpg_keys=("no key",))

    with pytest.raises(GitFailed, match="cannot be read") as caught:
        mirror_of(remote).require_signed(remote, gpg_user.sign(source), trust)

    assert "argocd-gpg-keys-cm" in caught.value.hint


@pytest.mark.parametrize(
    ("trust", "program"),
    [(Trust(ssh_keys=("ssh-ed25519 AAAA",)), "ssh-keygen"), (Trust(gpg_key_ids=("A",)), "gpg")],
    ids=["ssh", "gpg"],
)
def test_a_program_that_is_missing_is_told(
    source: SourceRepository,
    remote: Remote,
    mirror_of: MirrorFactory,
    tmp_path: Path,
    trust: Trust,
    program: str,
) -> None:
    few = install_shims(tmp_path / "few", ("git", "sh"), path=os.environ["PATH"])
    commit = source.git("rev-parse", "refs/heads/main")

    with pytest.raises(MissingTool, match=f"{program} is not installed"):
        mirror_of(remote, path=str(few.folder)).require_signed(remote, commit, trust)
