"""`gitopskit seal edit`: the values of a SealedSecret, asked for one by one or in an editor."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Final

import typer

from gitopskit.cli import item_target, output, value_source
from gitopskit.errors import InputError

if TYPE_CHECKING:
    from gitopskit.redaction import Plaintext
    from gitopskit.sealedfiles.items import ItemsChanged, SetOptions

_HINT: Final = "use `gitopskit seal set`, which also takes values from files"

_Editor = Annotated[
    bool,
    typer.Option("--editor", help="Open them, decrypted, in $VISUAL or $EDITOR; needs the key."),
]
_AllowDisk = Annotated[
    bool,
    typer.Option(
        "--allow-disk", help="With --editor: put plaintext on a disk if no memory is to be had."
    ),
]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Session:
    """What is edited, what with, and what may become empty."""

    target: item_target.ItemTarget
    options: SetOptions
    allows_empty: bool


def register(group: typer.Typer) -> None:
    """Add the command."""
    group.command("edit", context_settings=value_source.TAKES_MORE)(edit)


def edit(  # noqa: PLR0913 -- one parameter per flag
    context: typer.Context,
    file: item_target.File,
    *,
    editor: _Editor = False,
    allow_disk: _AllowDisk = False,
    private_key: item_target.PrivateKeys = item_target.NOTHING,
    cert: item_target.Certificate = "",
    env: item_target.Environment = "",
    post_quantum: item_target.PostQuantum = None,
    name: item_target.Name = "",
    namespace: item_target.Namespace = "",
    allow_empty: value_source.AllowEmpty = False,
    allow_empty_data: item_target.AllowEmptyData = False,
    record_keys: item_target.RecordKeys = False,
    dry_run: item_target.DryRun = False,
) -> None:
    """Change the values of a SealedSecret; what is not changed keeps every byte.

    Without --editor each item is asked for, without showing what is typed; Enter keeps it.
    """
    from gitopskit.cli.seal_certificate import choose_certificate
    from gitopskit.cli.seal_request import read_keyring
    from gitopskit.sealedfiles.items import SetOptions
    from gitopskit.sealing.certificates import wish_of

    value_source.refuse_values(file, more=context.args)
    if editor:
        _require_for_editor(file, private_key)
    target = item_target.open_target(file, name=name, namespace=namespace)
    wish = wish_of(post_quantum=post_quantum, envelopes=target.envelopes, is_named=bool(cert))
    session = _Session(
        target=target,
        options=SetOptions(
            certificate=choose_certificate(cert, env, near=target.near, wish=wish),
            keyring=read_keyring(tuple(private_key)) if private_key else None,
            begins_records=record_keys,
            allows_empty_data=allow_empty_data,
        ),
        allows_empty=allow_empty,
    )
    change = _in_editor(session, allows_disk=allow_disk) if editor else _by_asking(session)
    item_target.write_change(target, change, is_dry_run=dry_run)


def _require_for_editor(file: str, private_key: list[str]) -> None:
    if not private_key:
        raise InputError(
            "--editor needs the private key, to open what is edited",
            hint="give --private-key FILE, or leave out --editor",
        )
    if file == item_target.STDIO:
        raise InputError("--editor needs a FILE", hint="the editor has the standard input")


def _by_asking(session: _Session) -> ItemsChanged:
    """Ask for the new value of each item, and then for further items."""
    from gitopskit.cli.prompts import ask_line, ask_new_secret, tell
    from gitopskit.sealedfiles.items import set_items

    target = session.target
    present = target.part.sealed.encrypted_data
    values: dict[str, Plaintext] = {}
    tell(f"{target.part.sealed.ref}: type a new value, or press Enter to keep one", hint=_HINT)
    for item in present:
        value = ask_new_secret(f"{item}: ", hint=_HINT)
        if len(value):
            values[item] = value
    while key := ask_line("name of an item to add, Enter for none: ", hint=_HINT):
        if _is_free(key, taken=[*present, *values]):
            values[key] = _ask_value(key, allows_empty=session.allows_empty)
    return set_items(target.sealed, target.part, values=values, options=session.options)


def _is_free(key: str, *, taken: list[str]) -> bool:
    """Whether an item may be added under a key; tells the person why not."""
    from gitopskit.cli.prompts import tell
    from gitopskit.sealing.secret_values import require_item_keys

    try:
        require_item_keys([key], where="")
    except InputError as error:
        tell(f"a Secret cannot have this key; {error.hint}", hint=_HINT)
        return False
    if key in taken:
        tell("there is such an item already", hint=_HINT)
        return False
    return True


def _ask_value(key: str, *, allows_empty: bool) -> Plaintext:
    from gitopskit.cli.prompts import ask_new_secret, tell

    while True:
        value = ask_new_secret(f"{key}: ", hint=_HINT)
        if len(value) or allows_empty:
            return value
        tell("the value is empty; Ctrl-C gives up", hint=_HINT)


def _in_editor(session: _Session, *, allows_disk: bool) -> ItemsChanged:
    """Open the values in an editor, and seal what is another one afterwards."""
    from gitopskit.cli.editor_session import choose_place, edit_text, usual_places
    from gitopskit.sealedfiles import editing
    from gitopskit.sealedfiles.closed_items import closed_item
    from gitopskit.sealedfiles.items import set_items
    from gitopskit.sealing.unseal import Keyring

    target, options = session.target, session.options
    keyring = options.keyring or Keyring(())
    before = editing.open_items(target.part, keyring=keyring)
    for item in target.part.unreadable:
        found = closed_item(target.part, item, keyring=keyring)
        output.note(f"{found.message} - {found.where}; it is left as it is")

    def finish(data: bytes, path: str) -> ItemsChanged:
        after = editing.read_edited(data, path=path)
        difference = editing.difference(before, after, allows_empty=session.allows_empty)
        return set_items(
            target.sealed,
            target.part,
            values=difference.changed,
            removed=difference.removed,
            options=options,
        )

    text = editing.dump_values(before, ref=str(target.part.sealed.ref))
    place = choose_place(usual_places(), allows_disk=allows_disk)
    return edit_text(text, finish, place=place)
