"""Opening what peers send, and sealing it again to the newest key. Pure; runs on threads.

Nothing but where the values are bound to and the envelopes is looked at: a template is never
rendered. The scope is that of the SealedSecret's own annotations, in which its values were sealed;
what the template says of scopes is dropped. The other way round, a peer could turn a strict value
into one that opens everywhere. Source: CVE-2026-22728.
"""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Final

from gitopskit.errors import UnusableKey
from gitopskit.manifests.settled_names import KEY_RECORDS_ANNOTATION
from gitopskit.sealing import sealed_secret
from gitopskit.sealing.envelope import seal_value
from gitopskit.sealing.hybrid import is_hybrid
from gitopskit.sealing.key_records import dump_records, record_of
from gitopskit.sealing.scope import CLUSTER_WIDE_ANNOTATION, NAMESPACE_WIDE_ANNOTATION
from gitopskit.sealing.seal import LAST_APPLIED, SET_BY_THE_SERVER, require_room
from gitopskit.sealing.unseal import unseal_secret

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gitopskit.manifests.json_types import JsonObject
    from gitopskit.redaction import Plaintext
    from gitopskit.sealing.certificates import Certificates
    from gitopskit.sealing.key_records import KeyRecord
    from gitopskit.sealing.keys import SealingCertificate
    from gitopskit.sealing.unseal import Keyring

_SCOPES: Final = frozenset({CLUSTER_WIDE_ANNOTATION, NAMESPACE_WIDE_ANNOTATION})
_ENVELOPES: Final = ("encryptedData", "data")


def count_items(content: JsonObject) -> int:
    """Return how many envelopes have to be opened, at least 1; nothing is checked."""
    spec = content.get("spec")
    items = spec.get("encryptedData") if isinstance(spec, dict) else None
    return max(1, len(items)) if isinstance(items, dict) else 1


def open_values(content: JsonObject, *, keyring: Keyring) -> Mapping[str, Plaintext]:
    """Return the values of a SealedSecret.

    Raises:
        InputError: it is no SealedSecret, or lacks the namespace that its scope binds it to.
        Undecryptable: no key opens one of its items.
    """
    spec = content.get("spec")
    if isinstance(spec, dict):
        content = content | {"spec": {name: spec[name] for name in _ENVELOPES if name in spec}}
    return unseal_secret(content, keyring=keyring).data


def reseal(content: JsonObject, *, keyring: Keyring, certificates: Certificates) -> JsonObject:
    """Return the SealedSecret with the same values, each sealed to the certificate of its kind.

    What was sealed to a hybrid key is never sealed to RSA instead. Labels, annotations and the
    template stay as they are, except for what a server set, key records (made anew where there
    were any), and the template's scopes.

    Raises:
        InputError: it is no SealedSecret in today's form, lacks the namespace that its scope
            binds it to, or becomes too large.
        Undecryptable: no key opens one of its items.
        UnusableKey: there is no certificate of a kind that is needed.
    """
    sealed = sealed_secret.parse(content)
    values = open_values(content, keyring=keyring)
    label = sealed.binding.label
    sealed_to = {
        item: _certificate_for(blob, certificates) for item, blob in sealed.encrypted_data.items()
    }
    envelopes = {
        item: seal_value(values[item], public_key=certificate.public_key, label=label)
        for item, certificate in sealed_to.items()
    }
    records = {
        item: record_of(envelope, fingerprint=sealed_to[item].fingerprint)
        for item, envelope in envelopes.items()
    }
    again = {
        "apiVersion": sealed_secret.API_VERSION,
        "kind": sealed_secret.KIND,
        "metadata": _metadata(sealed.metadata, records),
        "spec": _spec(content["spec"], envelopes),
    }
    require_room(again, where=str(sealed.ref))
    return again


def _certificate_for(blob: bytes, certificates: Certificates) -> SealingCertificate:
    certificate = certificates.of_kind("hybrid" if is_hybrid(blob) else "rsa")
    if certificate is None:
        raise UnusableKey(
            "there is no usable key of the kind that an item is sealed to",
            hint="make one with `gitopskit keys new`",
        )
    return certificate


def _metadata(metadata: JsonObject, records: Mapping[str, KeyRecord]) -> JsonObject:
    kept = {key: value for key, value in metadata.items() if key not in SET_BY_THE_SERVER}
    annotations = kept.pop("annotations", None) or {}
    annotations = {key: value for key, value in annotations.items() if key not in LAST_APPLIED}
    if KEY_RECORDS_ANNOTATION in annotations:
        annotations[KEY_RECORDS_ANNOTATION] = dump_records(records)
    return kept | ({"annotations": annotations} if annotations else {})


def _spec(spec: JsonObject, envelopes: Mapping[str, bytes]) -> JsonObject:
    texts = {item: base64.b64encode(blob).decode() for item, blob in envelopes.items()}
    return spec | {"encryptedData": texts} | _template(spec.get("template"))


def _template(template: JsonObject | None) -> JsonObject:
    """Return the template in its field, without scopes among its annotations."""
    metadata = (template or {}).get("metadata") or {}
    annotations = metadata.get("annotations") or {}
    if not template or not _SCOPES & annotations.keys():
        return {} if template is None else {"template": template}
    kept = {key: value for key, value in annotations.items() if key not in _SCOPES}
    others = {key: value for key, value in metadata.items() if key != "annotations"}
    return {"template": template | {"metadata": others | ({"annotations": kept} if kept else {})}}
