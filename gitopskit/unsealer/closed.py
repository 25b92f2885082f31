"""What is told of items that no key opens: what their envelopes say in the clear, and no more.

Pure. Whoever can create a SealedSecret reads its status, so nothing may be told here that only a
try with the private key shows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gitopskit.sealing import sealed_secret
from gitopskit.sealing.envelope import measure, wrapped_size_bytes
from gitopskit.sealing.key_records import key_of, read_records

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gitopskit.manifests.json_types import JsonObject
    from gitopskit.sealing.envelope import Measures
    from gitopskit.sealing.sealed_secret import SealedSecret
    from gitopskit.sealing.unseal import Keyring

_MOST_NAMED: Final = 8


def describe(content: JsonObject, items: Iterable[str], *, keyring: Keyring) -> str:
    """Return one sentence about the items of a SealedSecret that stay closed, and the scope."""
    sealed = sealed_secret.parse(content)
    closed = list(items)
    causes = [f"`{item}` ({_cause(sealed, item, keyring)})" for item in closed[:_MOST_NAMED]]
    more = [f"{len(closed) - _MOST_NAMED} more"] if len(closed) > _MOST_NAMED else []
    return f"no key opens {', '.join([*causes, *more])} in the scope {sealed.scope.value}"


def _cause(sealed: SealedSecret, item: str, keyring: Keyring) -> str:
    blob = sealed.encrypted_data[item]
    recorded = key_of(read_records(sealed.annotations), item, blob)
    measures = measure(blob)
    if measures.is_cut_off:
        return "it is cut off"
    if measures.is_of_no_key or measures.is_of_unknown_suite:
        return "it is no sealed value that is known here"
    if recorded:
        is_here = any(key.fingerprint == recorded for key in keyring.keys)
        return f"sealed to {recorded}, which is {'here' if is_here else 'not here'}"
    return _by_size(measures, keyring)


def _by_size(measures: Measures, keyring: Keyring) -> str:
    sizes = {wrapped_size_bytes(key.key) for key in keyring.keys}
    if measures.wrapped_size_bytes in sizes:
        tried = len(keyring.keys)
        return f"{tried} key{'' if tried == 1 else 's'} tried"
    if measures.is_hybrid:
        return "sealed to a hybrid key, and there is none"
    return f"sealed to a key of {measures.wrapped_size_bytes * 8} bits, and there is none"
