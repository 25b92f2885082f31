"""The SealedSecrets of a file for reports: what cannot be read becomes a finding, all else is read.

``SealedText.read`` is for changes and stops at the first fault; here one malformed SealedSecret
must not hide the others. Start at ``read_sealed``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from gitopskit.errors import GitopskitError, InputError, MalformedDocument, UnsupportedField
from gitopskit.manifests.documents import Manifest, as_manifest, expand_lists, read_values
from gitopskit.manifests.findings import Finding
from gitopskit.manifests.identity import ObjectRef
from gitopskit.sealedfiles.part_findings import named
from gitopskit.sealedfiles.sealed_text import SealedPart
from gitopskit.sealedfiles.strays import stray_in
from gitopskit.sealing import sealed_secret
from gitopskit.sealing.base64_text import decode_base64

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from gitopskit.manifests.documents import Document
    from gitopskit.manifests.edit import Pointer
    from gitopskit.manifests.json_types import JsonObject

MALFORMED: Final = "malformed-document"
"""The rule of what is no YAML or JSON, as in the reports of ``gitopskit validate``."""

STRUCTURE: Final = "sealed-structure"
OLD_FORM: Final = "sealed-old-form"
BASE64: Final = "sealed-base64"
UNREADABLE: Final = (STRUCTURE, OLD_FORM, BASE64)
"""What no key can open, because it cannot even be read."""

_ITEMS: Final = ("spec", "encryptedData")


@dataclass(frozen=True, slots=True, kw_only=True)
class SealedReading:
    """The SealedSecrets of a file as far as they can be read, and findings about the rest.

    Items that are not base64 are left out of their SealedSecret. ``documents`` counts the
    SealedSecrets, whether they could be read or not; ``strays`` are items outside of any.
    """

    path: str
    parts: tuple[SealedPart, ...] = ()
    findings: tuple[Finding, ...] = ()
    documents: int = 0
    strays: tuple[Finding, ...] = ()


def read_sealed(data: bytes, *, path: str) -> SealedReading:
    """Return the SealedSecrets of a file's content; Lists are taken apart, other kinds left out."""
    parts: list[SealedPart] = []
    findings: list[Finding] = []
    strays: list[Finding] = []
    count = 0
    try:
        documents = read_values(data, path=path)
    except MalformedDocument as error:
        return SealedReading(path=path, findings=(_malformed(error, path=path),))
    for document in documents:
        try:
            expanded = _expanded(document)
        except MalformedDocument as error:
            findings.append(_malformed(error, path=path))
            continue
        for each in expanded:
            if not isinstance(each, Manifest) or each.kind != sealed_secret.KIND:
                strays += [stray] if (stray := stray_in(each)) else []
                continue
            count += 1
            part, faults = read_manifest(each)
            parts += [part] if part else []
            findings += faults
    return SealedReading(
        path=path,
        parts=tuple(parts),
        findings=tuple(findings),
        documents=count,
        strays=tuple(strays),
    )


def _expanded(document: Document) -> Sequence[Document]:
    """Return a document, or the items of a List; what is no mapping stays what it is."""
    if not isinstance(document.content, dict):
        return [document]
    return expand_lists([as_manifest(document)])


def read_manifest(manifest: Manifest) -> tuple[SealedPart | None, list[Finding]]:
    """Return a SealedSecret without its faulty items, or None, and what is wrong with it."""
    try:
        return _part(manifest, manifest.content), []
    except UnsupportedField as error:
        return None, [_finding(manifest, error, rule=OLD_FORM, at=("spec", "data"))]
    except InputError:
        faults = dict(_not_base64(manifest))
    try:
        part = _part(manifest, _without(manifest.content, faults) if faults else manifest.content)
    except InputError as error:
        return None, [_finding(manifest, error, rule=STRUCTURE), *faults.values()]
    return part, list(faults.values())


def _part(manifest: Manifest, content: JsonObject) -> SealedPart:
    sealed = sealed_secret.parse(content, where=manifest.path)
    return SealedPart(manifest=manifest, sealed=sealed)


def _not_base64(manifest: Manifest) -> Iterator[tuple[str, Finding]]:
    spec = manifest.content.get("spec")
    items = spec.get("encryptedData") if isinstance(spec, dict) else None
    given = items if isinstance(items, dict) else {}
    for number, (item, encoded) in enumerate(given.items(), start=1):
        try:
            decode_base64(encoded)
        except ValueError as error:
            fault = InputError(
                f"{named(item, number)} is {error}",
                hint="take the value from Git's history, or seal it again",
            )
            yield item, _finding(manifest, fault, rule=BASE64, at=(*_ITEMS, item))


def _without(content: JsonObject, items: dict[str, Finding]) -> JsonObject:
    spec = content["spec"]
    kept = {item: text for item, text in spec["encryptedData"].items() if item not in items}
    return {**content, "spec": {**spec, "encryptedData": kept}}


def _finding(manifest: Manifest, error: GitopskitError, *, rule: str, at: Pointer = ()) -> Finding:
    position = manifest.locate(at)
    return Finding(
        path=manifest.path,
        line=position.line,
        column=position.column,
        rule=rule,
        message=error.what,
        hint=error.hint,
        subject=str(ObjectRef.of(manifest.content)),
    )


def _malformed(error: MalformedDocument, *, path: str) -> Finding:
    line, _, column = error.where.removeprefix(path).removeprefix(":").partition(":")
    return Finding(
        path=path,
        line=int(line or 0),
        column=int(column or 0),
        rule=MALFORMED,
        message=error.what,
        hint=error.hint,
    )
