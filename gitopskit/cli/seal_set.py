"""`gitopskit seal set` and `gitopskit seal rm`: one item of a SealedSecret and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from gitopskit.cli import item_target, output, value_source
from gitopskit.errors import InputError

if TYPE_CHECKING:
    from gitopskit.generators.spec import Generated
    from gitopskit.redaction import Plaintext

_Key = Annotated[
    str,
    typer.Argument(
        metavar="[KEY]", help="The item; left out for a generator that names its items itself."
    ),
]
_Keys = Annotated[list[str], typer.Argument(metavar="KEY...", help="The items to remove.")]


def register(group: typer.Typer) -> None:
    """Add the commands."""
    group.command("set", context_settings=value_source.TAKES_MORE)(set_item)
    group.command("rm")(remove)


def set_item(  # noqa: PLR0913 -- one parameter per flag
    context: typer.Context,
    file: item_target.File,
    key: _Key = "",
    *,
    from_file: value_source.FromFile = "",
    generate: value_source.Generate = "",
    trim: value_source.Trim = False,
    allow_empty: value_source.AllowEmpty = False,
    cert: item_target.Certificate = "",
    env: item_target.Environment = "",
    post_quantum: item_target.PostQuantum = None,
    private_key: item_target.PrivateKeys = item_target.NOTHING,
    name: item_target.Name = "",
    namespace: item_target.Namespace = "",
    record_keys: item_target.RecordKeys = False,
    dry_run: item_target.DryRun = False,
) -> None:
    """Set one item of a SealedSecret, and leave every other byte of the file as it is.

    The value is asked for without showing it, or comes from standard input where that is no
    terminal, from --from-file, or from --generate. It never comes from the command line.
    """
    from gitopskit.cli.seal_certificate import choose_certificate
    from gitopskit.cli.seal_request import read_keyring
    from gitopskit.sealedfiles.items import SetOptions, set_items
    from gitopskit.sealing.certificates import wish_of

    source = value_source.ValueSource(
        from_file=from_file,
        generate=generate,
        trims=trim,
        allows_empty=allow_empty,
        stdin_is_taken=item_target.STDIO in (file, cert),
    )
    _require_key(file, key, context.args, source)
    target = item_target.open_target(file, name=name, namespace=namespace)
    wish = wish_of(post_quantum=post_quantum, envelopes=target.envelopes, is_named=bool(cert))
    options = SetOptions(
        certificate=choose_certificate(cert, env, near=target.near, wish=wish),
        keyring=read_keyring(tuple(private_key)) if private_key else None,
        begins_records=record_keys,
    )
    made = value_source.read_values(source, question=f"{key}: ")
    change = set_items(target.sealed, target.part, values=_named(made, key), options=options)
    item_target.write_change(target, change, is_dry_run=dry_run)
    for note in made.notes:
        output.note(note)


def remove(
    file: item_target.File,
    keys: _Keys,
    *,
    name: item_target.Name = "",
    namespace: item_target.Namespace = "",
    allow_empty_data: item_target.AllowEmptyData = False,
    dry_run: item_target.DryRun = False,
) -> None:
    """Remove items of a SealedSecret, and leave every other byte of the file as it is."""
    from gitopskit.sealedfiles.items import remove_items

    value_source.refuse_values(file, *keys, more=())
    target = item_target.open_target(file, name=name, namespace=namespace)
    change = remove_items(
        target.sealed, target.part, items=keys, allows_empty_data=allow_empty_data
    )
    item_target.write_change(target, change, is_dry_run=dry_run)


def _require_key(file: str, key: str, more: list[str], source: value_source.ValueSource) -> None:
    """Check the words of the call before a value is asked for."""
    from gitopskit.sealing.secret_values import require_item_keys

    value_source.refuse_values(file, key, more=more)
    if key:
        require_item_keys([key], where="KEY")
    elif not source.generate:
        raise InputError("there is no KEY to set", hint="name the item behind FILE")


def _named(made: Generated, key: str) -> dict[str, Plaintext]:
    """Return values by the item that each is for.

    A single value goes by the key that was given, and only then by the generator's own name.
    """
    from gitopskit.generators.known import WHOLE

    items = dict(made.items)
    if len(items) > 1 and key:
        raise InputError(
            f"this generator names its items itself: {', '.join(items)}", hint="leave out KEY"
        )
    if len(items) == 1 and key:
        return dict.fromkeys([key], *items.values())
    if WHOLE in items:
        raise InputError("there is no KEY to set", hint="name the item behind FILE")
    return items
