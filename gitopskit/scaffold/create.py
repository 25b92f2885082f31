"""Makes a new repository: answers -> files in memory -> a folder."""

from __future__ import annotations

import tempfile
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from gitopskit.scaffold.catalog import renderings, template_folder
from gitopskit.scaffold.placing import refuse_what_is_in_the_way, write_new_files
from gitopskit.scaffold.render import render_template

if TYPE_CHECKING:
    from gitopskit.scaffold.answers import Answers

RepositoryFiles = dict[PurePosixPath, bytes]


def render_repository(answers: Answers) -> RepositoryFiles:
    """Return the files of a new repository, by their path below its root.

    Raises:
        EnvironmentFault: the installation has no templates, or there is no temporary folder.
    """
    with tempfile.TemporaryDirectory(prefix="gitopskit-") as name:
        folder = Path(name)
        for rendering in renderings(answers):
            render_template(template_folder(rendering.template), folder, rendering.values)
        return {
            PurePosixPath(path.relative_to(folder).as_posix()): path.read_bytes()
            for path in folder.rglob("*")
            if path.is_file()
        }


def create_repository(answers: Answers, target: Path) -> RepositoryFiles:
    """Write a new repository into a folder, which is made if need be, and return its files.

    Files that are there already stay as they are; the folder's own Git data is not touched.

    Raises:
        InputError: a file of the repository is there already; nothing was written.
        EnvironmentFault: a file cannot be written; what was written was removed again.
    """
    files = render_repository(answers)
    refuse_what_is_in_the_way(files, target)
    write_new_files(files, target)
    return files
