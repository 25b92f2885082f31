"""The editor of a person, told to keep no copy of what it edits.

Owns what is known about editors. Starts none, and reads no environment. Start at
``editor_command``.
"""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from pathlib import PurePath
from typing import TYPE_CHECKING, Final

from gitopskit.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable

DEFAULT_EDITOR: Final = "vi"

_VIM: Final = "set nobackup nowritebackup noswapfile noundofile"
_VIM_FLAGS: Final = ("-n", "-i", "NONE", "--cmd", _VIM, "-c", _VIM)
"""No swap file, no viminfo or ShaDa, and no backup or undo file, whatever the vimrc says.

Source: vimhelp.org, starting.txt and options.txt; neovim.io/doc, "Starting" and "Options".
"""

_EMACS: Final = (
    "(setq make-backup-files nil auto-save-default nil auto-save-list-file-prefix nil "
    "create-lockfiles nil)"
)
_EMACS_FLAGS: Final = ("--eval", _EMACS)
"""No backup, auto-save or lock file. Source: GNU Emacs manual, "Saving Files"."""

_NANO_FLAGS: Final = ("--ignorercfiles",)
"""Backups and histories are off unless a nanorc asks. Source: nano(1)."""

_STAYS: Final = {"gvim": ("-f",), "mvim": ("-f",)}
"""Those go to the background otherwise, and we would clear up under their feet."""

_VIM_NAMES: Final = re.compile(r"(?:vim|nvim|gvim|mvim|vimx|vim\.[a-z0-9.]+)")
_EMACS_NAMES: Final = re.compile(r"emacs(?:-[a-z0-9.]+)?")


@dataclass(frozen=True, slots=True, kw_only=True)
class EditorCommand:
    """The words that start an editor; the file's path comes last.

    ``keeps_nothing`` is whether we know how to make it keep no copy elsewhere.
    """

    argv: tuple[str, ...]
    keeps_nothing: bool

    @property
    def name(self) -> str:
        """The program's name without its folder."""
        return PurePath(self.argv[0]).name


def editor_command(text: str, *, is_vim: Callable[[str], bool]) -> EditorCommand:
    """Return how to start the editor that a text like that of ``$EDITOR`` names, ``vi`` for none.

    ``is_vim`` tells of a program called ``vi`` whether it is Vim: others refuse Vim's flags.

    Raises:
        InputError: the text has an open quote.
    """
    try:
        argv = tuple(shlex.split(text)) or (DEFAULT_EDITOR,)
    except ValueError as error:
        raise InputError(
            "the editor's name has a quote that is not closed",
            where=text,
            hint="mend VISUAL or EDITOR",
        ) from error
    flags = _flags(argv[0], is_vim=is_vim)
    return EditorCommand(argv=(*argv, *flags), keeps_nothing=bool(flags))


def _flags(program: str, *, is_vim: Callable[[str], bool]) -> tuple[str, ...]:
    name = PurePath(program).name
    if _VIM_NAMES.fullmatch(name) or (name == DEFAULT_EDITOR and is_vim(program)):
        return (*_STAYS.get(name, ()), *_VIM_FLAGS)
    if _EMACS_NAMES.fullmatch(name):
        return _EMACS_FLAGS
    return _NANO_FLAGS if name in ("nano", "rnano") else ()
