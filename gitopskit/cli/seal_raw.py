"""`gitopskit seal raw`: one value, sealed on its own."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from gitopskit.cli import item_target, output, seal_flags, value_source
from gitopskit.errors import InputError

if TYPE_CHECKING:
    from gitopskit.sealing.keys import SealingCertificate
    from gitopskit.sealing.scope import Binding

_Name = Annotated[str, typer.Option("--name", help="The Secret that the value is for.")]
_Namespace = Annotated[str, typer.Option("--namespace", "-n", help="The namespace of that Secret.")]
_Scope = Annotated[
    Literal["strict", "namespace-wide", "cluster-wide"],
    typer.Option("--scope", help="Where it may be opened."),
]
_FromFile = Annotated[
    str,
    typer.Option(
        "--from-file",
        help="Take the value from a file; `-` is stdin. A KEY is for kubeseal's sake.",
        metavar="[KEY=]FILE",
    ),
]
_Certificate = Annotated[
    str,
    typer.Option(
        "--cert",
        help="Seal with this certificate; default: the one that the repository here holds.",
        metavar="FILE|URL",
    ),
]


@dataclass(frozen=True, slots=True, kw_only=True)
class RawRequest:
    """A value to seal on its own: the place that it is sealed for, and where it comes from.

    ``target`` is the file to write, standard output where it is empty.
    """

    binding: Binding
    source: value_source.ValueSource
    target: str = ""


def register(group: typer.Typer) -> None:
    """Add the command."""
    group.command("raw", context_settings=value_source.TAKES_MORE)(raw)


def raw(  # noqa: PLR0913 -- one parameter per flag
    context: typer.Context,
    *,
    name: _Name = "",
    namespace: _Namespace = "",
    scope: _Scope = "strict",
    from_file: _FromFile = "",
    generate: value_source.Generate = "",
    trim: value_source.Trim = False,
    allow_empty: value_source.AllowEmpty = False,
    cert: _Certificate = "",
    env: item_target.Environment = "",
    post_quantum: seal_flags.PostQuantum = None,
) -> None:
    """Seal one value, and print it in base64 without a line break, as it stands in a manifest.

    The value is asked for without showing it, or comes from standard input where that is no
    terminal, from --from-file, or from --generate. It never comes from the command line.
    """
    from gitopskit.cli.seal_certificate import choose_certificate
    from gitopskit.sealedfiles.raw import raw_binding
    from gitopskit.sealing.certificates import wish_of
    from gitopskit.sealing.scope import Scope

    value_source.refuse_values("", more=context.args)
    request = RawRequest(
        binding=raw_binding(name=name, namespace=namespace, scope=Scope(scope)),
        source=value_source.ValueSource(
            from_file=from_file,
            generate=generate,
            trims=trim,
            allows_empty=allow_empty,
            stdin_is_taken=cert == item_target.STDIO,
        ),
    )
    wish = wish_of(post_quantum=post_quantum)
    print_raw(request, choose_certificate(cert, env, near=Path(), wish=wish))


def print_raw(request: RawRequest, certificate: SealingCertificate) -> None:
    """Read a value, seal it, and print or write it; its file may be named ``KEY=FILE``.

    Raises:
        InputError: there is no value, or not just one.
    """
    from gitopskit.sealedfiles.raw import raw_blob

    _, is_keyed, file = request.source.from_file.partition("=")
    if is_keyed and not file:
        raise InputError("--from-file names no file", hint="write [KEY=]FILE")
    source = replace(request.source, from_file=file) if is_keyed else request.source
    made = value_source.read_values(source, question="value: ")
    if len(made.items) != 1:
        raise InputError(
            f"this generator makes several values: {', '.join(made.items)}",
            hint="use `gitopskit seal set`, which sets them all",
        )
    (value,) = made.items.values()
    blob = raw_blob(value, certificate=certificate, binding=request.binding)
    if request.target in ("", item_target.STDIO):
        output.print_exactly(blob)
    else:
        output.write_output(request.target, blob)
    for note in made.notes:
        output.note(note)
