"""The kustomization of a folder: which file it is, and how one more resource gets into it.

Owns what makes a file a Kustomization that may be changed, and what it does to names. Building one
is render's, judging one validation's.
"""

from __future__ import annotations

import posixpath
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from gitopskit.errors import InputError
from gitopskit.manifests.documents import read_documents
from gitopskit.manifests.edit import Edit, apply_edits
from gitopskit.render.kustomization import FILE_NAMES

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from gitopskit.manifests.documents import Manifest

GROUP: Final = "kustomize.config.k8s.io"
_KINDS: Final = ("", "Kustomization", "Component")
"""What may be left out. Source: sigs.k8s.io/kustomize/api/types, FixKustomizationPostUnmarshalling.
"""

_RESOURCES: Final = "resources"


@dataclass(frozen=True, slots=True, kw_only=True)
class Naming:
    """What a kustomization does to the names of all that it lists; empty where it does nothing."""

    namespace: str = ""
    prefix: str = ""
    suffix: str = ""


def kustomization_file(folder: Path) -> Path:
    """Return the kustomization of a folder.

    Raises:
        InputError: there is none, or there are several, of which kustomize takes none.
    """
    found = [folder / name for name in FILE_NAMES if (folder / name).is_file()]
    if len(found) == 1:
        return found[0]
    raise InputError(
        "the folder has several kustomizations" if found else "the folder has no kustomization",
        where=str(folder),
        hint=f"keep one of {', '.join(path.name for path in found)}"
        if found
        else f"make a {FILE_NAMES[0]}, or name another folder",
    )


def register_resource(text: str, name: str, *, path: str = FILE_NAMES[0]) -> str:
    """Return the text of a kustomization with a file among its resources, all else as it was.

    A file that is listed already, as ``./name`` too, is not listed again.

    Raises:
        MalformedDocument: the text cannot be read.
        InputError: it is no Kustomization, its resources are no list, or they are written in a
            way that cannot be edited in place.
    """
    document = _read(text, path=path)
    listed = _resources(document)
    if posixpath.normpath(name) in {posixpath.normpath(each) for each in listed or ()}:
        return text
    edit = (
        Edit(document=document.index, pointer=(_RESOURCES,), value=[name])
        if listed is None
        else Edit(document=document.index, pointer=(_RESOURCES, len(listed)), value=name)
    )
    return apply_edits(text, [edit], path=path)


def read_naming(text: str | bytes, *, path: str = FILE_NAMES[0]) -> Naming:
    """Return what a kustomization does to the names of what it lists.

    Raises:
        MalformedDocument: the text cannot be read.
        InputError: it is no Kustomization.
    """
    content = _read(text, path=path).content
    return Naming(
        namespace=str(content.get("namespace") or ""),
        prefix=str(content.get("namePrefix") or ""),
        suffix=str(content.get("nameSuffix") or ""),
    )


def _read(text: str | bytes, *, path: str) -> Manifest:
    documents = read_documents(text, path=path)
    if len(documents) != 1:
        raise InputError(
            f"a kustomization is one document, and the file has {len(documents)}",
            where=path,
            hint="name a file that kustomize builds",
        )
    (document,) = documents
    group, slash, _ = document.api_version.partition("/")
    is_ours = document.kind in _KINDS and (
        not document.api_version or (group, slash) == (GROUP, "/")
    )
    if not is_ours:
        raise InputError(
            f"this is a {document.kind or 'manifest'}, not a Kustomization of {GROUP}",
            where=document.where,
            hint="name a file that kustomize builds",
        )
    return document


def _resources(document: Manifest) -> Sequence[str] | None:
    """Return what is listed, or None where nothing is said."""
    listed = document.content.get(_RESOURCES)
    if listed is None:
        return None
    if isinstance(listed, list) and all(isinstance(each, str) for each in listed):
        return listed
    raise InputError(
        f"`{_RESOURCES}` is not a list of paths",
        where=f"{document.path}:{document.locate((_RESOURCES,))}",
        hint="write one path an item",
    )
