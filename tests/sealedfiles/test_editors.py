"""How editors are started, so that they keep no copy of what they edit."""

from __future__ import annotations

import pytest

from gitopskit.errors import InputError
from gitopskit.sealedfiles.editors import editor_command

_VIM = "set nobackup nowritebackup noswapfile noundofile"
_FLAGS = ("-n", "-i", "NONE", "--cmd", _VIM, "-c", _VIM)


@pytest.mark.parametrize(
    ("text", "argv"),
    [
        ("vim", ("vim", *_FLAGS)),
        ("/usr/bin/vim.tiny -u NONE", ("/usr/bin/vim.tiny", "-u", "NONE", *_FLAGS)),
        ("nvim", ("nvim", *_FLAGS)),
        ("gvim", ("gvim", "-f", *_FLAGS)),
        ("vi", ("vi", *_FLAGS)),
        ("", ("vi", *_FLAGS)),
        ("nano -w", ("nano", "-w", "--ignorercfiles")),
    ],
    ids=["vim", "a vim with arguments", "neovim", "graphical", "vi", "none named", "nano"],
)
def test_known_editors_are_told_to_keep_nothing(text: str, argv: tuple[str, ...]) -> None:
    command = editor_command(text, is_vim=lambda _: True)

    assert (command.argv, command.keeps_nothing) == (argv, True)


@pytest.mark.parametrize("text", ["emacs -nw", "emacs-29.4"])
def test_emacs_keeps_no_backup_auto_save_or_lock(text: str) -> None:
    command = editor_command(text, is_vim=lambda _: True)

    assert command.keeps_nothing
    assert command.argv[-2] == "--eval"
    assert all(
        name in command.argv[-1]
        for name in ("make-backup-files nil", "auto-save-default nil", "create-lockfiles nil")
    )


@pytest.mark.parametrize("text", ["code --wait", "emacsclient", "vimtutor", "nvim-qt", "ed"])
def test_other_editors_get_their_own_arguments_only(text: str) -> None:
    command = editor_command(text, is_vim=lambda _: True)

    assert (" ".join(command.argv), command.keeps_nothing) == (text, False)


def test_a_vi_that_is_no_vim_gets_no_flags_of_vim() -> None:
    command = editor_command("/bin/vi", is_vim=lambda _: False)

    assert (command.argv, command.name, command.keeps_nothing) == (("/bin/vi",), "vi", False)


def test_a_path_with_spaces_is_quoted_as_in_a_shell() -> None:
    command = editor_command('"/opt/my editors/pad" -x', is_vim=lambda _: True)

    assert (command.argv, command.name) == (("/opt/my editors/pad", "-x"), "pad")


def test_an_open_quote_is_told() -> None:
    with pytest.raises(InputError, match="has a quote that is not closed"):
        editor_command("vi '", is_vim=lambda _: True)
