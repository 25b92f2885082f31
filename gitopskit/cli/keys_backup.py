"""`gitopskit keys backup`: all sealing keys of a cluster in one encrypted file."""

from __future__ import annotations

import hmac
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from gitopskit.cli import key_openers, output, seal_flags
from gitopskit.errors import InputError, IntegrityFault
from gitopskit.manifests.settled_names import UNSEALER_NAMESPACE

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from gitopskit.redaction import Plaintext
    from gitopskit.sealedfiles.key_backup import LiveKeySecret

_NOTHING: Final[list[str]] = []
_STDOUT: Final = "-"

_File = Annotated[
    str, typer.Argument(metavar="FILE", help="Write the backup here; `-` is standard output.")
]
_Namespace = Annotated[
    str, typer.Option("--namespace", "-n", help="The namespace that sealing keys are in.")
]
_Recipients = Annotated[
    list[str],
    typer.Option(
        "--recipient",
        "-r",
        help="Encrypt to this public key of age (age1…) or SSH (ssh-…) instead of a passphrase; "
        "may be repeated.",
        metavar="KEY",
    ),
]
_RecipientsFile = Annotated[
    str,
    typer.Option(
        "--recipients-file", "-R", help="Encrypt to the public keys in this file.", metavar="FILE"
    ),
]
_Acknowledge = Annotated[
    bool,
    typer.Option(
        "--acknowledge/--no-acknowledge",
        help="Note on the keys that they are backed up, and let pending ones seal.",
    ),
]
_DryRun = Annotated[bool, typer.Option("--dry-run", help="Show what would be done, and stop.")]


def register(group: typer.Typer) -> None:
    """Add the command."""
    group.command("backup")(backup)


def backup(  # noqa: PLR0913 -- one parameter per flag
    file: _File,
    *,
    context: seal_flags.Context = "",
    kubeconfig: seal_flags.Kubeconfig = "",
    namespace: _Namespace = UNSEALER_NAMESPACE,
    recipient: _Recipients = _NOTHING,
    recipients_file: _RecipientsFile = "",
    passphrase_file: key_openers.PassphraseFile = "",
    acknowledge: _Acknowledge = True,
    dry_run: _DryRun = False,
) -> None:
    """Write all sealing keys of a cluster to one file, encrypted with age.

    A passphrase is asked for, unless --recipient names public keys. Once the file is written and
    was read again, the keys are marked as backed up, and pending ones become active.
    """
    from gitopskit.cli.wiring import run_async
    from gitopskit.clock import SystemClock
    from gitopskit.sealedfiles.key_backup import backup_of

    _require_free(file)
    recipients = _recipients(recipient, recipients_file)
    target = seal_flags.Target(context=context, kubeconfig=kubeconfig)
    secrets = run_async(_read(target, namespace))
    _tell(secrets)
    if dry_run:
        return
    now = SystemClock().now_utc()
    content = backup_of(secrets, now=now)
    passphrase = None if recipients else key_openers.new_passphrase(passphrase_file)
    data = _encrypted(content, recipients, passphrase)
    output.write_output(file, data.decode("ascii"), is_private=True, is_new=True)
    if file == _STDOUT:
        output.note("nothing is acknowledged, for nobody knows yet whether it was kept")
        return
    _verify(Path(file), data, content=content, passphrase=passphrase)
    output.print_result(file)
    if acknowledge:
        run_async(_acknowledge(target, [each for each in secrets if each.key], now=now))


def _require_free(file: str) -> None:
    """Check that no file is overwritten: it may be the only copy of a key that is gone by now.

    Raises:
        InputError: there is one.
        EnvironmentFault: none can be written there.
    """
    if file == _STDOUT:
        return
    if Path(file).exists() or Path(file).is_symlink():
        raise InputError(
            "the file exists, and no backup is overwritten", where=file, hint="choose another name"
        )
    output.require_writable(file)


def _recipients(given: Sequence[str], file: str) -> list[str]:
    from gitopskit.sealedfiles.age_files import read_recipients

    if not file:
        return [*given]
    listed = read_recipients(output.read_input(file).decode(errors="replace"))
    if not listed:
        raise InputError("there is no public key in the file", where=file)
    return [*given, *listed]


async def _read(target: seal_flags.Target, namespace: str) -> list[LiveKeySecret]:
    from gitopskit.cli.wiring import connect
    from gitopskit.sealedfiles.cluster_keys import read_key_secrets

    async with connect(target.context, kubeconfig=target.kubeconfig) as api:
        secrets = await read_key_secrets(api, namespace)
        if not secrets:
            raise InputError(
                f"there is no sealing key in the namespace {namespace}",
                where=api.connection.server,
                hint="name the cluster with --context and the namespace with --namespace",
            )
    return secrets


def _tell(secrets: Sequence[LiveKeySecret]) -> None:
    """Say what the backup holds."""
    for secret in secrets:
        if secret.key is None:
            output.note(f"kept as it is, without a key that can be used: {secret.problem}")
        else:
            output.say(f"  {secret.where}: {secret.key.state}, {secret.key.fingerprint}")


def _encrypted(
    content: Plaintext, recipients: Sequence[str], passphrase: Plaintext | None
) -> bytes:
    from gitopskit.sealedfiles import age_files

    if passphrase is None:
        return age_files.encrypt_to_recipients(content, recipients)
    return age_files.encrypt_with_passphrase(content, passphrase)


def _verify(file: Path, data: bytes, *, content: Plaintext, passphrase: Plaintext | None) -> None:
    """Check that the file on disk is the backup; with a passphrase, that it opens.

    Raises:
        IntegrityFault: it is not. Nothing was acknowledged.
    """
    from gitopskit.sealedfiles import age_files

    written = output.read_input(str(file))
    is_whole = hmac.compare_digest(written, data)
    if is_whole and passphrase is not None:
        opened = age_files.decrypt_with_passphrase(written, passphrase, where=str(file))
        is_whole = opened == content
    if not is_whole:
        raise IntegrityFault(
            "the file does not hold what was written; no key was acknowledged",
            where=str(file),
            hint="write the backup to another disk",
        )


async def _acknowledge(
    target: seal_flags.Target, secrets: Sequence[LiveKeySecret], *, now: datetime
) -> None:
    from gitopskit.cli.wiring import connect
    from gitopskit.sealedfiles.cluster_keys import acknowledge

    async with connect(target.context, kubeconfig=target.kubeconfig) as api:
        for secret in secrets:
            await acknowledge(api, secret, now=now)
    promoted = sum(secret.key is not None and secret.key.state == "pending" for secret in secrets)
    sealing = f"; {promoted} of them may seal from now on" if promoted else ""
    output.note(f"{len(secrets)} keys are marked as backed up{sealing}")
