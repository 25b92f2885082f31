"""``gitopskit render``: what a folder of the repository renders to."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

RenderOutput = Literal["yaml", "json"]


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command("render")(_render)


def _render(
    path: Annotated[str, typer.Argument(help="Folder of an overlay or of plain manifests.")] = ".",
    *,
    recurse: Annotated[
        bool, typer.Option("--recurse", help="Take plain manifests of all folders below, too.")
    ] = False,
    output: Annotated[
        RenderOutput, typer.Option("-o", "--output", help="YAML documents, or one JSON List.")
    ] = "yaml",
) -> None:
    """Show what a folder renders to, as the reconciler would apply it."""
    import sys
    from pathlib import Path

    from gitopskit.cli import output as console
    from gitopskit.cli import settings
    from gitopskit.manifests.snapshot import Snapshot
    from gitopskit.manifests.write import dump_documents, dump_json
    from gitopskit.render.options import DirectoryOptions
    from gitopskit.render.programs import find_programs
    from gitopskit.render.sources import RenderSource, render
    from gitopskit.render.worktree import locate

    root, folder = locate(Path(path))
    plain = DirectoryOptions(is_recursive=True) if recurse else None
    manifests = render(
        Snapshot(revision="", root=root),
        RenderSource(path=folder, directory=plain),
        programs=find_programs(settings.current().path, beside=Path(sys.executable)),
    )
    contents = [manifest.content for manifest in manifests]
    if output == "yaml":
        console.print_result(dump_documents(contents) if contents else "")
    else:
        console.print_result(dump_json({"apiVersion": "v1", "kind": "List", "items": contents}))
