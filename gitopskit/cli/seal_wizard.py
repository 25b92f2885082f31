"""The questions of `gitopskit seal` in front of a person: from nothing to a sealed, listed file.

Nothing is written before the person has seen the change and agreed. Start at ``run_seal_wizard``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gitopskit.cli import output
from gitopskit.cli.interruption import ended_in_order
from gitopskit.cli.prompts import terminal_kept
from gitopskit.cli.seal_wizard_preset import WizardPreset
from gitopskit.errors import InputError

if TYPE_CHECKING:
    from pathlib import Path

    from gitopskit.repository.layout import Repository

__all__ = ["WizardPreset", "run_seal_wizard"]

_NOTHING = WizardPreset()


def run_seal_wizard(start: Path, *, preset: WizardPreset = _NOTHING) -> None:
    """Ask for new values and where they belong, seal them, and write what the person agrees to.

    ``start`` is a folder of the repository, or outside of any. The paths of the written files are
    the result; the command that does the same without questions is shown on standard error.

    Raises:
        InputError: there is no certificate to seal with, or what was answered does not fit.
        EnvironmentFault: a file cannot be read or written.
        ChangedMeanwhile: somebody else changed a file meanwhile.
        KeyboardInterrupt: the person gave up; nothing was written.
        Abort: the person did not agree; nothing was written.
    """
    from gitopskit.cli.seal_wizard_command import command_of, takes_typed_values
    from gitopskit.cli.seal_wizard_places import (
        ask_file_name,
        ask_file_target,
        ask_overlay_target,
    )
    from gitopskit.cli.seal_wizard_review import review, tell_command
    from gitopskit.cli.seal_wizard_values import ask_new_values
    from gitopskit.cli.terminal_questions import open_console
    from gitopskit.clock import SystemClock
    from gitopskit.sealedfiles.new_secret import build_secret

    now = SystemClock().now_utc()
    with terminal_kept(), ended_in_order():
        console = open_console()
        repository = _repository_around(start)
        output.say("New values, sealed. Nothing is written before you agree; Ctrl-C gives up.")
        if repository is None:
            target = ask_file_target(console, preset, now=now)
        else:
            target = ask_overlay_target(console, repository, preset, now=now)
        new = ask_new_values(console, target.existing, preset, now=now)
        file_name = ask_file_name(console, target, preset)
        secret = build_secret(target.name, secret_type=new.secret_type, values=new.values)
        files = target.plan(secret, new.scope, file_name)
        review(console, files, notes=new.notes, is_dry_run=preset.is_dry_run)
        command = command_of(target, new, file_name=file_name)
        tell_command(command, takes_typed_values=takes_typed_values(new))


def _repository_around(folder: Path) -> Repository | None:
    from gitopskit.repository.layout import find_repository

    try:
        return find_repository(folder)
    except InputError:
        return None
