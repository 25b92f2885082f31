"""Seal: a Secret and a certificate become a SealedSecret.

Owns which parts of a Secret are sealed, which go beside them into the template, and which are
dropped because a server set them.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from gitopskit.errors import InputError
from gitopskit.manifests.identity import ObjectRef
from gitopskit.manifests.names import require_dns_label, require_dns_subdomain
from gitopskit.manifests.settled_names import KEY_RECORDS_ANNOTATION
from gitopskit.sealing import sealed_secret
from gitopskit.sealing.envelope import seal_value
from gitopskit.sealing.fields import read_boolean, read_mapping, read_text, read_texts, wrong_shape
from gitopskit.sealing.key_records import dump_records, record_of
from gitopskit.sealing.scope import Binding, Scope, rescope
from gitopskit.sealing.sealed_secret import SealedSecret
from gitopskit.sealing.secret_values import read_secret_values
from gitopskit.sealing.unchanged import Comparison, unchanged_envelopes

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gitopskit.manifests.json_types import JsonObject, JsonValue
    from gitopskit.redaction import Plaintext
    from gitopskit.sealing.keys import SealingCertificate

SET_BY_THE_SERVER: Final = frozenset(
    {
        "creationTimestamp",
        "deletionGracePeriodSeconds",
        "deletionTimestamp",
        "generation",
        "managedFields",
        "ownerReferences",
        "resourceVersion",
        "selfLink",
        "uid",
    }
)
"""Fields of an object's metadata that nobody writes into a file."""

LAST_APPLIED: Final = frozenset(
    {
        "kubectl.kubernetes.io/last-applied-configuration",
        "kubecfg.ksonnet.io/last-applied-configuration",
    }
)
"""Annotations in which a client keeps a copy of the whole Secret, values included.

Source: kubernetes.io/docs, "Declarative Management"; github.com/bitnami-labs/sealed-secrets, 227.
"""

_NOT_THE_SECRETS: Final = LAST_APPLIED | {KEY_RECORDS_ANNOTATION}

_NO_COMPARISON: Final = Comparison()
_LARGEST_OBJECT_BYTES: Final = 1536 * 1024
"""One object as etcd stores it. Source: etcd.io/docs, "System limits", 1.5 MiB a request."""

_MOST_BYTES_OF_A_CHARACTER: Final = 6
"""What JSON may need for one, as ``\\u0000``. Source: RFC 8259, section 7."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SealOptions:
    """What to seal with and what to override.

    ``scope`` None leaves it to the Secret's annotations. ``name`` replaces the Secret's.
    ``namespace`` is given to a Secret that has none, and must equal that of one that does;
    ``default_namespace`` is given to a Secret that would have none otherwise.
    ``records_keys`` adds the annotation of key_records.py. ``comparison`` says how values are
    compared with those of an earlier sealing; its digest key adds digests to the records.
    """

    certificate: SealingCertificate
    scope: Scope | None = None
    name: str = ""
    namespace: str = ""
    default_namespace: str = ""
    allows_empty_data: bool = False
    records_keys: bool = True
    comparison: Comparison = _NO_COMPARISON


def seal_secret(
    content: JsonObject,
    options: SealOptions,
    *,
    where: str = "",
    earlier: SealedSecret | None = None,
) -> JsonObject:
    """Return the SealedSecret of a Secret.

    ``where`` is the place named in errors, by default ``kind/namespace/name``. Items that are in
    ``stringData`` win over those in ``data``. Two calls give different envelopes of equal values,
    except for those that ``earlier`` holds unchanged, as far as ``options.comparison`` can tell.

    Raises:
        InputError: it is no Secret, has no name, no namespace where the scope needs one, no data,
            data or metadata that no Secret has, or becomes larger than a cluster takes.
    """
    place = where or str(ObjectRef.of(content))
    _require_secret(content, where=place)
    metadata = read_mapping(content, "metadata", where=place)
    annotations = _annotations(metadata, where=place)
    labels = read_texts(metadata, "labels", where=place)
    binding = _binding(metadata, annotations, options, where=place)
    values = read_secret_values(content, where=place)
    if not values and not options.allows_empty_data:
        raise InputError(
            "the Secret has no data",
            where=place,
            hint="add `stringData`, or give --allow-empty-data if it is meant to be empty",
        )
    envelopes = _envelopes(values, binding, options, earlier)
    sealed = sealed_secret.to_content(
        SealedSecret(
            name=binding.name,
            namespace=binding.namespace,
            metadata={
                "annotations": binding.scope.annotations
                | _records(envelopes, values, binding, options)
            },
            encrypted_data=envelopes,
            template_metadata=_template_metadata(
                metadata, labels=labels, annotations=rescope(annotations, binding.scope)
            ),
            type=read_text(content, "type", where=place),
            immutable=read_boolean(content, "immutable", where=place),
        )
    )
    require_room(sealed, where=place)
    return sealed


def require_room(sealed: JsonObject, *, where: str) -> None:
    """Check that a cluster can store a SealedSecret.

    Raises:
        InputError: it has more than 1.5 MiB.
    """
    at_most = len(repr(sealed)) * _MOST_BYTES_OF_A_CHARACTER
    if at_most > _LARGEST_OBJECT_BYTES and _size_bytes(sealed) > _LARGEST_OBJECT_BYTES:
        raise InputError(
            "the SealedSecret becomes larger than 1.5 MiB, which no cluster takes",
            where=where,
            hint="split the Secret; each item adds some 700 bytes of its own",
        )


def _envelopes(
    values: Mapping[str, Plaintext],
    binding: Binding,
    options: SealOptions,
    earlier: SealedSecret | None,
) -> dict[str, bytes]:
    kept: Mapping[str, bytes] = {}
    if earlier is not None and earlier.binding == binding:
        kept = unchanged_envelopes(
            earlier,
            values,
            fingerprint=options.certificate.fingerprint,
            comparison=options.comparison,
        )
    public_key, label = options.certificate.public_key, binding.label
    return {
        item: kept.get(item) or seal_value(value, public_key=public_key, label=label)
        for item, value in values.items()
    }


def _records(
    envelopes: Mapping[str, bytes],
    values: Mapping[str, Plaintext],
    binding: Binding,
    options: SealOptions,
) -> dict[str, str]:
    """Return the annotation with the key records, or none."""
    digest_key, label = options.comparison.digest_key, binding.label
    records = {
        item: record_of(
            envelope,
            fingerprint=options.certificate.fingerprint,
            value_digest=digest_key.digest(values[item], item=item, label=label, envelope=envelope)
            if digest_key
            else "",
        )
        for item, envelope in envelopes.items()
    }
    text = dump_records(records) if options.records_keys else ""
    return {KEY_RECORDS_ANNOTATION: text} if text else {}


def _binding(
    metadata: JsonObject, annotations: JsonObject, options: SealOptions, *, where: str
) -> Binding:
    scope = options.scope or Scope.of_annotations(annotations)
    name = _name(metadata, options, where=where)
    namespace = _namespace(metadata, options, scope=scope, where=where)
    return Binding(scope=scope, namespace=namespace, name=name)


def _require_secret(content: JsonObject, *, where: str) -> None:
    kind = str(content.get("kind") or "")
    if kind == "Secret" and content.get("apiVersion") == "v1":
        return
    raise InputError(
        f"this is a {kind}, not a Secret" if kind not in ("", "Secret") else "this is no Secret",
        where=where,
        hint="it is sealed already"
        if kind == sealed_secret.KIND
        else "give Secrets only: `apiVersion: v1`, `kind: Secret`",
    )


def _annotations(metadata: JsonObject, *, where: str) -> dict[str, str]:
    annotations = read_texts(metadata, "annotations", where=where)
    return {key: value for key, value in annotations.items() if key not in _NOT_THE_SECRETS}


def _name(metadata: JsonObject, options: SealOptions, *, where: str) -> str:
    name = options.name or metadata.get("name")
    if not name or not isinstance(name, str):
        raise InputError(
            "missing metadata.name in input Secret",
            where=where,
            hint="add `metadata.name`, or give --name",
        )
    return require_dns_subdomain(name, what="name of the Secret", where=where)


def _namespace(metadata: JsonObject, options: SealOptions, *, scope: Scope, where: str) -> str:
    own = metadata.get("namespace", "")
    if not isinstance(own, str | None):
        raise wrong_shape("metadata.namespace", "a text; quote it", where=where)
    if own and options.namespace and own != options.namespace:
        raise InputError(
            f'namespace mismatch: input secret is in namespace "{own}" but '
            f'"{options.namespace}" was specified',
            where=where,
            hint="leave out --namespace, or change the manifest",
        )
    fallback = "" if scope is Scope.CLUSTER_WIDE else options.default_namespace
    namespace = own or options.namespace or fallback
    if namespace:
        return require_dns_label(namespace, what="namespace of the Secret", where=where)
    if scope is Scope.CLUSTER_WIDE:
        return ""
    raise InputError(
        f"the Secret has no namespace, which the scope {scope.value} binds it to",
        where=where,
        hint="add `metadata.namespace`, or give --namespace",
    )


def _template_metadata(
    metadata: JsonObject, *, labels: dict[str, str], annotations: dict[str, str]
) -> JsonObject:
    """Return what the Secret carries beside name and namespace, which its SealedSecret gives it."""
    dropped = SET_BY_THE_SERVER | {"name", "namespace", "generateName"}
    kept = {key: value for key, value in metadata.items() if key not in dropped}
    texts = {"annotations": annotations, "labels": labels}
    return {key: value for key, value in (texts | kept | texts).items() if value}


def _size_bytes(value: JsonValue) -> int:
    return len(json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode())
