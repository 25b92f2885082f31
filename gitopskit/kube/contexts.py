"""The namespace that a kubeconfig's context stands for, read without connecting to anything."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Final

from gitopskit.errors import InputError
from gitopskit.manifests.documents import read_value

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gitopskit.manifests.json_types import JsonObject

_DEFAULT: Final = "default"
"""The namespace of a context that names none. Source: client-go, tools/clientcmd."""


def context_namespace(kubeconfig: str, context: str = "") -> str:
    """Return the namespace of a context, by default of the current one; empty without a kubeconfig.

    ``kubeconfig`` may name several files, joined as in KUBECONFIG; the first that says a thing
    wins. Files that do not exist are passed over, as kubectl does.

    Raises:
        InputError: a file cannot be read as a kubeconfig, or has no such context.
    """
    files = [*_read_all(kubeconfig)]
    chosen = context or next(filter(None, (_text(each, "current-context") for each in files)), "")
    if not chosen:
        return ""
    for each in (entry for content in files for entry in _list(content, "contexts")):
        if _text(each, "name") == chosen:
            found = each.get("context")
            return (_text(found, "namespace") if isinstance(found, dict) else "") or _DEFAULT
    raise InputError(
        f"the kubeconfig has no context {chosen!r}",
        where=kubeconfig,
        hint="`kubectl config get-contexts` lists those there are",
    )


def _read_all(kubeconfig: str) -> Iterator[JsonObject]:
    for name in filter(None, kubeconfig.split(os.pathsep)):
        try:
            content = read_value(Path(name).read_bytes(), path=name)
        except FileNotFoundError:
            continue
        except OSError as error:
            raise InputError(f"cannot read the kubeconfig: {error.strerror}", where=name) from error
        if isinstance(content, dict):
            yield content


def _text(content: JsonObject, name: str) -> str:
    value = content.get(name)
    return value if isinstance(value, str) else ""


def _list(content: JsonObject, name: str) -> list[JsonObject]:
    value = content.get(name)
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []
