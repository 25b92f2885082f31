"""Unchanged values: the envelopes of an earlier sealing that still hold what is to be sealed.

Two envelopes of one value never look alike, so sealing anew changes a file although nothing
changed. An envelope is kept only on proof: it opens with the private half of the very key that is
sealed with, or it is recorded for that key with a digest of the value (key_records.py).
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gitopskit.errors import Undecryptable
from gitopskit.sealing.envelope import open_value
from gitopskit.sealing.key_records import key_of, read_records

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gitopskit.redaction import Plaintext
    from gitopskit.sealing.key_records import DigestKey
    from gitopskit.sealing.sealed_secret import SealedSecret
    from gitopskit.sealing.unseal import Keyring


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """What an earlier sealing is compared by: private keys, a digest key, or both."""

    keyring: Keyring | None = None
    digest_key: DigestKey | None = None


def unchanged_envelopes(
    earlier: SealedSecret,
    values: Mapping[str, Plaintext],
    *,
    fingerprint: str,
    comparison: Comparison,
) -> dict[str, bytes]:
    """Return the envelopes that hold their item's value, sealed to the key of that fingerprint.

    The caller makes sure that the earlier SealedSecret has the binding that is sealed for.
    """
    return {
        item: earlier.encrypted_data[item]
        for item, value in values.items()
        if item in earlier.encrypted_data
        and (
            _is_recorded(earlier, item, value, fingerprint=fingerprint, comparison=comparison)
            or _opens_to(earlier, item, value, fingerprint=fingerprint, comparison=comparison)
        )
    }


def _is_recorded(
    earlier: SealedSecret,
    item: str,
    value: Plaintext,
    *,
    fingerprint: str,
    comparison: Comparison,
) -> bool:
    if comparison.digest_key is None:
        return False
    records = read_records(earlier.annotations)
    if key_of(records, item, earlier.encrypted_data[item]) != fingerprint:
        return False
    digest = comparison.digest_key.digest(
        value, item=item, label=earlier.binding.label, envelope=earlier.encrypted_data[item]
    )
    return hmac.compare_digest(records[item].value_digest, digest)


def _opens_to(
    earlier: SealedSecret,
    item: str,
    value: Plaintext,
    *,
    fingerprint: str,
    comparison: Comparison,
) -> bool:
    keys = comparison.keyring.keys if comparison.keyring is not None else ()
    private_keys = [key.key for key in keys if key.fingerprint == fingerprint]
    try:
        opened = open_value(
            earlier.encrypted_data[item],
            private_keys=private_keys,
            label=earlier.binding.label,
        )
    except Undecryptable:
        return False
    return opened == value
