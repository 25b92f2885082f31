"""`gitopskit keys retire`: a sealing key that nothing needs any more is passed over from now on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Final

import typer

from gitopskit.cli import output, seal_flags
from gitopskit.cli.agreement import Yes, require_agreement
from gitopskit.errors import InputError
from gitopskit.manifests.settled_names import UNSEALER_NAMESPACE

if TYPE_CHECKING:
    from gitopskit.cli.keys_seen import Seen
    from gitopskit.kube.client import KubeClient
    from gitopskit.sealedfiles.retirement import KeySecret

_NOTHING: Final[list[str]] = []

_Key = Annotated[
    str,
    typer.Argument(
        metavar="KEY",
        help="The key: `SHA256:` and at least 8 characters, or its certificate's file.",
    ),
]
_Paths = Annotated[
    list[str],
    typer.Argument(metavar="PATH...", help="Files and folders where SealedSecrets are kept."),
]
_Namespace = Annotated[
    str, typer.Option("--namespace", "-n", help="The namespace that sealing keys are in.")
]
_PrivateKeys = Annotated[
    list[str],
    typer.Option(
        "--private-key",
        help="Try every item with this key, recorded or not; may be repeated.",
        metavar="FILE",
    ),
]
_DryRun = Annotated[bool, typer.Option("--dry-run", help="Check, show what would be done, stop.")]


def register(group: typer.Typer) -> None:
    """Add the command."""
    group.command("retire")(retire)


def retire(  # noqa: PLR0913 -- one parameter per flag
    key: _Key,
    paths: _Paths,
    *,
    context: seal_flags.Context = "",
    kubeconfig: seal_flags.Kubeconfig = "",
    namespace: _Namespace = UNSEALER_NAMESPACE,
    private_key: _PrivateKeys = _NOTHING,
    yes: Yes = False,
    dry_run: _DryRun = False,
) -> None:
    """Retire a sealing key: controllers pass it over, and its Secret stays under another label.

    Refused (exit code 4) while an item in the paths or a SealedSecret of the cluster needs the key
    or may need it (as what is behind a link may), and while it is the newest active key.
    """
    from gitopskit.cli.keys_seen import look
    from gitopskit.cli.seal_request import read_keyring
    from gitopskit.cli.wiring import run_async

    seen = look(paths, read_keyring(tuple(private_key)) if private_key else None)
    if seen.tree.malformed:
        first = seen.tree.malformed[0]
        raise InputError(
            f"what a file holds cannot be told: {first.message}", where=first.where, hint=first.hint
        )
    target = seal_flags.Target(context=context, kubeconfig=kubeconfig)
    run_async(_run(key, seen, target, namespace=namespace, is_dry_run=dry_run, is_agreed=yes))


async def _run(
    key: str,
    seen: Seen,
    target: seal_flags.Target,
    *,
    namespace: str,
    is_dry_run: bool,
    is_agreed: bool,
) -> None:
    from gitopskit.cli.wiring import connect
    from gitopskit.sealedfiles.retirement import relabel

    async with connect(target.context, kubeconfig=target.kubeconfig) as api:
        secrets = await _retirable(api, key, seen, namespace)
        if not secrets:
            output.note("the key is retired already")
            return
        output.note(f"the API server at {api.connection.server}:")
        for secret in secrets:
            output.say(f"  {secret.change}")
        if is_dry_run:
            return
        require_agreement(is_given=is_agreed)
        for secret in secrets:
            await relabel(api, secret)
            output.print_result(secret.where)
    output.note("gitopskit's unsealer passes it over from now on; restart Bitnami's controller")


async def _retirable(api: KubeClient, key: str, seen: Seen, namespace: str) -> list[KeySecret]:
    """Return the Secrets to relabel; nothing stands against it.

    Raises:
        KeyInUse: something does.
        InputError: there is no such key.
    """
    from gitopskit.cli.keys_seen import resolve
    from gitopskit.sealedfiles import retirement
    from gitopskit.sealedfiles.usage import users_of, uses_in

    secrets, problems = await retirement.read_key_secrets(api, namespace)
    for problem in problems:
        output.note(f"passed over: {problem}")
    fingerprint = resolve(key, seen, (secret.fingerprint for secret in secrets))
    chosen = retirement.require_retirable(secrets, fingerprint)
    if chosen:
        parts, unreadable = await retirement.read_live_sealed(api)
        uses = [*seen.uses, *uses_in(parts, keyring=seen.keyring)]
        retirement.require_unused(
            fingerprint,
            users_of(fingerprint, uses),
            [*seen.unreadable, *unreadable],
            where=chosen[0].where,
        )
    return chosen
