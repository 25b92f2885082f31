"""The rules for one manifest, and those that look at several.

Every rule is a function from values to findings; secrets.py of the manifests is one of them.
"""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING, Final

from gitopskit.manifests.findings import Finding, Severity

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from gitopskit.manifests.documents import Manifest
    from gitopskit.manifests.identity import ObjectRef
    from gitopskit.schemas.catalog import Catalog

SCHEMA: Final = "schema"
NO_SCHEMA: Final = "no-schema"
NO_NAME: Final = "missing-name"
DUPLICATE: Final = "duplicate-object"


def check_schema(manifest: Manifest, catalog: Catalog, *, is_patch: bool) -> Iterator[Finding]:
    """Yield what the schema of its kind has against a manifest, and a missing name.

    Nothing is required of a patch. A kind without a schema gives one finding for information.

    Raises:
        InputError: the definition of the kind is no valid schema.
    """
    schema = catalog.find(manifest.api_version, manifest.kind, is_partial=is_patch)
    if schema is None:
        what = f"there is no schema for {manifest.api_version} {manifest.kind}"
        yield finding(manifest, ("kind",), rule=NO_SCHEMA, message=what, severity="info")
        return
    for violation in schema.check(manifest.content):
        yield finding(
            manifest,
            violation.pointer,
            rule=SCHEMA,
            message=violation.message,
            hint=violation.hint,
        )
    metadata = manifest.content.get("metadata") or {}
    has_name = isinstance(metadata, dict) and (metadata.get("name") or metadata.get("generateName"))
    if not has_name and not is_patch:
        message = f"this {manifest.kind} has no name"
        yield finding(manifest, ("metadata",), rule=NO_NAME, message=message)


def check_duplicates(manifests: Iterable[Manifest]) -> Iterator[Finding]:
    """Yield a finding for each object that its folder's manifests hold more than once."""
    seen: dict[tuple[str, ObjectRef], Manifest] = {}
    for manifest in manifests:
        key = (posixpath.dirname(manifest.path), manifest.ref)
        first = seen.setdefault(key, manifest)
        if first is not manifest and manifest.name:
            message = f"{manifest.ref} is at {first.where} too"
            yield finding(manifest, (), rule=DUPLICATE, message=message)


def finding(
    manifest: Manifest,
    pointer: tuple[str | int, ...],
    *,
    rule: str,
    message: str,
    hint: str = "",
    severity: Severity = "error",
) -> Finding:
    """Return a finding at the place of a part of a manifest."""
    position = manifest.locate(pointer)
    return Finding(
        path=manifest.path,
        line=position.line,
        column=position.column,
        rule=rule,
        severity=severity,
        message=message,
        hint=hint,
        subject=str(manifest.ref),
    )
