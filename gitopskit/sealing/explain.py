"""Why an envelope does not open, for the person who holds the private keys.

Outward there is one answer, *no key opens it*. With the keys in hand everything below can be found
out by trying anyway, so it is told: nothing here may be called for envelopes that others send in.
Start at ``explain``.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Final

from gitopskit.sealing.envelope import measure, probe, wrapped_size_bytes
from gitopskit.sealing.hybrid import OVERHEAD_SIZE_BYTES
from gitopskit.sealing.scope import Binding, Scope

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from gitopskit.sealing.envelope import Measures
    from gitopskit.sealing.keys import PrivateKey


_TAKE_OR_SEAL: Final = "take the value from Git's history, or seal it again"
_GIVE_THE_KEY: Final = "give the private key that it was sealed to"


class Cause(Enum):
    """The kinds of failure that can be told apart."""

    CUT_OFF = "cut off"
    OTHER_SIZE = "key of another size"
    OTHER_KIND = "key of another kind"
    OTHER_SUITE = "suite unknown"
    ALTERED = "altered"
    OTHER_SCOPE = "another scope"
    OTHER_PLACE = "another place"
    KEY_NOT_HERE = "key not here"
    PLACE_UNKNOWN = "place unknown"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """Why an envelope does not open: the kind, a sentence, and what to do about it."""

    cause: Cause
    sentence: str
    hint: str


def explain(
    blob: bytes,
    *,
    keys: Sequence[PrivateKey],
    binding: Binding,
    recorded_key: str = "",
    elsewhere: Iterable[Binding] = (),
) -> Explanation:
    """Return why no key opens an envelope that is bound to a place.

    ``recorded_key`` is the fingerprint that the manifest names for it, or empty. ``elsewhere``
    holds places that it may have been sealed for instead; their scopes do not matter. That the
    envelope really does not open is not checked.
    """
    return (
        _by_size(blob, keys)
        or _by_trying(blob, keys, binding, elsewhere)
        or _by_record(keys, binding, recorded_key)
    )


def _by_size(blob: bytes, keys: Sequence[PrivateKey]) -> Explanation | None:
    sizes = measure(blob)
    if sizes.is_cut_off:
        return Explanation(
            cause=Cause.CUT_OFF,
            sentence=f"the value is cut off: {_too_short_for(sizes, len(blob))}"
            if blob
            else "the value is empty",
            hint=_TAKE_OR_SEAL,
        )
    if sizes.is_of_no_key:
        return Explanation(
            cause=Cause.ALTERED,
            sentence="its first bytes were altered: they announce a wrapped key of "
            f"{sizes.wrapped_size_bytes} bytes, which no RSA key has",
            hint=_TAKE_OR_SEAL,
        )
    if sizes.is_of_unknown_suite:
        return Explanation(
            cause=Cause.OTHER_SUITE,
            sentence=f"it names the suite {sizes.suite}, which is not known here: a newer version "
            "sealed it, or its first bytes were altered",
            hint="use a newer gitopskit, or take the value from Git's history",
        )
    return _by_kind(sizes, keys)


def _too_short_for(sizes: Measures, size_bytes: int) -> str:
    if sizes.is_hybrid:
        return f"{size_bytes} bytes, and a hybrid envelope has {OVERHEAD_SIZE_BYTES} or more"
    return (
        f"{size_bytes} bytes cannot hold a wrapped key of {sizes.wrapped_size_bytes} bytes and a "
        "tag"
    )


def _by_kind(sizes: Measures, keys: Sequence[PrivateKey]) -> Explanation | None:
    """Return that no key tried can be the one, by its kind or its size."""
    tried = {wrapped_size_bytes(key.key) for key in keys}
    if not keys or sizes.wrapped_size_bytes in tried:
        return None
    bits = sizes.wrapped_size_bytes * 8
    if sizes.is_hybrid:
        return _no_key_of_kind("a hybrid key")
    if all(key.is_hybrid for key in keys):
        return _no_key_of_kind(f"an RSA key of {bits} bits")
    have = ", ".join(str(size * 8) for size in sorted(tried) if size)
    return Explanation(
        cause=Cause.OTHER_SIZE,
        sentence=f"it was sealed to a key of {bits} bits, and the keys tried have {have}",
        hint=_GIVE_THE_KEY,
    )


def _no_key_of_kind(kind: str) -> Explanation:
    return Explanation(
        cause=Cause.OTHER_KIND,
        sentence=f"it was sealed to {kind}, and no key tried is one",
        hint=_GIVE_THE_KEY,
    )


def _by_trying(
    blob: bytes, keys: Sequence[PrivateKey], binding: Binding, elsewhere: Iterable[Binding]
) -> Explanation | None:
    for other in _candidates(binding, elsewhere):
        for key in keys:
            result = probe(blob, private_key=key.key, label=other.label)
            if result == "altered":
                return Explanation(
                    cause=Cause.ALTERED,
                    sentence=f"the key {key.fingerprint} is the right one, and the value behind "
                    "it was altered or cut off",
                    hint=_TAKE_OR_SEAL,
                )
            if result == "opens":
                return _misplaced(binding, other)
    return None


def _candidates(binding: Binding, elsewhere: Iterable[Binding]) -> Iterator[Binding]:
    """Yield the place itself, its other scopes, and the other places in every scope; each once."""
    seen: set[bytes] = set()
    for place in (binding, *elsewhere):
        for scope in (place.scope, *Scope):
            candidate = Binding(scope=scope, namespace=place.namespace, name=place.name)
            if candidate.label not in seen:
                seen.add(candidate.label)
                yield candidate


def _misplaced(binding: Binding, found: Binding) -> Explanation:
    is_there = found.scope is Scope.CLUSTER_WIDE or (
        found.namespace == binding.namespace
        and (found.scope is Scope.NAMESPACE_WIDE or found.name == binding.name)
    )
    if is_there:
        return Explanation(
            cause=Cause.OTHER_SCOPE,
            sentence=f"it was sealed as {found.scope.value}, and the manifest says "
            f"{binding.scope.value}",
            hint=_scope_hint(found.scope),
        )
    return Explanation(
        cause=Cause.OTHER_PLACE,
        sentence=f"it was sealed for {_place(found)}, and the manifest is for {_place(binding)}",
        hint="give the manifest its old name and namespace, or seal it again for the new ones",
    )


def _scope_hint(scope: Scope) -> str:
    if scope is Scope.STRICT:
        return "remove the scope's annotation from `metadata.annotations`"
    (annotation,) = scope.annotations
    return f'add `{annotation}: "true"` to `metadata.annotations`, and no other scope'


def _by_record(keys: Sequence[PrivateKey], binding: Binding, recorded_key: str) -> Explanation:
    tried = ", ".join(key.fingerprint for key in keys) or "none"
    if recorded_key and recorded_key not in {key.fingerprint for key in keys}:
        return Explanation(
            cause=Cause.KEY_NOT_HERE,
            sentence=f"it is recorded as sealed to {recorded_key}, which is not among the keys "
            f"tried: {tried}",
            hint=_GIVE_THE_KEY,
        )
    if recorded_key:
        return Explanation(
            cause=Cause.PLACE_UNKNOWN,
            sentence=f"it is recorded as sealed to {recorded_key}, which is here: it is for "
            f"another name or namespace than {_place(binding)}, or the record is wrong",
            hint="give the manifest the name and namespace that it was sealed for",
        )
    return Explanation(
        cause=Cause.UNKNOWN,
        sentence="it was sealed to a key that is not here, or for another name or namespace than "
        f"{_place(binding)}, or altered since; keys tried: {tried}",
        hint="give more private keys, or the name and namespace that it was sealed for",
    )


def _place(binding: Binding) -> str:
    if binding.scope is Scope.CLUSTER_WIDE:
        return "the whole cluster"
    if not binding.namespace:
        return f"{binding.name} in no namespace"
    if binding.scope is Scope.NAMESPACE_WIDE:
        return f"the namespace {binding.namespace}"
    return f"{binding.namespace}/{binding.name}"
