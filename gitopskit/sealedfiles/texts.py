"""Texts of many documents: Secrets in, SealedSecrets out, and the way back.

Owns the choice of the format and what a text may hold. Reads and writes no file.
"""

from __future__ import annotations

from pathlib import PurePath
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from gitopskit.errors import InputError
from gitopskit.manifests.documents import expand_lists, read_documents
from gitopskit.manifests.write import dump_documents, dump_json
from gitopskit.sealing.seal import SealOptions, seal_secret
from gitopskit.sealing.unseal import Keyring, unseal_secret

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gitopskit.manifests.documents import Manifest
    from gitopskit.manifests.json_types import JsonObject

__all__ = ["Keyring", "SealOptions", "TextFormat", "format_of", "seal_text", "unseal_text"]

TextFormat: TypeAlias = Literal["json", "yaml"]

_FORMATS: Final[dict[str, TextFormat]] = {".json": "json", ".yaml": "yaml", ".yml": "yaml"}


def format_of(path: str) -> TextFormat | None:
    """Return the format that a file's name promises, or None."""
    return _FORMATS.get(PurePath(path).suffix.lower())


def seal_text(
    text: str | bytes, *, path: str, options: SealOptions, output: TextFormat = "yaml"
) -> str:
    """Return the SealedSecrets of all Secrets in a text, in their order; Lists are taken apart.

    Nothing is returned unless every document could be sealed.

    Raises:
        MalformedDocument: the text cannot be read.
        InputError: it holds no Secret, or something that cannot be sealed; ``where`` says which.
    """
    manifests = _manifests(text, path=path, kind="Secret")
    sealed = [seal_secret(each.content, options, where=each.where) for each in manifests]
    return _dump(sealed, output)


def unseal_text(
    text: str | bytes, *, path: str, keyring: Keyring, output: TextFormat = "yaml"
) -> str:
    """Return the Secrets of all SealedSecrets in a text, in their order: plaintext, to be guarded.

    Raises:
        MalformedDocument: the text cannot be read.
        InputError: it holds no SealedSecret, or something else.
        UnsupportedField: a SealedSecret has templated items.
        Undecryptable: no key opens an item.
    """
    manifests = _manifests(text, path=path, kind="SealedSecret")
    unsealed = [
        unseal_secret(each.content, keyring=keyring, where=each.where) for each in manifests
    ]
    return _dump([each.to_content() for each in unsealed], output)


def _manifests(text: str | bytes, *, path: str, kind: str) -> tuple[Manifest, ...]:
    manifests = expand_lists(read_documents(text, path=path))
    if not manifests:
        raise InputError(
            f"there is no {kind} in the input",
            where=path,
            hint=f"give a manifest of kind {kind}, as YAML or JSON",
        )
    return manifests


def _dump(contents: Sequence[JsonObject], output: TextFormat) -> str:
    if output == "json":
        return "".join(map(dump_json, contents))
    return dump_documents(contents)
