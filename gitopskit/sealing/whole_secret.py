"""The form before 2019: ``spec.data`` seals a whole Secret, written as JSON, in one envelope.

Read only, and only to unseal. The envelope is that of an item; labels, annotations, type and
values are inside. ``spec.template`` plays no part in it.

Source: github.com/bitnami-labs/sealed-secrets, pkg/apis/sealedsecrets/v1alpha1,
sealedsecret_expansion.go (Unseal).
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from gitopskit.errors import InputError
from gitopskit.sealing.base64_text import decode_base64
from gitopskit.sealing.fields import read_boolean, read_mapping, read_text, wrong_shape
from gitopskit.sealing.secret_values import read_secret_values

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gitopskit.manifests.json_types import JsonObject
    from gitopskit.redaction import Plaintext

_KEPT_METADATA = ("labels", "annotations", "finalizers")


def has_whole_secret(content: JsonObject) -> bool:
    """Tell whether a SealedSecret is in the form before 2019."""
    spec = content.get("spec")
    return isinstance(spec, dict) and bool(spec.get("data"))


def whole_envelope(content: JsonObject, *, where: str) -> bytes:
    """Return the envelope in ``spec.data``.

    Raises:
        InputError: it is not base64, or there are items in ``spec.encryptedData`` beside it.
    """
    spec = read_mapping(content, "spec", where=where)
    if spec.get("encryptedData"):
        raise InputError(
            "`spec.data` and `spec.encryptedData` are both set",
            where=where,
            hint="remove `spec.data`, the form before 2019",
        )
    try:
        return decode_base64(spec["data"])
    except ValueError as error:
        raise wrong_shape("spec.data", str(error).removeprefix("not "), where=where) from error


def without_whole_secret(content: JsonObject) -> JsonObject:
    """Return a SealedSecret of the same name and scope that has no values and no template."""
    return {**content, "spec": {"encryptedData": {}}}


def read_whole(opened: Plaintext, *, where: str) -> tuple[JsonObject, Mapping[str, Plaintext]]:
    """Return the parts of the Secret in an opened envelope, and its values.

    The parts are metadata (labels, annotations, finalizers), type and immutable.

    Raises:
        InputError: it holds no Secret; nothing of it is quoted.
    """
    secret = _decoded(opened)
    if secret is None:
        raise InputError(
            "what `spec.data` seals is no Secret", where=where, hint="seal the Secret again"
        )
    metadata = read_mapping(secret, "metadata", where=where)
    kept: JsonObject = {key: metadata[key] for key in _KEPT_METADATA if metadata.get(key)}
    for part in ("labels", "annotations"):
        read_mapping(kept, part, where=where)
    parts: JsonObject = {
        "metadata": kept,
        "type": read_text(secret, "type", where=where),
        "immutable": read_boolean(secret, "immutable", where=where),
    }
    return parts, read_secret_values(secret, where=where)


def _decoded(opened: Plaintext) -> dict[str, Any] | None:
    """Return the object in an envelope; an error would hold the plaintext, so None instead."""
    try:
        secret = json.loads(opened.reveal())
    except ValueError:
        return None
    return secret if isinstance(secret, dict) and secret.get("kind", "Secret") == "Secret" else None
