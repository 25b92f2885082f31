"""`gitopskit keys restore`: sealing keys from a backup into a cluster, or into a file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Final

import typer

from gitopskit.cli import key_openers, output, seal_flags
from gitopskit.cli.agreement import Yes, require_agreement
from gitopskit.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gitopskit.manifests.json_types import JsonObject
    from gitopskit.redaction import Plaintext

_NOTHING: Final[list[str]] = []

_File = Annotated[
    str,
    typer.Argument(metavar="FILE", help="What `gitopskit keys backup` wrote; `-` is stdin."),
]
_Namespace = Annotated[
    str,
    typer.Option("--namespace", "-n", help="Where the keys go; default: where they came from."),
]
_Out = Annotated[
    str,
    typer.Option(
        "--out",
        help="Write the keys to this new file instead, readable by you only; `-` is stdout.",
        metavar="FILE",
    ),
]
_DryRun = Annotated[bool, typer.Option("--dry-run", help="Show what would be done, and stop.")]


def register(group: typer.Typer) -> None:
    """Add the command."""
    group.command("restore")(restore)


def restore(  # noqa: PLR0913 -- one parameter per flag
    file: _File,
    *,
    context: seal_flags.Context = "",
    kubeconfig: seal_flags.Kubeconfig = "",
    namespace: _Namespace = "",
    identity: key_openers.Identities = _NOTHING,
    passphrase_file: key_openers.PassphraseFile = "",
    out: _Out = "",
    yes: Yes = False,
    dry_run: _DryRun = False,
) -> None:
    """Put the sealing keys of a backup back into a cluster; no key there is ever overwritten.

    Exit code 4: a Secret of one of the names holds another key, the file exists already, or the
    backup does not open.
    """
    from gitopskit.cli.wiring import run_async
    from gitopskit.sealedfiles.key_backup import read_backup

    if file == passphrase_file == "-":
        raise InputError(
            "standard input cannot be the backup and the passphrase", hint="name one of the two"
        )
    text = key_openers.open_backup(
        output.read_input(file), where=file, passphrase_file=passphrase_file, identities=identity
    )
    secrets = read_backup(text, where=file, namespace=namespace)
    if out:
        _write(out, text, is_dry_run=dry_run)
        return
    target = seal_flags.Target(context=context, kubeconfig=kubeconfig)
    run_async(_run(secrets, target, where=file, is_dry_run=dry_run, is_agreed=yes))


def _write(file: str, text: Plaintext, *, is_dry_run: bool) -> None:
    if is_dry_run:
        output.say(f"  {file}: the keys, in plain text")
        return
    output.write_output(file, text.reveal().decode(), is_private=True, is_new=True)
    output.note("whoever has it can open what is sealed: delete it when it has served its purpose")


async def _run(
    secrets: Sequence[JsonObject],
    target: seal_flags.Target,
    *,
    where: str,
    is_dry_run: bool,
    is_agreed: bool,
) -> None:
    from gitopskit.cli.wiring import connect
    from gitopskit.sealedfiles import cluster_keys

    async with connect(target.context, kubeconfig=target.kubeconfig) as api:
        plan = await cluster_keys.plan(api, secrets, where=where)
        output.note(f"the API server at {api.connection.server}:")
        for place in plan.present:
            output.say(f"  {place}: is there already")
        for content in plan.missing:
            output.say(f"  {cluster_keys.place_of(content)}: is created")
        if is_dry_run or not plan.missing:
            return
        require_agreement(is_given=is_agreed)
        for content in plan.missing:
            output.print_result(await cluster_keys.restore(api, content))
