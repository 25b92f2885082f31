"""`gitopskit seal`: Secrets in, SealedSecrets out, with kubeseal's flags."""

from __future__ import annotations

import importlib
import sys
from typing import TYPE_CHECKING, Annotated, Final, Literal

import typer

from gitopskit.cli import output
from gitopskit.cli.group_with_default import OWN_COMMAND, GroupWithDefault, OwnCommand
from gitopskit.errors import InputError

if TYPE_CHECKING:
    from gitopskit.sealedfiles.texts import TextFormat
    from gitopskit.sealing.keys import SealingCertificate

_STDIO = "-"
_EPILOG: Final = (
    "The first word may be a subcommand: " + "set, rm, edit, raw, reencrypt, verify; "
    "`gitopskit seal set --help` tells more. A file of such a name is written `./set`."
)
_SUBCOMMANDS: Final[tuple[str, ...]] = ()

_File = Annotated[
    str, typer.Argument(metavar="FILE", help="The Secrets, YAML or JSON; `-` is stdin.")
]
_SecretFile = Annotated[
    str, typer.Option("--secret-file", "-f", help="The same as FILE.", metavar="FILE")
]
_SealedFile = Annotated[
    str,
    typer.Option("--sealed-secret-file", "-w", help="Write here, whole or not at all."),
]
_Certificate = Annotated[
    str, typer.Option("--cert", help="The certificate (PEM) to seal with.", metavar="FILE")
]
_Environment = Annotated[
    str, typer.Option("--env", help="Seal with this environment's certificate.", metavar="ENV")
]
_Scope = Annotated[
    Literal["strict", "namespace-wide", "cluster-wide"] | None,
    typer.Option("--scope", help="Where it may be opened; default: as annotated, else strict."),
]
_Name = Annotated[str, typer.Option("--name", help="The Secret's name, in place of its own.")]
_Namespace = Annotated[
    str, typer.Option("--namespace", "-n", help="The namespace of Secrets that name none.")
]
_Format = Annotated[
    Literal["json", "yaml"] | None,
    typer.Option(
        "--format",
        "-o",
        help="Default: as the written file's name says; else YAML on a terminal, JSON elsewhere.",
    ),
]
_AllowEmpty = Annotated[
    bool, typer.Option("--allow-empty-data", help="Seal a Secret that has no data, too.")
]
_RecordKeys = Annotated[
    bool,
    typer.Option(
        "--record-keys/--no-record-keys",
        help="Note in an annotation which key each item was sealed to.",
    ),
]
_InPlace = Annotated[bool, typer.Option("--in-place", "-i", help="Replace FILE by what is sealed.")]
_DryRun = Annotated[
    bool, typer.Option("--dry-run", help="Print what would be written, and write no file.")
]


def register(app: typer.Typer) -> None:
    """Add the command."""
    group = typer.Typer(
        cls=GroupWithDefault, help="Seal Secrets, so that only a cluster can open them."
    )
    group.command(OWN_COMMAND, cls=OwnCommand, hidden=True, epilog=_EPILOG)(seal)
    for module in _SUBCOMMANDS:
        importlib.import_module(f"gitopskit.cli.{module}").register(group)
    app.add_typer(group, name="seal")


def seal(  # noqa: PLR0913 -- one parameter per flag
    file: _File = "",
    *,
    cert: _Certificate = "",
    env: _Environment = "",
    scope: _Scope = None,
    name: _Name = "",
    namespace: _Namespace = "",
    secret_file: _SecretFile = "",
    sealed_secret_file: _SealedFile = "",
    in_place: _InPlace = False,
    output_format: _Format = None,
    allow_empty_data: _AllowEmpty = False,
    record_keys: _RecordKeys = True,
    dry_run: _DryRun = False,
) -> None:
    """Seal Secrets, so that only the cluster that holds the key can open them."""
    from gitopskit.sealedfiles.texts import seal_text
    from gitopskit.sealing.scope import Scope
    from gitopskit.sealing.seal import SealOptions

    source = source_of(file, secret_file, flag="--secret-file")
    target = _target_of(source, sealed_secret_file, is_in_place=in_place)
    options = SealOptions(
        certificate=_certificate(cert, env),
        scope=Scope(scope) if scope else None,
        name=name,
        namespace=namespace,
        allows_empty_data=allow_empty_data,
        records_keys=record_keys,
    )
    text = seal_text(
        read_source(source),
        path=source,
        options=options,
        output=choose_format(output_format, target=target),
    )
    output.write_output(_STDIO if dry_run else target, text)


def source_of(file: str, flagged: str, *, flag: str) -> str:
    """Return where to read: the argument, the flag's value, or standard input.

    Raises:
        InputError: both are given.
    """
    if file and flagged:
        raise InputError(f"both FILE and {flag} are given", hint="give one of them")
    return file or flagged or _STDIO


def read_source(source: str) -> bytes:
    """Return what is to be worked on; tells a person at a terminal that we wait for input."""
    if source == _STDIO and sys.stdin.isatty():
        output.note("reading manifests from the terminal; end them with Ctrl-D")
    return output.read_input(source)


def choose_format(asked: TextFormat | None, *, target: str) -> TextFormat:
    """Return the format asked for, or that of the target's name, or what suits its reader."""
    from gitopskit.sealedfiles.texts import format_of

    at_terminal: TextFormat = "yaml" if sys.stdout.isatty() else "json"
    return asked or format_of(target) or at_terminal


def _target_of(source: str, sealed_file: str, *, is_in_place: bool) -> str:
    if not is_in_place:
        return sealed_file or _STDIO
    if sealed_file or source == _STDIO:
        raise InputError(
            "--in-place needs a FILE, and no --sealed-secret-file",
            hint="give the one file that is to be replaced",
        )
    return source


def _certificate(file: str, environment: str) -> SealingCertificate:
    from pathlib import Path

    from gitopskit.clock import SystemClock
    from gitopskit.sealing.keys import read_certificate

    if file and environment:
        raise InputError("both --cert and --env are given", hint="give one of them")
    now = SystemClock().now_utc()
    if file:
        return read_certificate(output.read_input(file), where=file, now=now)
    from gitopskit.sealedfiles.certificates import stored_certificate

    return stored_certificate(Path(), environment, now=now)
