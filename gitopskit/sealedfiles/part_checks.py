"""What can be seen of a SealedSecret without any key: items, envelopes, size, scope, namespace.

Pure. Which key its items should have is verify.py's. Start at ``check_part``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gitopskit.errors import InputError, TemplateFailed, TemplateRefused
from gitopskit.manifests.names import require_dns_label, require_dns_subdomain
from gitopskit.sealedfiles.part_findings import finding_at, named
from gitopskit.sealing.envelope import measure
from gitopskit.sealing.scope import CLUSTER_WIDE_ANNOTATION, NAMESPACE_WIDE_ANNOTATION, Scope
from gitopskit.sealing.seal import require_room
from gitopskit.sealing.secret_values import require_item_keys
from gitopskit.sealing.unseal import require_namespace

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from gitopskit.manifests.findings import Finding
    from gitopskit.sealedfiles.sealed_text import SealedPart
    from gitopskit.sealedfiles.usage import ItemKey
    from gitopskit.sealing.envelope import Measures

EMPTY: Final = "sealed-empty"
ITEM_KEY: Final = "sealed-item-key"
ENVELOPE: Final = "sealed-envelope"
OBJECT_SIZE: Final = "sealed-object-size"
SCOPE: Final = "sealed-scope"
NAMESPACE: Final = "sealed-namespace"
NAME: Final = "sealed-name"
TEMPLATE: Final = "sealed-template"

_NAMESPACE: Final = ("metadata", "namespace")
_LONGEST_SHOWN: Final = 80
_ITEMS: Final = ("spec", "encryptedData")
_ANNOTATIONS: Final = ("metadata", "annotations")
_SCOPES: Final = (CLUSTER_WIDE_ANNOTATION, NAMESPACE_WIDE_ANNOTATION)
_SET: Final = "true"
_NAMESPACE_HINT: Final = (
    "add the `metadata.namespace` for which it was sealed, unless a kustomization does"
)
_SEAL_AGAIN: Final = "take the value from Git's history, or seal it again"


def check_part(part: SealedPart) -> Iterator[Finding]:
    """Yield what is wrong with a SealedSecret, whatever it is sealed to."""
    items = part.sealed.encrypted_data
    if not items:
        what = "there are no items in `spec.encryptedData`"
        hint = "add one with `gitopskit seal set`, if it is not meant to be empty"
        yield finding_at(part, (), rule=EMPTY, severity="warning", message=what, hint=hint)
    try:
        require_item_keys(items, where="")
    except InputError:
        yield from _unusable_keys(part)
    try:
        require_room(part.manifest.content, where="")
    except InputError as error:
        what = "the SealedSecret is larger than 1.5 MiB, which no cluster takes"
        yield finding_at(part, (), rule=OBJECT_SIZE, message=what, hint=error.hint)
    try:
        require_namespace(part.sealed, where="", hint=_NAMESPACE_HINT)
    except InputError as error:
        yield finding_at(
            part,
            ("metadata",),
            rule=NAMESPACE,
            severity="warning",
            message=error.what,
            hint=error.hint,
        )
    yield from _check_names(part)
    if part.sealed.template_data:
        yield from _check_templates(part)
    yield from _check_scope(part)


def _check_templates(part: SealedPart) -> Iterator[Finding]:
    """Yield templates that are malformed, or that gitopskit's unsealer refuses in any case."""
    from gitopskit.gotemplate.template import require_template  # noqa: PLC0415 -- few have templates

    for number, (key, text) in enumerate(part.sealed.template_data.items(), start=1):
        try:
            require_template(text or "", name=key)
        except TemplateFailed as error:
            yield finding_at(
                part,
                ("spec", "template", "data", key),
                rule=TEMPLATE,
                severity="warning" if isinstance(error, TemplateRefused) else "error",
                message=f"template {named(key, number)}, {error.where}: {error.what}",
                hint=error.hint,
            )


def check_overlay(part: SealedPart, namespace: str) -> Iterator[Finding]:
    """Yield that a SealedSecret is bound to another namespace than that of its overlay, if any."""
    own = part.sealed.namespace
    if part.sealed.scope is Scope.CLUSTER_WIDE or not own or own == (namespace or own):
        return
    yield finding_at(
        part,
        _NAMESPACE,
        rule=NAMESPACE,
        message=f"it is for namespace {own[:_LONGEST_SHOWN]}, and this overlay is for {namespace}",
        hint="seal it for this overlay, with `gitopskit seal --env ENV --app APP`",
    )


