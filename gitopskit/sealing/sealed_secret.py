"""SealedSecret: the Kubernetes object that carries sealed values, as a value.

Owns its shape in ``bitnami.com/v1alpha1``, both ways. Knows no keys.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, TypeAlias

from gitopskit.errors import InputError, UnsupportedField
from gitopskit.manifests.identity import ObjectRef
from gitopskit.sealing.base64_text import decode_base64
from gitopskit.sealing.fields import read_boolean, read_mapping, wrong_shape
from gitopskit.sealing.scope import Binding, Scope

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from gitopskit.manifests.json_types import JsonObject

GROUP: Final = "bitnami.com"
VERSION: Final = "v1alpha1"
API_VERSION: Final = f"{GROUP}/{VERSION}"
KIND: Final = "SealedSecret"

PlaceOf: TypeAlias = "Callable[[str], str]"
"""Returns ``path:line:column`` of an item."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SealedSecret:
    """Sealed values by key, where they may be opened, and what the Secret looks like beside them.

    ``metadata`` is the object's own; ``template_metadata`` becomes the Secret's. ``immutable`` is
    None where it is not said. ``template_data`` holds texts that a template would be rendered
    from, by key, None for a key to drop.
    """

    name: str
    namespace: str = ""
    scope: Scope = Scope.STRICT
    metadata: JsonObject = field(default_factory=dict)
    encrypted_data: Mapping[str, bytes]
    template_metadata: JsonObject = field(default_factory=dict)
    template_data: Mapping[str, str | None] = field(default_factory=dict)
    type: str = ""
    immutable: bool | None = None

    @property
    def ref(self) -> ObjectRef:
        """Return which object this is."""
        return ObjectRef(group=GROUP, kind=KIND, namespace=self.namespace, name=self.name)

    @property
    def binding(self) -> Binding:
        """Return the place that its values are bound to."""
        return Binding(scope=self.scope, namespace=self.namespace, name=self.name)

    @property
    def annotations(self) -> JsonObject:
        """Return its own annotations, not those that the Secret gets."""
        return self.metadata.get("annotations") or {}


def parse(
    content: JsonObject,
    *,
    where: str = "",
    place_of: PlaceOf | None = None,
    keeps_unreadable: bool = False,
) -> SealedSecret:
    """Return the SealedSecret in a decoded object.

    ``where`` is the place named in errors, by default ``kind/namespace/name``; ``place_of`` gives
    that of an item. With ``keeps_unreadable``, an item that is not base64 or not a text has the
    envelope of no bytes, which nothing opens: it can be replaced then, and all else be read.
    Whether any key opens the values is not checked.

    Raises:
        InputError: it is no SealedSecret, has no name, or a part of it has the wrong shape.
        UnsupportedField: the values are in ``spec.data``, the form before 2019.
    """
    place = where or str(ObjectRef.of(content))
    if content.get("apiVersion") != API_VERSION or content.get("kind") != KIND:
        raise InputError(
            f"this is no {KIND} of {API_VERSION}",
            where=place,
            hint=f"give a manifest with `apiVersion: {API_VERSION}` and `kind: {KIND}`",
        )
    metadata = read_mapping(content, "metadata", where=place)
    spec = read_mapping(content, "spec", where=place)
    if spec.get("data"):
        raise UnsupportedField(
            "`spec.data` seals a whole Secret in the form before 2019, which is not read",
            where=place,
            hint="seal the Secret again, so that its values are in `spec.encryptedData`",
        )
    blobs = _encrypted_data(
        spec,
        where=place,
        place_of=place_of or (lambda _: place),
        keeps_unreadable=keeps_unreadable,
    )
    return _parse_parts(metadata, spec, blobs, where=place)


def to_content(sealed: SealedSecret) -> JsonObject:
    """Return the object to write: keys in a fixed order, nothing null, nothing empty."""
    template = _without_empty(
        {
            "metadata": sealed.template_metadata,
            "type": sealed.type,
            "immutable": sealed.immutable,
            "data": dict(sealed.template_data),
        }
    )
    metadata = {"name": sealed.name, "namespace": sealed.namespace} | {
        key: value for key, value in sealed.metadata.items() if key not in ("name", "namespace")
    }
    spec: JsonObject = {
        "encryptedData": {
            key: base64.b64encode(blob).decode()
            for key, blob in sorted(sealed.encrypted_data.items())
        }
    }
    return {
        "apiVersion": API_VERSION,
        "kind": KIND,
        "metadata": _without_empty(metadata),
        "spec": spec | ({"template": template} if template else {}),
    }


def _parse_parts(
    metadata: JsonObject, spec: JsonObject, blobs: dict[str, bytes], *, where: str
) -> SealedSecret:
    name = metadata.get("name")
    if not isinstance(name, str) or not name:
        raise InputError(f"the {KIND} has no name", where=where, hint="add `metadata.name`")
    template = read_mapping(spec, "template", where=where)
    template_metadata = read_mapping(template, "metadata", where=where)
    for part in ("labels", "annotations"):
        read_mapping(template_metadata, part, where=where)
    annotations = read_mapping(metadata, "annotations", where=where)
    return SealedSecret(
        name=name,
        namespace=str(metadata.get("namespace") or ""),
        scope=Scope.of_annotations(annotations),
        metadata=metadata,
        encrypted_data=blobs,
        template_metadata=template_metadata,
        template_data=_template_data(template, where=where),
        type=str(template.get("type") or ""),
        immutable=read_boolean(template, "immutable", where=where),
    )


def _encrypted_data(
    spec: JsonObject, *, where: str, place_of: PlaceOf, keeps_unreadable: bool
) -> dict[str, bytes]:
    blobs: dict[str, bytes] = {}
    for key, encoded in read_mapping(spec, "encryptedData", where=where).items():
        try:
            blobs[key] = decode_base64(encoded)
        except ValueError as error:
            if not keeps_unreadable:
                expected = str(error).removeprefix("not ")
                place = place_of(key)
                raise wrong_shape(f"spec.encryptedData.{key}", expected, where=place) from error
            blobs[key] = b""
    return blobs


def _template_data(template: JsonObject, *, where: str) -> dict[str, str | None]:
    texts = read_mapping(template, "data", where=where)
    for key, text in texts.items():
        if not isinstance(text, str | None):
            raise wrong_shape(f"spec.template.data.{key}", "a text", where=where)
    return texts


def _without_empty(content: JsonObject) -> JsonObject:
    return {key: value for key, value in content.items() if value not in ("", None, {}, [])}
