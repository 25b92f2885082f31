"""The SealedSecret that a command changes an item of: where it is read, and how it is written."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from gitopskit.cli import output

if TYPE_CHECKING:
    from gitopskit.sealedfiles.items import ItemsChanged
    from gitopskit.sealedfiles.sealed_text import SealedPart, SealedText

STDIO: Final = "-"

File = Annotated[
    str, typer.Argument(metavar="FILE", help="The file with the SealedSecret; `-`: stdin, stdout.")
]
Name = Annotated[str, typer.Option("--name", help="Which SealedSecret, if FILE holds several.")]
Namespace = Annotated[
    str,
    typer.Option(
        "--namespace", "-n", help="Which SealedSecret; or its namespace, if FILE names none."
    ),
]
Certificate = Annotated[
    str,
    typer.Option(
        "--cert",
        help="Seal with this certificate; default: that of the environment that FILE is of.",
        metavar="FILE|URL",
    ),
]
Environment = Annotated[
    str, typer.Option("--env", help="Seal with this environment's certificate.", metavar="ENV")
]
PrivateKeys = Annotated[
    list[str],
    typer.Option(
        "--private-key",
        help="Open with this key what FILE holds, to leave equal values alone; may be repeated.",
        metavar="FILE",
    ),
]
RecordKeys = Annotated[
    bool,
    typer.Option(
        "--record-keys", help="Begin to note which key items are sealed to; else only go on."
    ),
]
AllowEmptyData = Annotated[
    bool, typer.Option("--allow-empty-data", help="Remove the last item, too.")
]
PostQuantum = Annotated[
    bool | None,
    typer.Option(
        "--post-quantum/--no-post-quantum",
        help="Seal to the hybrid key, or to RSA; default: as the other items of FILE are.",
        show_default=False,
    ),
]
DryRun = Annotated[
    bool, typer.Option("--dry-run", help="Print what would change, and write nothing.")
]
NOTHING: Final[list[str]] = []


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemTarget:
    """A file as it was read, and the SealedSecret in it that is meant; ``-`` is standard input."""

    file: str
    data: bytes = field(repr=False)
    sealed: SealedText
    part: SealedPart

    @property
    def envelopes(self) -> tuple[bytes, ...]:
        """What its SealedSecret holds, which tells to what kind of key it is sealed."""
        return tuple(self.part.sealed.encrypted_data.values())

    @property
    def near(self) -> Path:
        """Where it lies, as far as that tells the environment."""
        return Path() if self.file == STDIO else Path(self.file)


def open_target(file: str, *, name: str, namespace: str) -> ItemTarget:
    """Return the SealedSecret of a file that is to be changed.

    Raises:
        InputError: there is no such file or SealedSecret, several fit, or it cannot be read.
        EnvironmentFault: the file cannot be read.
    """
    from gitopskit.sealedfiles.items import placed
    from gitopskit.sealedfiles.sealed_text import SealedText
    from gitopskit.sealedfiles.trees import read_file

    data = output.read_input(file) if file == STDIO else read_file(Path(file))
    sealed = placed(SealedText.read(data, path=file), namespace)
    return ItemTarget(
        file=file, data=data, sealed=sealed, part=sealed.part(name=name, namespace=namespace)
    )


def write_change(target: ItemTarget, change: ItemsChanged, *, is_dry_run: bool) -> None:
    """Write a changed text, whole or not at all, and tell what happened to which item.

    Raises:
        ChangedMeanwhile: somebody else changed the file since it was read.
        EnvironmentFault: it cannot be written.
    """
    from gitopskit.comparison.text_diff import unified_diff
    from gitopskit.sealedfiles.trees import replace_text

    if is_dry_run:
        output.print_exactly(unified_diff(target.sealed.text, change.text, path=target.file))
    elif target.file == STDIO:
        output.print_exactly(change.text)
    elif change.is_change:
        replace_text(Path(target.file), change.text, before=target.data)
    _tell(target, change, is_dry_run=is_dry_run)


def _tell(target: ItemTarget, change: ItemsChanged, *, is_dry_run: bool) -> None:
    would = "would be " if is_dry_run else ""
    said = {
        f"{would}added": change.added,
        f"{would}replaced": change.replaced,
        f"{would}removed": change.removed,
        "unchanged": change.unchanged,
    }
    parts = [f"{', '.join(items)} {what}" for what, items in said.items() if items]
    if not change.is_change:
        parts.append("nothing to write")
    output.note(f"{target.part.sealed.ref}: {'; '.join(parts)}")
