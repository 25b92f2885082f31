"""Seal: a Secret and a certificate become a SealedSecret.

Owns which parts of a Secret are sealed, which go beside them into the template, and which are
dropped because a server set them.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from gitopskit.errors import InputError
from gitopskit.manifests.identity import ObjectRef
from gitopskit.manifests.names import require_dns_label, require_dns_subdomain
from gitopskit.redaction import Plaintext
from gitopskit.sealing import sealed_secret
from gitopskit.sealing.base64_text import decode_base64
from gitopskit.sealing.envelope import seal_value
from gitopskit.sealing.fields import read_boolean, read_mapping
from gitopskit.sealing.scope import Scope, label, rescope
from gitopskit.sealing.sealed_secret import SealedSecret

if TYPE_CHECKING:
    from gitopskit.manifests.json_types import JsonObject, JsonValue
    from gitopskit.sealing.keys import SealingCertificate

_SET_BY_THE_SERVER: Final = frozenset(
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
_LAST_APPLIED: Final = frozenset(
    {
        "kubectl.kubernetes.io/last-applied-configuration",
        "kubecfg.ksonnet.io/last-applied-configuration",
    }
)
"""Annotations in which a client keeps a copy of the whole Secret, values included.

Source: kubernetes.io/docs, "Declarative Management"; github.com/bitnami-labs/sealed-secrets, 227.
"""

_ITEM_KEY: Final = re.compile(r"[-._a-zA-Z0-9]{1,253}")
"""Keys that a Secret may have. Source: k8s.io/apimachinery, IsConfigMapKey."""

_LARGEST_SECRET_BYTES: Final = 1024 * 1024
"""Values of one Secret together. Source: kubernetes.io/docs, "Secrets", size limit."""

_LARGEST_OBJECT_BYTES: Final = 1536 * 1024
"""One object as etcd stores it. Source: etcd.io/docs, "System limits", 1.5 MiB a request."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SealOptions:
    """What to seal with and what to override.

    ``scope`` None leaves it to the Secret's annotations. ``name`` replaces the Secret's.
    ``namespace`` is given to a Secret that has none, and must equal that of one that does.
    """

    certificate: SealingCertificate
    scope: Scope | None = None
    name: str = ""
    namespace: str = ""
    allows_empty_data: bool = False


def seal_secret(content: JsonObject, options: SealOptions, *, where: str = "") -> JsonObject:
    """Return the SealedSecret of a Secret.

    ``where`` is the place named in errors, by default ``kind/namespace/name``. Items that are in
    ``stringData`` win over those in ``data``. Two calls give different envelopes of equal values.

    Raises:
        InputError: it is no Secret, has no name, no namespace where the scope needs one, no data
            or data that cannot be one, or becomes larger than a cluster takes.
    """
    place = where or str(ObjectRef.of(content))
    _require_secret(content, where=place)
    metadata = read_mapping(content, "metadata", where=place)
    annotations = _annotations(metadata, where=place)
    scope = options.scope or Scope.of_annotations(annotations)
    name = _name(metadata, options, where=place)
    namespace = _namespace(metadata, options, scope=scope, where=place)
    values = _values(content, options, where=place)
    binding = label(scope, namespace=namespace, name=name)
    public_key = options.certificate.public_key
    sealed = sealed_secret.to_content(
        SealedSecret(
            name=name,
            namespace=namespace,
            metadata={"annotations": scope.annotations},
            encrypted_data={
                key: seal_value(value, public_key=public_key, label=binding)
                for key, value in values.items()
            },
            template_metadata=_template_metadata(metadata, rescope(annotations, scope)),
            type=str(content.get("type") or ""),
            immutable=read_boolean(content, "immutable", where=place),
        )
    )
    _require_room(sealed, where=place)
    return sealed


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
    annotations = read_mapping(metadata, "annotations", where=where)
    return {key: value for key, value in annotations.items() if key not in _LAST_APPLIED}


def _name(metadata: JsonObject, options: SealOptions, *, where: str) -> str:
    name = options.name or metadata.get("name")
    if not name or not isinstance(name, str):
        raise InputError(
            "the Secret has no name", where=where, hint="add `metadata.name`, or give --name"
        )
    return require_dns_subdomain(name, what="name of the Secret", where=where)


def _namespace(metadata: JsonObject, options: SealOptions, *, scope: Scope, where: str) -> str:
    own = metadata.get("namespace") or ""
    if own and options.namespace and own != options.namespace:
        raise InputError(
            f"the Secret is in namespace {own!r}, but {options.namespace!r} is asked for",
            where=where,
            hint="leave out --namespace, or change the manifest",
        )
    namespace = own or options.namespace
    if namespace:
        return require_dns_label(str(namespace), what="namespace of the Secret", where=where)
    if scope is Scope.CLUSTER_WIDE:
        return ""
    raise InputError(
        f"the Secret has no namespace, which the scope {scope.value} binds it to",
        where=where,
        hint="add `metadata.namespace`, or give --namespace",
    )


def _values(content: JsonObject, options: SealOptions, *, where: str) -> dict[str, Plaintext]:
    values: dict[str, Plaintext] = {}
    for key, encoded in read_mapping(content, "data", where=where).items():
        try:
            values[key] = Plaintext(decode_base64(encoded or ""))
        except ValueError:
            raise _unusable_item("data", key, "base64", where=where) from None
    for key, text in read_mapping(content, "stringData", where=where).items():
        try:
            values[key] = Plaintext(("" if text is None else text).encode())
        except (AttributeError, UnicodeEncodeError):
            raise _unusable_item("stringData", key, "a text; quote it", where=where) from None
    _require_values(values, options, where=where)
    return values


def _unusable_item(field: str, key: str, expected: str, *, where: str) -> InputError:
    return InputError(
        f"`{field}.{key}` is not {expected}",
        where=where,
        hint="`data` holds base64, `stringData` holds the text itself",
    )


def _require_values(values: dict[str, Plaintext], options: SealOptions, *, where: str) -> None:
    if not values and not options.allows_empty_data:
        raise InputError(
            "the Secret has no data",
            where=where,
            hint="add `stringData`, or give --allow-empty-data if it is meant to be empty",
        )
    for number, key in enumerate(values, start=1):
        if not _ITEM_KEY.fullmatch(key) or key in (".", ".."):
            # the key is not quoted: a value that was put in its place is still a value
            raise InputError(
                f"item {number} of {len(values)} has a key that a Secret cannot have",
                where=where,
                hint="use letters, digits, `-`, `_` and `.`",
            )
    if sum(len(value) for value in values.values()) > _LARGEST_SECRET_BYTES:
        raise InputError(
            "the values are larger than 1 MiB together, which no cluster takes",
            where=where,
            hint="split the Secret",
        )


def _template_metadata(metadata: JsonObject, annotations: dict[str, str]) -> JsonObject:
    """Return what the Secret carries beside name and namespace, which its SealedSecret gives it."""
    dropped = _SET_BY_THE_SERVER | {"name", "namespace", "generateName", "annotations"}
    kept = {key: value for key, value in metadata.items() if key not in dropped and value}
    return ({"annotations": annotations} if annotations else {}) | kept


def _require_room(sealed: JsonObject, *, where: str) -> None:
    if _size_bytes(sealed) > _LARGEST_OBJECT_BYTES:
        raise InputError(
            "the SealedSecret becomes larger than 1.5 MiB, which no cluster takes",
            where=where,
            hint="split the Secret; each item adds some 700 bytes of its own",
        )


def _size_bytes(value: JsonValue) -> int:
    return len(json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode())
