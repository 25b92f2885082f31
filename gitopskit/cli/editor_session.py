"""A person edits values in an editor: plaintext in memory for as long as that takes, then wiped."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeAlias, TypeVar

from gitopskit.cli import output, settings
from gitopskit.cli.interruption import ended_in_order
from gitopskit.errors import EnvironmentFault, InputError, ProcessFailed

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from gitopskit.redaction import Plaintext
    from gitopskit.sealedfiles.editors import EditorCommand

_Result = TypeVar("_Result")
Finish: TypeAlias = Callable[[bytes, str], _Result]
"""Takes what was edited and the path that errors call it, and does with it what is to be done."""

_FILE_NAME: Final = "values.yaml"
_LARGEST_TEXT_BYTES: Final = 16 * 1024 * 1024
_YES: Final = frozenset({"", "y", "yes"})


def edit_text(text: Plaintext, finish: Finish[_Result], *, place: Path) -> _Result:
    """Have a person edit a text, again until it can be finished with, and return the result.

    ``place`` is where the folder is made that the text lies in meanwhile.

    Raises:
        InputError: the text cannot be used, and the person gave up, or cannot be asked.
        EnvironmentFault: the folder cannot be made or removed, or the editor failed.
        KeyboardInterrupt: a signal ended it.
    """
    from gitopskit.cli.prompts import terminal_kept
    from gitopskit.sealedfiles.memory_folder import private_folder, write_private

    editor = find_editor()
    with ended_in_order(), terminal_kept(), private_folder(place) as folder:
        path = folder / _FILE_NAME
        write_private(path, text.reveal())
        while True:
            _run(editor, path)
            try:
                return finish(_read(path), _FILE_NAME)
            except InputError as error:
                if not _again(error):
                    output.note("nothing was changed, and the edited text is gone")
                    raise


def find_editor() -> EditorCommand:
    """Return the person's editor; tells them if we do not know how to keep it from making copies.

    Raises:
        InputError: its name cannot be read.
    """
    from gitopskit.sealedfiles.editors import editor_command

    editor = editor_command(settings.current().editor, is_vim=_is_vim)
    if not editor.keeps_nothing:
        output.note(f"note: {editor.name} may keep copies of what it edits elsewhere")
    return editor


def _is_vim(program: str) -> bool:
    from gitopskit import process

    found = settings.current()
    command = process.Command(argv=(program, "--version"), environment={"PATH": found.path})
    try:
        return process.run(command).stdout.startswith(b"VIM - ")
    except EnvironmentFault:
        return False


def choose_place(candidates: Iterable[Path], *, allows_disk: bool) -> Path:
    """Return the first of some folders that lies in memory, or a folder on a disk if that may be.

    Raises:
        EnvironmentFault: none lies in memory, and a disk may not be.
    """
    import tempfile

    from gitopskit.sealedfiles.memory_folder import memory_place

    place = memory_place(candidates)
    if place is None and allows_disk:
        output.note("note: the values lie on a disk while you edit them")
        place = Path(tempfile.gettempdir())
    if place is None:
        raise EnvironmentFault(
            "there is no folder in memory for the plaintext to lie in",
            hint="set single items with `gitopskit seal set`, or give --allow-disk",
        )
    return place


def usual_places() -> Iterator[Path]:
    """Yield the folders that lie in memory on most systems: the person's own, then everybody's."""
    runtime = settings.current().runtime_dir
    if runtime:
        yield Path(runtime)
    yield Path("/dev/shm")  # noqa: S108 -- what lies there is proven and private, see memory_folder
    yield Path(f"/run/user/{os.getuid()}")


def _run(editor: EditorCommand, path: Path) -> None:
    from gitopskit.process import run_at_terminal

    environment = settings.environment_of_person()
    code = run_at_terminal((*editor.argv, str(path)), environment=environment)
    if code == -signal.SIGINT:
        raise KeyboardInterrupt
    if code != 0:
        raise ProcessFailed(
            f"{editor.name} ended with exit code {code}, so nothing was changed",
            hint="leave the editor without an error to have the values sealed",
        )


def _read(path: Path) -> bytes:
    """Return what the editor left; it may be another file than ours, or none."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        with os.fdopen(descriptor, "rb") as file:
            data = file.read(_LARGEST_TEXT_BYTES + 1)
    except OSError as error:
        raise InputError(f"the edited file cannot be read: {error.strerror}") from error
    if len(data) > _LARGEST_TEXT_BYTES:
        raise InputError("the edited file is larger than 16 MiB")
    return data


def _again(error: InputError) -> bool:
    """Tell what is wrong, and ask whether the person wants to mend it; no where none is there."""
    from gitopskit.cli.prompts import ask_line, tell

    try:
        tell(f"{error}\n{error.hint}".strip(), hint="")
        answer = ask_line("edit it again? [Y/n] ", hint="")
    except InputError:
        return False
    return answer.lower() in _YES
