"""Key records: which key each item of a SealedSecret was sealed to, kept beside the values.

An envelope does not name its key, so an annotation does. It is bookkeeping, not proof: whoever can
write the manifest can write it. A record holds only as long as its digest is that of the envelope,
because tools that do not know the annotation leave it behind when they seal anew. Whatever is not
recorded is *unknown*, and who asks must take an unknown item for one that is still in use.

The annotation is a text with one line an item, in the order of the items, so that a line-by-line
comparison shows the one that changed::

    <item> <fingerprint of the key> <digest of the envelope> [<digest of the value>]

Source: docs/sealed-format.md, "Key records".
"""

from __future__ import annotations

import hashlib
import hmac
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from gitopskit.manifests.settled_names import KEY_RECORDS_ANNOTATION

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gitopskit.manifests.json_types import JsonValue
    from gitopskit.redaction import Plaintext

_DIGEST_SIZE_BYTES: Final = 16
"""Enough to see that an envelope is another one; nobody gains by a collision."""

_LINE: Final = re.compile(
    r"(?P<item>[-._a-zA-Z0-9]{1,253}) (?P<fingerprint>SHA256:[A-Za-z0-9+/]{43})"
    r" (?P<envelope>[0-9a-f]{32})(?: hmac:(?P<value>[0-9a-f]{64}))?"
)
_LARGEST_ANNOTATION_BYTES: Final = 128 * 1024
"""Half of what all annotations of an object may take together.

Source: k8s.io/apimachinery, api/validation, TotalAnnotationSizeLimitB (256 KiB).
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyRecord:
    """The key that an item was sealed to, and the envelope of which that was said.

    ``fingerprint`` is ``SHA256:…``, ``envelope_digest`` 32 hexadecimal digits. ``value_digest`` is
    64 of them, or empty: see ``DigestKey``.
    """

    fingerprint: str
    envelope_digest: str
    value_digest: str = ""


@dataclass(frozen=True, slots=True)
class DigestKey:
    """A key for digests of values, by which an unchanged value is known without opening it.

    Who has the key can test guesses of a value, so it must never lie in Git.
    """

    key: bytes = field(repr=False)

    def digest(self, value: Plaintext, *, item: str, label: bytes, envelope: bytes) -> str:
        """Return HMAC-SHA256 over label, item, value and envelope: it vouches for that envelope.

        Without the envelope another value could be put in its place, and the digest would go on
        saying that nothing changed.
        """
        parts = (label, item.encode(), value.reveal(), envelope)
        message = b"".join(len(part).to_bytes(8, "big") + part for part in parts)
        return hmac.new(self.key, message, hashlib.sha256).hexdigest()


def record_of(envelope: bytes, *, fingerprint: str, value_digest: str = "") -> KeyRecord:
    """Return the record of an envelope that was just made."""
    return KeyRecord(
        fingerprint=fingerprint,
        envelope_digest=_digest_of(envelope),
        value_digest=value_digest,
    )


def read_records(annotations: Mapping[str, JsonValue]) -> dict[str, KeyRecord]:
    """Return the records in annotations by item; what cannot be read is left out, so unknown."""
    text = annotations.get(KEY_RECORDS_ANNOTATION)
    records: dict[str, KeyRecord] = {}
    repeated: set[str] = set()
    for line in text.splitlines() if isinstance(text, str) else ():
        match = _LINE.fullmatch(line.strip())
        if match is None:
            continue
        if match["item"] in records:
            repeated.add(match["item"])
        records[match["item"]] = KeyRecord(
            fingerprint=match["fingerprint"],
            envelope_digest=match["envelope"],
            value_digest=match["value"] or "",
        )
    return {item: record for item, record in records.items() if item not in repeated}


def dump_records(records: Mapping[str, KeyRecord]) -> str:
    """Return records as the text of the annotation, empty where they are none or too many."""
    lines = [_line(item, record) for item, record in sorted(records.items())]
    text = "".join(f"{line}\n" for line in lines)
    return text if len(text) <= _LARGEST_ANNOTATION_BYTES else ""


def key_of(records: Mapping[str, KeyRecord], item: str, envelope: bytes) -> str:
    """Return the fingerprint of the key that an envelope was sealed to, empty if unknown."""
    record = records.get(item)
    if record is None or record.envelope_digest != _digest_of(envelope):
        return ""
    return record.fingerprint


def _digest_of(envelope: bytes) -> str:
    return hashlib.sha256(envelope).digest()[:_DIGEST_SIZE_BYTES].hex()


def _line(item: str, record: KeyRecord) -> str:
    line = f"{item} {record.fingerprint} {record.envelope_digest}"
    return f"{line} hmac:{record.value_digest}" if record.value_digest else line
