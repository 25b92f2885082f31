"""A group of commands that is a command itself: the first word is a subcommand if it names one.

``gitopskit seal set FILE KEY`` runs the subcommand, ``gitopskit seal FILE`` and
``gitopskit seal --cert C < FILE`` run the group's own command. A file that is called like a
subcommand is written ``./set``.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from typer.core import TyperCommand, TyperGroup

from gitopskit.errors import InputError

if TYPE_CHECKING:
    from typer import Context

OWN_COMMAND: Final = "<itself>"
"""The name under which a group's own command is registered; nobody has to type it."""

_ALIKE: Final = 0.7
"""How like a subcommand's name a word must be: `sett` and `eidt` are, `secret` is not."""


class GroupWithDefault(TyperGroup):
    """Routes to the group's own command whatever does not begin with a subcommand's name."""

    def parse_args(self, ctx: Context, args: list[str]) -> list[str]:  # type: ignore[override] # typer names its vendored class here
        """Leave every option to the command that is routed to."""
        is_named = bool(args) and args[0] in self.commands and args[0] != OWN_COMMAND
        if args and not is_named:
            self._refuse_misspelt(ctx, args[0])
        routed = args if is_named else [OWN_COMMAND, *args]
        return super().parse_args(ctx, ["--", *routed])

    def _refuse_misspelt(self, ctx: Context, word: str) -> None:
        """Check that a first word is not meant as a subcommand: it would be taken for a file.

        Raises:
            InputError: it is almost the name of one, and no file. It is not quoted.
        """
        if word.startswith("-") or Path(word).exists():
            return
        from difflib import get_close_matches

        alike = get_close_matches(word, [*self.commands], n=1, cutoff=_ALIKE)
        if alike:
            raise InputError(
                "the first word is neither a file nor a subcommand",
                hint=f"did you mean `{ctx.command_path} {alike[0]}`?",
            )

    def resolve_command(  # type: ignore[override] # typer names its vendored class here
        self, ctx: Context, args: list[str]
    ) -> tuple[str | None, Any, list[str]]:
        """Return the command that arguments are for, and those that are left for it."""
        if args and args[0] != OWN_COMMAND and args[0] in self.commands:
            return super().resolve_command(ctx, args)
        rest = args[1:] if args[:1] == [OWN_COMMAND] else args
        return None, self.commands[OWN_COMMAND], rest


class OwnCommand(TyperCommand):
    """The command of a group itself: known, in help and errors, by the group's name alone."""

    def make_context(self, info_name: str | None, args: list[str], **extra: Any) -> Any:  # type: ignore[override] # typer spells out one of the extras  # noqa: ANN401 -- typer's own types, which it hides
        """Return a context beside the group's, so that its usage line names the group once."""
        group = extra.get("parent")
        if group is not None and group.parent is not None:
            extra["parent"], info_name = group.parent, group.info_name
        return super().make_context(info_name, args, **extra)
