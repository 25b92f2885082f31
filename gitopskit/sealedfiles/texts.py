"""Texts of many documents: Secrets in, SealedSecrets out, and the way back.

Owns the choice of the format and what a text may hold. Reads and writes no file.
"""

from __future__ import annotations

from pathlib import PurePath
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from gitopskit.errors import InputError, Undecryptable
from gitopskit.manifests.documents import expand_lists, read_documents
from gitopskit.manifests.identity import ObjectRef
from gitopskit.manifests.write import dump_documents, dump_json
from gitopskit.sealing import sealed_secret
from gitopskit.sealing.seal import SealOptions, seal_secret
from gitopskit.sealing.sealed_secret import GROUP, KIND

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from gitopskit.manifests.documents import Manifest
    from gitopskit.manifests.json_types import JsonObject
    from gitopskit.sealing.sealed_secret import SealedSecret
    from gitopskit.sealing.unseal import Keyring, UnsealedSecret

TextFormat: TypeAlias = Literal["json", "yaml"]

_NOTHING: Final[dict[ObjectRef, SealedSecret]] = {}
_FORMATS: Final[dict[str, TextFormat]] = {".json": "json", ".yaml": "yaml", ".yml": "yaml"}


def format_of(path: str) -> TextFormat | None:
    """Return the format that a file's name promises, or None."""
    return _FORMATS.get(PurePath(path).suffix.lower())


def read_secrets(text: str | bytes, *, path: str) -> tuple[Manifest, ...]:
    """Return the manifests in a text that is to be sealed; Lists are taken apart.

    Raises:
        MalformedDocument: the text cannot be read.
        InputError: there is nothing in it.
    """
    return _manifests(text, path=path, kind="Secret")


def seal_text(
    text: str | bytes, *, path: str, options: SealOptions, output: TextFormat = "yaml"
) -> str:
    """Return the SealedSecrets of all Secrets in a text, in their order; Lists are taken apart.

    Nothing is returned unless every document could be sealed.

    Raises:
        MalformedDocument: the text cannot be read.
        InputError: it holds no Secret, or something that cannot be sealed; ``where`` says which.
    """
    return dump(seal_manifests(read_secrets(text, path=path), options), output)


def seal_manifests(
    manifests: Iterable[Manifest],
    options: SealOptions,
    *,
    earlier: Mapping[ObjectRef, SealedSecret] = _NOTHING,
) -> list[JsonObject]:
    """Return the SealedSecret of each Secret; ``earlier`` holds those of the last time, if any.

    Raises:
        InputError: one cannot be sealed; ``where`` says which.
    """
    sealed: list[JsonObject] = []
    for manifest in manifests:
        ref = sealed_ref(manifest, options)
        sealed.append(
            seal_secret(manifest.content, options, where=manifest.where, earlier=earlier.get(ref))
        )
    return sealed


def sealed_ref(manifest: Manifest, options: SealOptions) -> ObjectRef:
    """Return which SealedSecret a Secret becomes, by its own and the asked for name."""
    return ObjectRef(
        group=GROUP,
        kind=KIND,
        namespace=manifest.namespace or options.namespace or options.default_namespace,
        name=options.name or manifest.name,
    )


def read_earlier(data: bytes, *, path: str) -> dict[ObjectRef, SealedSecret]:
    """Return the SealedSecrets of a file that is about to be replaced; none if it is unreadable.

    What cannot be read cannot be compared with, and is going to be overwritten in any case.
    """
    from gitopskit.sealedfiles.sealed_text import SealedText  # noqa: PLC0415 -- nothing else here edits texts

    try:
        return {part.sealed.ref: part.sealed for part in SealedText.read(data, path=path).parts}
    except InputError:
        return {}


def holds_already(data: bytes, contents: Sequence[JsonObject], *, path: str) -> bool:
    """Whether a file's documents are these very objects, however they are written."""
    try:
        found = expand_lists(read_documents(data, path=path))
    except InputError:
        return False
    return [manifest.content for manifest in found] == list(contents)


def unseal_text(
    text: str | bytes, *, path: str, keyring: Keyring, output: TextFormat = "yaml"
) -> str:
    """Return the Secrets of all SealedSecrets in a text, in their order: plaintext, to be guarded.

    Raises:
        MalformedDocument: the text cannot be read.
        InputError: it holds no SealedSecret, or something else.
        TemplateFailed: a templated item cannot be rendered.
        Undecryptable: no key opens an item; the first of a SealedSecret is explained.
    """
    manifests = _manifests(text, path=path, kind="SealedSecret")
    unsealed = [_unsealed(each, keyring) for each in manifests]
    return dump([each.to_content() for each in unsealed], output)


def _unsealed(manifest: Manifest, keyring: Keyring) -> UnsealedSecret:
    """Return the Secret of a SealedSecret, or say why not: whoever calls has the private keys."""
    from gitopskit.sealing.unseal import unseal_secret  # noqa: PLC0415 -- nothing else here opens

    try:
        unsealed = unseal_secret(
            manifest.content,
            keyring=keyring,
            where=manifest.where,
            place_of=lambda item: manifest.where_of(("spec", "encryptedData", item)),
        )
    except Undecryptable as error:
        if not error.items:
            raise
        from gitopskit.sealedfiles.closed_items import closed_error  # noqa: PLC0415 -- as a rule it opens
        from gitopskit.sealedfiles.sealed_text import SealedPart  # noqa: PLC0415 -- as above

        part = SealedPart(manifest=manifest, sealed=sealed_secret.parse(manifest.content))
        raise closed_error(part, error.items, keyring=keyring) from error
    if not unsealed.template_data:
        return unsealed
    from gitopskit.sealing.template import render_template  # noqa: PLC0415 -- few have templates

    return render_template(unsealed, where=manifest.where)


def _manifests(text: str | bytes, *, path: str, kind: str) -> tuple[Manifest, ...]:
    manifests = expand_lists(read_documents(text, path=path))
    if not manifests:
        raise InputError(
            f"there is no {kind} in the input",
            where=path,
            hint=f"give a manifest of kind {kind}, as YAML or JSON",
        )
    return manifests


def dump(contents: Sequence[JsonObject], output: TextFormat) -> str:
    """Return objects as a text: YAML documents, or JSON values one after another."""
    if output == "json":
        return "".join(map(dump_json, contents))
    return dump_documents(contents)
