"""`gitopskit keys usage`: which items of a tree need which sealing key."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Final

import typer

from gitopskit.cli import output
from gitopskit.errors import InputError

if TYPE_CHECKING:
    from gitopskit.cli.keys_seen import Seen
    from gitopskit.manifests.json_types import JsonObject
    from gitopskit.sealedfiles.usage import KeyUse

_EXIT_FINDINGS: Final = 1
_EXIT_UNUSABLE: Final = 2
_NOTHING: Final[list[str]] = []

_Words = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[KEY] [PATH]...",
        help="KEY begins with `SHA256:`; files and folders, default: this one; `-` is stdin.",
    ),
]
_KeyFile = Annotated[
    str,
    typer.Option(
        "--key",
        help="The key, as a fingerprint or as a file: a certificate, private key or key Secret.",
        metavar="KEY|FILE",
    ),
]
_PrivateKeys = Annotated[
    list[str],
    typer.Option(
        "--private-key",
        help="Try every item with this key, recorded or not; may be repeated.",
        metavar="FILE",
    ),
]
_Format = Annotated[
    output.OutputFormat, typer.Option("--output", "-o", help="The form of the result.")
]


def register(group: typer.Typer) -> None:
    """Add the command."""
    group.command("usage")(usage)


def usage(
    words: _Words = None,
    *,
    key: _KeyFile = "",
    private_key: _PrivateKeys = _NOTHING,
    output_format: _Format = "text",
) -> None:
    """Show which keys the items of a tree need, or which items need one key.

    KEY is a fingerprint or a beginning of it: `SHA256:` and at least 8 characters. An item whose
    key is unknown may need any, and so may what is behind a link or outside of a SealedSecret.
    Exit code with KEY: 1 if something needs it or may, 0 if nothing does; always 2 if a file
    cannot be read.
    """
    from gitopskit.cli.keys_seen import look, resolve
    from gitopskit.cli.seal_request import read_keyring
    from gitopskit.sealedfiles.usage import FINGERPRINT_PREFIX

    asked, paths = _parse(words or [], key)
    seen = look(paths, read_keyring(tuple(private_key)) if private_key else None)
    if asked:
        fingerprint = resolve(asked, seen)
        if asked.startswith(FINGERPRINT_PREFIX) and fingerprint not in seen.known:
            output.note(f"no key that is known here begins with {fingerprint}")
        code = _show_users(seen, fingerprint, form=output_format)
    else:
        code = _show_keys(seen, form=output_format)
    raise typer.Exit(code)


def _parse(words: list[str], key: str) -> tuple[str, list[str]]:
    """Return the key that is asked for, empty for all, and the paths.

    Raises:
        InputError: the key is given twice.
    """
    from gitopskit.sealedfiles.usage import FINGERPRINT_PREFIX

    if not words or not words[0].startswith(FINGERPRINT_PREFIX):
        return key, words or ["."]
    if key:
        raise InputError("both KEY and --key are given", hint="give one of them")
    return words[0], words[1:] or ["."]


def _show_users(seen: Seen, fingerprint: str, *, form: output.OutputFormat) -> int:
    from gitopskit.sealedfiles.usage import users_of

    users = users_of(fingerprint, seen.uses)
    certain = sum(use.key.fingerprint == fingerprint for use in users)
    possible = len(users) - certain + len(seen.unreadable)
    if form == "text":
        _print(_user_lines(users) + _finding_lines(seen))
    else:
        value = {
            "key": fingerprint,
            "uses": [_structured(use) for use in users],
            "certain": certain,
            "possible": possible,
        }
        output.print_structured(value | _structured_findings(seen), form)
    output.note(f"key {fingerprint}: items that need it: {certain}, that may need it: {possible}")
    return _code(seen, _EXIT_FINDINGS if certain or possible else 0)


def _show_keys(seen: Seen, *, form: output.OutputFormat) -> int:
    from gitopskit.cli.tables import aligned
    from gitopskit.clock import SystemClock
    from gitopskit.sealedfiles.usage import count_keys

    counts = count_keys(
        seen.uses,
        now=SystemClock().now_utc(),
        certificates=seen.certificates,
        keyring=seen.keyring,
    )
    if form == "text":
        rows = [
            (each.title, str(each.items), str(each.files), _days(each.age_days)) for each in counts
        ]
        _print([aligned([("KEY", "ITEMS", "FILES", "DAYS OLD"), *rows]), *_finding_lines(seen)])
    else:
        value = {"keys": [each.structured() for each in counts]}
        output.print_structured(value | _structured_findings(seen), form)
    return _code(seen, 0)


def _days(age: int | None) -> str:
    return "" if age is None else str(age)


def _print(lines: list[str]) -> None:
    if lines:
        output.print_result("\n".join(lines))


def _user_lines(users: list[KeyUse]) -> list[str]:
    from gitopskit.redaction import show_controls
    from gitopskit.sealedfiles.part_findings import named_in

    lines = (
        f"{use.where}: {use.object} {named_in(use.part, use.key.item)} ({use.key.known})"
        for use in users
    )
    return [show_controls(line) for line in lines]


def _finding_lines(seen: Seen) -> list[str]:
    from gitopskit.redaction import show_controls

    return [
        show_controls(f"{each.where}: {each.severity}: {each.message} [{each.rule}]")
        for each in seen.findings
    ]


def _structured(use: KeyUse) -> JsonObject:
    position = use.part.manifest.locate(("spec", "encryptedData", use.key.item))
    return {
        "path": use.part.manifest.path,
        "line": position.line,
        "column": position.column,
        "object": use.object,
        "item": use.key.item,
        "key": use.key.fingerprint or None,
        "known": use.key.known,
    }


def _structured_findings(seen: Seen) -> JsonObject:
    return {"findings": [asdict(finding) for finding in seen.findings]}


def _code(seen: Seen, code: int) -> int:
    return _EXIT_UNUSABLE if seen.tree.malformed else code
