"""`gitopskit keys inspect`: what a key or certificate is, without its private half."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from gitopskit.cli import output

if TYPE_CHECKING:
    from gitopskit.manifests.json_types import JsonObject

_File = Annotated[
    str,
    typer.Argument(
        metavar="FILE", help="A certificate, a private key, a key Secret or List; `-` is stdin."
    ),
]
_Format = Annotated[
    output.OutputFormat, typer.Option("--output", "-o", help="The form of the result.")
]


def register(group: typer.Typer) -> None:
    """Add the command."""
    group.command("inspect")(inspect)


def inspect(file: _File, *, output_format: _Format = "text") -> None:
    """Show fingerprint, size, dates and age of keys and certificates; never a private part."""
    from gitopskit.clock import SystemClock
    from gitopskit.sealedfiles.key_inspection import inspect_keys

    now = SystemClock().now_utc()
    keys = inspect_keys(output.read_input(file), where=file)
    rows = [each.structured(now=now) for each in keys]
    if output_format == "text":
        output.print_result("\n\n".join(map(_text, rows)))
    else:
        output.print_structured(rows, output_format)


def _text(row: JsonObject) -> str:
    expired = ", expired" if row["has_expired"] else ""
    lines = {
        "fingerprint": row["fingerprint"],
        "algorithm": row["size_bits"] is None and row["algorithm"],
        "size": row["size_bits"] and f"{row['size_bits']} bits",
        "state": row["state"],
        "valid from": row["not_before_utc"],
        "valid until": row["not_after_utc"] and f"{row['not_after_utc']}{expired}",
        "age": row["age_days"] is not None and f"{row['age_days']} days",
    }
    shown = [f"  {name:<12} {value}" for name, value in lines.items() if value]
    return "\n".join([f"{row['kind']} in {row['where']}", *shown])
