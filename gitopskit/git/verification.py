"""Whether a commit is signed by somebody whom we trust: git asks ``ssh-keygen`` or ``gpg``.

Neither sees a key that was not named: both look into a folder of their own, which has no secret in
it and is removed afterwards.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

from gitopskit.errors import GitFailed, InputError, MissingTool
from gitopskit.git.program import Call, Git
from gitopskit.git.signatures import Trust, allowed_signers, is_by_trusted_key
from gitopskit.process import Command, find_program, run

if TYPE_CHECKING:
    from gitopskit.process import Completed

_NO_PROGRAM: Final = "false"
_GPG_SECONDS: Final = 20.0
_GPG_SETTINGS: Final = """
batch
disable-dirmngr
no-auto-check-trustdb
no-auto-key-locate
no-auto-key-retrieve
no-autostart
no-tty
trust-model always
"""


def require_signed(git: Git, *, bare: Path, commit: str, trust: Trust, where: str) -> None:
    """Return if a commit of a bare repository is signed by one of the trusted keys.

    Raises:
        InputError: it is not signed, or by nobody who is trusted.
        MissingTool: the program that reads such a signature is not installed.
        GitFailed: the trusted keys cannot be read, or git did not end.
    """
    with tempfile.TemporaryDirectory(prefix="gitopskit-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        completed = _verify(git, folder, bare=bare, commit=commit, trust=trust, where=where)
    is_good = completed.exit_code == 0
    if not is_good or not is_by_trusted_key(completed.stdout + completed.stderr, trust):
        raise InputError(
            f"commit {commit} is not signed by a key that the project trusts",
            where=where,
            hint="sign it with one of the keys that the AppProject names, or add the signer's",
        )


def _verify(
    git: Git, folder: Path, *, bare: Path, commit: str, trust: Trust, where: str
) -> Completed:
    signers = folder / "allowed_signers"
    signers.write_text(allowed_signers(trust), encoding="ascii")
    ssh = _program("ssh-keygen", path=git.path) if trust.ssh_keys else _NO_PROGRAM
    gpg = _NO_PROGRAM
    if trust.gpg_key_ids:
        gpg = _program("gpg", path=git.path)
        _import_keys(folder, trust, path=git.path, where=where)
    settings = {
        "gpg.openpgp.program": gpg,
        "gpg.program": gpg,
        "gpg.ssh.allowedSignersFile": str(signers),
        "gpg.ssh.program": ssh,
        "gpg.x509.program": _NO_PROGRAM,
        "log.showSignature": "false",
    }
    options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
    arguments = [*options, f"--git-dir={bare}", "verify-commit", "--raw", commit]
    environment = {"GNUPGHOME": str(folder), "TMPDIR": str(folder)}
    return git.run(Call(arguments=arguments, where=where, environment=environment))


def _program(name: str, *, path: str) -> str:
    found = find_program(name, path=path)
    if not found:
        raise MissingTool(
            f"{name} is not installed, so no signature can be checked",
            hint="install it, or take the rule for signatures out of the AppProject",
        )
    return found


def _import_keys(folder: Path, trust: Trust, *, path: str, where: str) -> None:
    (folder / "gpg.conf").write_text(_GPG_SETTINGS, encoding="ascii")
    completed = run(
        Command(
            argv=["gpg", "--quiet", "--import"],
            environment={"PATH": path, "GNUPGHOME": str(folder), "LC_ALL": "C"},
            stdin="\n".join(trust.gpg_keys).encode(),
            timeout_seconds=_GPG_SECONDS,
        )
    )
    if completed.exit_code != 0:
        raise GitFailed(
            "the GPG keys of the project cannot be read",
            where=where,
            hint="check the ConfigMap argocd-gpg-keys-cm: one armoured public key for each key id",
        )
