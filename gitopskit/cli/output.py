"""What commands print and read.

The rules: results go to standard output and nothing else does; everything for people goes to
standard error, errors as ``gitopskit: error: what - where`` and ``gitopskit: hint: how to fix``,
in lower case and without a final stop. ``-`` is standard input or output. A file is replaced
whole or not at all.
"""

from __future__ import annotations

import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

from gitopskit.errors import ApiForbidden, EnvironmentFault, GitopskitError, InputError
from gitopskit.redaction import escape_controls, show_controls

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gitopskit.manifests.json_types import JsonValue

OutputFormat = Literal["text", "json", "yaml"]

_LARGEST_INPUT_BYTES: Final = 64 * 1024 * 1024


def print_result(text: str) -> None:
    """Print a result on standard output, ending in exactly one newline.

    Raises:
        BrokenPipeError: nobody reads any more.
        EnvironmentFault: standard output cannot be written, on a full disk for example.
    """
    with _told_as_result():
        sys.stdout.write(text if text.endswith("\n") else text + "\n")
        sys.stdout.flush()


def print_exactly(text: str) -> None:
    """Print a result on standard output in UTF-8, and not a byte beside it.

    Raises:
        BrokenPipeError: nobody reads any more.
        EnvironmentFault: standard output cannot be written.
    """
    with _told_as_result():
        sys.stdout.flush()
        sys.stdout.buffer.write(text.encode())
        sys.stdout.buffer.flush()


@contextmanager
def _told_as_result() -> Iterator[None]:
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        raise EnvironmentFault(
            f"cannot write the result: {error.strerror}",
            where="standard output",
            hint="check what the output is redirected to, and that the disk is not full",
        ) from error


def print_structured(value: JsonValue, output: OutputFormat) -> None:
    """Print a value as JSON or YAML."""
    from gitopskit.manifests import write

    if output == "json":
        print_result(escape_controls(write.dump_json(value)))
    else:
        print_result(write.dump_documents([value]))


def note(text: str) -> None:
    """Tell a person something on standard error."""
    sys.stderr.write(f"gitopskit: {text}\n")
    sys.stderr.flush()


def say(text: str = "") -> None:
    """Print a line for people on standard error, without the program's name."""
    sys.stderr.write(text + "\n")
    sys.stderr.flush()


def show_error(error: GitopskitError) -> None:
    """Print an error in its two lines; what would steer a terminal is shown as `?`."""
    note(f"error: {show_controls(str(error))}")
    if error.hint:
        is_refused = isinstance(error, ApiForbidden) and bool(error.status)
        more = ", or use another context" if is_refused else ""
        note(f"hint: {show_controls(error.hint)}{more}")


def read_input(path: str) -> bytes:
    """Return the content of a file, or of standard input for ``-``.

    Raises:
        InputError: there is no such file, it cannot be read, or it is larger than 64 MiB.
    """
    if path == "-":
        data = sys.stdin.buffer.read(_LARGEST_INPUT_BYTES + 1)
    else:
        try:
            with Path(path).open("rb") as file:
                data = file.read(_LARGEST_INPUT_BYTES + 1)
        except OSError as error:
            raise InputError(
                f"cannot read the file: {error.strerror}",
                where=path,
                hint="check the path, or use `-` for standard input",
            ) from error
    if len(data) > _LARGEST_INPUT_BYTES:
        raise InputError("the input is larger than 64 MiB", where=path, hint="split the file")
    return data


def write_output(
    path: str,
    text: str,
    *,
    is_private: bool = False,
    is_new: bool = False,
    expected: bytes | None = None,
) -> None:
    """Write a file whole or not at all, or to standard output for ``-``.

    ``is_private`` gives the file mode 0600; otherwise an existing file keeps its mode.
    ``expected`` is what the file must still hold, if that matters; ``is_new`` overwrites nothing.

    Raises:
        ChangedMeanwhile: the file holds something else than ``expected``, or is not new.
        EnvironmentFault: the file cannot be written.
    """
    if path == "-":
        print_result(text)
        return
    from gitopskit.repository.files import replace_file

    try:
        replace_file(
            Path(path), text.encode(), is_private=is_private, is_new=is_new, expected=expected
        )
    except OSError as error:
        raise _unwritable(path, error) from error


def require_writable(path: str) -> None:
    """Check that a file can be made, before somebody is asked for what is to be in it.

    Raises:
        EnvironmentFault: its folder is missing or may not be written.
    """
    from gitopskit.repository.files import try_to_write

    try:
        try_to_write(Path(path))
    except OSError as error:
        raise _unwritable(path, error) from error


def _unwritable(path: str, error: OSError) -> EnvironmentFault:
    return EnvironmentFault(
        f"cannot write the file: {error.strerror}",
        where=path,
        hint="check that the folder exists and may be written",
    )


def make_folder(path: str) -> None:
    """Make a folder, with those above it, unless it is there.

    Raises:
        EnvironmentFault: the folder cannot be made.
    """
    try:
        Path(path).mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise EnvironmentFault(
            f"cannot make the folder: {error.strerror}",
            where=path,
            hint="choose another folder, or move away what is in its place",
        ) from error