def check_envelopes(
    part: SealedPart, keys: Iterable[ItemKey], *, wrapped_sizes: Mapping[str, int]
) -> Iterator[Finding]:
    """Yield which envelopes cannot be what they claim to be.

    ``wrapped_sizes`` has by fingerprint what envelopes to known keys announce. Items that a private
    key was tried on are left out: whether they open says more.
    """
    for number, key in enumerate(keys, start=1):
        if key.opened or key.is_closed:
            continue
        expected = wrapped_sizes.get(key.recorded, 0)
        fault = _fault_of(part.sealed.encrypted_data[key.item], expected_bytes=expected)
        if fault:
            yield finding_at(
                part,
                (*_ITEMS, key.item),
                rule=ENVELOPE,
                message=f"{named(key.item, number)} {fault}",
                hint=_SEAL_AGAIN,
            )


def _check_names(part: SealedPart) -> Iterator[Finding]:
    """Yield names that no object can have; whether the scope needs a namespace is asked above."""
    try:
        require_dns_subdomain(part.sealed.name, what="name")
    except InputError as error:
        at = ("metadata", "name")
        yield finding_at(part, at, rule=NAME, message=error.what, hint=error.hint)
    if not part.sealed.namespace:
        return
    try:
        require_dns_label(part.sealed.namespace, what="namespace")
    except InputError as error:
        yield finding_at(part, _NAMESPACE, rule=NAMESPACE, message=error.what, hint=error.hint)


def _fault_of(blob: bytes, *, expected_bytes: int) -> str:
    """Return what is wrong with the sizes of an envelope, or nothing; 0 expects any size."""
    found = measure(blob)
    if found.is_hybrid:
        return _fault_of_hybrid(found, size_bytes=len(blob))
    size_bytes = found.wrapped_size_bytes
    if found.is_cut_off:
        return (
            f"is cut off: it has {len(blob)} bytes and announces a wrapped key of {size_bytes}, "
            "a value and a tag"
        )
    if found.is_of_no_key:
        return f"announces a wrapped key of {size_bytes} bytes, which no RSA key has"
    if expected_bytes not in (0, size_bytes):
        return (
            f"announces a wrapped key of {size_bytes} bytes, and that of its recorded key has "
            f"{expected_bytes}"
        )
    return ""


def _fault_of_hybrid(found: Measures, *, size_bytes: int) -> str:
    if found.is_cut_off:
        return f"is cut off: it has {size_bytes} bytes, and is in a hybrid envelope"
    if found.is_of_unknown_suite:
        return f"names the suite {found.suite}, which is not known here"
    return ""


def _unusable_keys(part: SealedPart) -> Iterator[Finding]:
    items = part.sealed.encrypted_data
    for number, item in enumerate(items, start=1):
        if named(item, number) != f"`{item}`":
            yield finding_at(
                part,
                (*_ITEMS, item),
                rule=ITEM_KEY,
                message=f"item {number} of {len(items)} has a key that a Secret cannot have",
                hint="use letters, digits, `-`, `_` and `.`, and no `..` at the beginning",
            )


def _check_scope(part: SealedPart) -> Iterator[Finding]:
    own = part.sealed.annotations
    given = [annotation for annotation in _SCOPES if annotation in own]
    for annotation in given:
        if own[annotation] != _SET:
            is_text = isinstance(own[annotation], str)
            yield finding_at(
                part,
                (*_ANNOTATIONS, annotation),
                rule=SCOPE,
                severity="warning" if is_text else "error",
                message=f"`{annotation}` counts only if it is exactly `true`"
                if is_text
                else f"`{annotation}` is not a text, which no cluster takes",
                hint='write `"true"` with its quotes, or remove it',
            )
    if [own[annotation] for annotation in given] == [_SET, _SET]:
        yield finding_at(
            part,
            _ANNOTATIONS,
            rule=SCOPE,
            severity="warning",
            message="it is annotated as cluster-wide and as namespace-wide; cluster-wide holds",
            hint="remove one of the two annotations",
        )
    yield from _check_template_scope(part)


def _check_template_scope(part: SealedPart) -> Iterator[Finding]:
    """Yield a template's scope that is not the object's; one that says nothing agrees."""
    annotations = part.sealed.template_metadata.get("annotations") or {}
    asked, own = Scope.of_annotations(annotations), part.sealed.scope
    if asked not in (Scope.STRICT, own):
        yield finding_at(
            part,
            ("spec", "template", *_ANNOTATIONS),
            rule=SCOPE,
            severity="warning",
            message=f"the template says {asked.value}, and the SealedSecret itself {own.value}, "
            "which holds",
            hint="scope annotations count in the SealedSecret's own `metadata.annotations`",
        )
