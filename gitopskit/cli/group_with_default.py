"""A group of commands that is a command itself: the first word is a subcommand if it names one.

``gitopskit seal set FILE KEY`` runs the subcommand, ``gitopskit seal FILE`` and
``gitopskit seal --cert C < FILE`` run the group's own command. A file that is called like a
subcommand is written ``./set``.
"""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Final

import typer
from typer.core import TyperCommand, TyperGroup

from gitopskit.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from typer import Context

OWN_COMMAND: Final = "<itself>"
"""The name under which a group's own command is registered; nobody has to type it."""

_ALIKE: Final = 0.7
"""How like a subcommand's name a word must be: `sett` and `eidt` are, `secret` is not."""


class GroupWithDefault(TyperGroup):
    """Routes to the group's own command whatever does not begin with a subcommand's name.

    ``modules`` names by subcommand the module that registers it; only the one that is called is
    imported, because each costs a millisecond or two.
    """

    modules: ClassVar[Mapping[str, str]] = {}

    def get_command(self, ctx: Context | None, cmd_name: str) -> Any:  # type: ignore[override] # typer names its vendored class here  # noqa: ANN401 -- as above
        """Return a command by its name, or None."""
        if cmd_name in self.modules and cmd_name not in self.commands:
            found = typer.Typer(rich_markup_mode=None)
            found.callback()(lambda: None)
            importlib.import_module(self.modules[cmd_name]).register(found)
            self.commands.update(typer.main.get_group(found).commands)
        return super().get_command(ctx, cmd_name)  # type: ignore[arg-type] # as above

    def parse_args(self, ctx: Context, args: list[str]) -> list[str]:  # type: ignore[override] # typer names its vendored class here
        """Leave every option to the command that is routed to."""
        is_named = bool(args) and args[0] in self.modules
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

        alike = get_close_matches(word, [*self.modules], n=1, cutoff=_ALIKE)
        if alike:
            raise InputError(
                "the first word is neither a file nor a subcommand",
                hint=f"did you mean `{ctx.command_path} {alike[0]}`?",
            )

    def resolve_command(  # type: ignore[override] # typer names its vendored class here
        self, ctx: Context, args: list[str]
    ) -> tuple[str | None, Any, list[str]]:
        """Return the command that arguments are for, and those that are left for it."""
        if args and args[0] in self.modules:
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
