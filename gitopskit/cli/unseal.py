"""`gitopskit unseal`: recovery with a private key, without any cluster."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from gitopskit.cli import output
from gitopskit.cli.key_openers import read_keys
from gitopskit.cli.manifest_texts import choose_format, read_source

_File = Annotated[
    str, typer.Argument(metavar="FILE", help="The SealedSecrets, YAML or JSON; `-` is stdin.")
]
_PrivateKeys = Annotated[
    list[str],
    typer.Option(
        "--private-key",
        metavar="FILE",
        help="A private key: PEM, the Secret (or List) that holds it, or a backup of keys; may be "
        "repeated.",
    ),
]
_Out = Annotated[
    str, typer.Option("--out", "-w", help="Write here, readable by you only.", metavar="FILE")
]
_Format = Annotated[
    Literal["json", "yaml"] | None,
    typer.Option(
        "--format",
        "-o",
        help="Default: as the written file's name says; else YAML on a terminal, JSON elsewhere.",
    ),
]


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("unseal")(unseal)


def unseal(
    file: _File = "-",
    *,
    private_key: _PrivateKeys,
    out: _Out = "-",
    output_format: _Format = None,
) -> None:
    """Open SealedSecrets with a private key; the result is plaintext."""
    from gitopskit.sealedfiles.texts import unseal_text
    from gitopskit.sealing.keys import read_private_keys
    from gitopskit.sealing.unseal import Keyring

    keys = [key for path in private_key for key in read_private_keys(read_keys(path), where=path)]
    text = unseal_text(
        read_source(file),
        path=file,
        keyring=Keyring(keys),
        output=choose_format(output_format, target=out),
    )
    output.write_output(out, text, is_private=True)
