"""The wizard's questions about the values: type, keys, where each value comes from, and scope."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeAlias

from gitopskit.cli import output
from gitopskit.cli.prompts import ask_new_secret
from gitopskit.cli.seal_values import STDIN, CollectedValues, collect_values
from gitopskit.cli.seal_wizard_generators import ask_generator
from gitopskit.cli.terminal_questions import Answer, ask_one, ask_path, ask_text, drop_typed_ahead
from gitopskit.errors import InputError
from gitopskit.generators.known import KNOWN, OPAQUE_TYPE, SSH_TYPE, TLS_TYPE
from gitopskit.sealedfiles.new_secret import BASIC_AUTH_TYPE, DOCKER_TYPE, ITEMS_OF_TYPES
from gitopskit.sealing.scope import Scope
from gitopskit.sealing.secret_values import require_item_keys

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import datetime

    from gitopskit.cli.seal_wizard_preset import WizardPreset
    from gitopskit.cli.terminal_questions import Console
    from gitopskit.redaction import Plaintext
    from gitopskit.sealing.sealed_secret import SealedSecret

Source: TypeAlias = tuple[str, str]
"""A flag that names a value, and its word."""

_HIDDEN: Final = "hidden"
_FILE: Final = "file"
_HINT: Final = "choose a file instead, if the value is no single line of text"
_TYPES: Final = {
    OPAQUE_TYPE: "any values",
    TLS_TYPE: "a certificate and its private key",
    SSH_TYPE: "a private key for SSH",
    BASIC_AUTH_TYPE: "username and password",
    DOCKER_TYPE: "logins of image registries",
}
_SCOPES: Final = {
    Scope.STRICT: "opens under its name in its namespace only",
    Scope.NAMESPACE_WIDE: "opens under any name in its namespace",
    Scope.CLUSTER_WIDE: "opens in every namespace, for whoever may write in one",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class NewValues:
    """Values by item, the type and the scope of their Secret, and the flags that say the same.

    ``scope`` None is that of the SealedSecret that is there, strict where there is none.
    ``sources`` are the flags of the values, each with its word; a value itself is in none.
    """

    values: Mapping[str, Plaintext] = field(repr=False)
    notes: tuple[str, ...]
    secret_type: str
    scope: Scope | None
    sources: tuple[Source, ...]
    flags: tuple[str, ...]


def ask_new_values(
    console: Console, existing: SealedSecret | None, preset: WizardPreset, *, now: datetime
) -> NewValues:
    """Ask for values, one by one, and for what their Secret is like if there is none yet.

    Raises:
        KeyboardInterrupt: the person gave up.
    """
    asked_type = preset.secret_type
    if existing is None and not asked_type:
        answers = [Answer(value=name, text=f"{name}  {text}") for name, text in _TYPES.items()]
        asked_type = ask_one(console, "Type", answers)
    held = existing.encrypted_data if existing else ()
    collected, sources = _ask_items(console, held=held, secret_type=asked_type, now=now)
    scope = preset.scope or (_ask_scope(console) if existing is None else existing.scope)
    is_asked_for = asked_type not in ("", OPAQUE_TYPE, collected.secret_type)
    if existing is not None:
        secret_type = preset.secret_type or existing.type
    else:
        secret_type = asked_type if is_asked_for else collected.secret_type
    return NewValues(
        values=collected.values,
        notes=collected.notes,
        secret_type=secret_type,
        scope=None if scope is Scope.STRICT else scope,
        sources=sources,
        flags=(
            *(("--type", asked_type) if is_asked_for else ()),
            *(("--scope", scope.value) if scope is not Scope.STRICT else ()),
            *(() if preset.records_keys else ("--no-record-keys",)),
        ),
    )


def _ask_items(
    console: Console, *, held: Collection[str], secret_type: str, now: datetime
) -> tuple[CollectedValues, tuple[Source, ...]]:
    collected = CollectedValues()
    sources: tuple[Source, ...] = ()
    while key := _ask_key(console, collected.values, held=held, secret_type=secret_type):
        more, source = _ask_value(console, key, now=now)
        try:
            collected = collected.and_more(more)
        except InputError as error:
            output.show_error(error)
        else:
            sources = (*sources, source)
    return collected, sources


def _ask_key(
    console: Console, values: Collection[str], *, held: Collection[str], secret_type: str
) -> str:
    """Ask for the next key; empty for no more."""
    needed = ITEMS_OF_TYPES.get(secret_type, ())
    missing = [item for item in needed if item not in (*values, *held)]

    def check(text: str) -> None:
        if not text and values and not missing:
            return
        require_item_keys([text], where="")
        if text in values:
            raise InputError(f"{text} has its value already", hint="name another key")

    question = "Another key (empty: no more)" if values and not missing else "Key"
    key = ask_text(console, question, default=missing[0] if missing else "", check=check)
    if key in held:
        output.say(f"  its value takes the place of the one that is sealed as {key} now")
    return key


def _ask_value(console: Console, key: str, *, now: datetime) -> tuple[CollectedValues, Source]:
    """Ask where a value comes from until there is one; return it, and the flag that says so."""
    answers = [
        Answer(value=_HIDDEN, text="type it, hidden"),
        Answer(value=_FILE, text="take it from a file"),
        *(Answer(value=each.name, text=f"{each.name}  {each.summary}") for each in KNOWN),
    ]
    while True:
        how = ask_one(console, f"Value of {key}", answers)
        try:
            return _value(console, key, how, now=now)
        except InputError as error:
            output.show_error(error)


def _value(
    console: Console, key: str, how: str, *, now: datetime
) -> tuple[CollectedValues, Source]:
    if how == _HIDDEN:
        return _hidden(console, key), ("--from-file", f"{key}={STDIN}")
    if how == _FILE:
        word = f"{key}={ask_path(console, 'File', check=_check_file)}"
        return collect_values([word], [], now=now), ("--from-file", word)
    (generator,) = (each for each in KNOWN if each.name == how)
    spec = ask_generator(console, generator)
    word = spec if len(generator.items) > 1 else f"{key}={spec}"
    made = collect_values([], [word], now=now)
    if len(generator.items) > 1:
        output.say(f"  it makes {' and '.join(generator.items)}")
    return made, ("--generate", word)


def _hidden(console: Console, key: str) -> CollectedValues:
    drop_typed_ahead(console)
    value = ask_new_secret(f"  value of {key}, hidden: ", hint=_HINT)
    if not len(value):
        raise InputError("nothing was typed", hint=_HINT)
    return CollectedValues(values={key: value})


def _check_file(text: str) -> None:
    if not Path(text).is_file():
        raise InputError("there is no such file")


def _ask_scope(console: Console) -> Scope:
    answers = [
        Answer(value=scope.value, text=f"{scope.value}  {text}") for scope, text in _SCOPES.items()
    ]
    return Scope(ask_one(console, "Scope", answers))
