"""How commands hand out manifests: printed as one stream, or as a folder that kubectl applies."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from gitopskit.cli import output

if TYPE_CHECKING:
    from gitopskit.manifests.json_types import JsonObject


def hand_out(files: dict[str, list[JsonObject]], *, folder: str) -> None:
    """Print objects, or write them into a folder with a kustomization; ``files`` by file name.

    Raises:
        EnvironmentFault: a file cannot be written.
    """
    from gitopskit.manifests.write import dump_documents

    if not folder:
        everything = [content for contents in files.values() for content in contents]
        output.print_result(dump_documents(everything))
        return
    kustomization = {
        "apiVersion": "kustomize.config.k8s.io/v1beta1",
        "kind": "Kustomization",
        "resources": list(files),
    }
    output.make_folder(folder)
    for name, contents in {**files, "kustomization.yaml": [kustomization]}.items():
        output.write_output(str(Path(folder) / name), dump_documents(contents))
    output.note(f"wrote {len(files) + 1} files into {folder}")


def write_texts(texts: dict[str, str], *, folder: str) -> None:
    """Write texts that are no manifests into a folder; ``texts`` by file name.

    Raises:
        EnvironmentFault: a file cannot be written.
    """
    output.make_folder(folder)
    for name, text in texts.items():
        output.write_output(str(Path(folder) / name), text)
    output.note(f"wrote {len(texts)} files into {folder}")
