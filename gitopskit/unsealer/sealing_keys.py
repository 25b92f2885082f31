"""The sealing keys of the cluster, as last seen: what opens values, and what seals new ones.

State of one process without I/O. A key Secret that cannot be used is told and passed over: the
others still open what was sealed to them. The watches of ``selections`` feed it, through ``take``.
"""

from __future__ import annotations

import asyncio
import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal, get_args

from gitopskit.errors import UnusableKey
from gitopskit.kube.watch import Listed
from gitopskit.manifests.identity import ObjectRef
from gitopskit.manifests.settled_names import HYBRID_KEY_LABEL
from gitopskit.sealing.hybrid_pem import PUBLIC_ITEM
from gitopskit.sealing.key_secrets import (
    DEFAULT_KEY_PREFIX,
    KEY_LABEL_PENDING,
    ClusterKey,
    KeyOrder,
    newest_first,
    read_key,
    state_of,
)
from gitopskit.sealing.keys import CERTIFICATE_ITEM, KEY_LABEL, KEY_LABEL_ACTIVE
from gitopskit.sealing.unseal import Keyring

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gitopskit.kube.watch import Change
    from gitopskit.manifests.json_types import JsonObject
    from gitopskit.sealing.certificates import KeyKind
    from gitopskit.sealing.keys import PrivateKey

KeySource = Literal["legacy_key", "hybrid_keys", "keys"]
_SOURCES: Final[tuple[KeySource, ...]] = get_args(KeySource)

_IN_USE: Final = f"in ({KEY_LABEL_ACTIVE},{KEY_LABEL_PENDING})"


@dataclass(frozen=True, slots=True, kw_only=True)
class KeySelection:
    """The Secrets of the keys' namespace that one watch of keys shows."""

    source: KeySource
    label_selector: str
    field_selector: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Held:
    """A key as it was read; ``digest`` is that of the items it was read from."""

    public: ClusterKey
    private: PrivateKey = field(repr=False)
    digest: bytes


_Seen = dict[str, "_Held | UnusableKey"]
"""What each Secret of a source holds, by name."""


class SealingKeys:
    """The keys that the watches have shown, and the keyring that they make.

    ``keyring`` stays the same object for as long as nothing changes in it. ``version`` grows with
    every change of what is known of any key, and ``changed`` waits for the next.
    """

    def __init__(
        self, *, prefix: str = DEFAULT_KEY_PREFIX, order: KeyOrder = "CertNotBefore"
    ) -> None:
        """Start without keys; ``prefix`` names the one that needs no label."""
        self._prefix = prefix
        self._order: KeyOrder = order
        self._seen: dict[KeySource, _Seen] = {}
        self._change = asyncio.Event()
        self.version = 0
        self.keyring = Keyring(())
        self.keys: tuple[ClusterKey, ...] = ()
        self.problems: tuple[UnusableKey, ...] = ()

    @property
    def selections(self) -> tuple[KeySelection, ...]:
        """Return what is to be watched in the keys' namespace."""
        unlabelled = KeySelection(
            source="legacy_key",
            label_selector=f"!{KEY_LABEL},!{HYBRID_KEY_LABEL}",
            field_selector=f"metadata.name={self._prefix}",
        )
        return (
            KeySelection(source="keys", label_selector=f"{KEY_LABEL} {_IN_USE}"),
            KeySelection(source="hybrid_keys", label_selector=f"{HYBRID_KEY_LABEL} {_IN_USE}"),
            unlabelled,
        )

    @property
    def are_listed(self) -> bool:
        """Whether every watch has listed its Secrets once, so that all keys are known."""
        return all(selection.source in self._seen for selection in self.selections)

    @property
    def fingerprints(self) -> frozenset[str]:
        """Return which keys there are."""
        return frozenset(key.fingerprint for key in self.keyring.keys)

    @property
    def newest_certificate(self) -> bytes:
        """Return the PEM of the certificate that new values are sealed to, empty for none."""
        return self._pem_of("rsa")

    @property
    def published(self) -> dict[str, bytes]:
        """Return what is to be published of the keys, by the name of the item."""
        items = {CERTIFICATE_ITEM: self._pem_of("rsa"), PUBLIC_ITEM: self._pem_of("hybrid")}
        return {item: pem for item, pem in items.items() if pem}

    def newest(self, kind: KeyKind = "rsa") -> ClusterKey | None:
        """Return the key of a kind that new values are sealed to: the newest active one."""
        of_kind = (key for key in self.keys if (key.kind, key.state) == (kind, "active"))
        return next(of_kind, None)

    def unusable(self, kind: KeyKind = "rsa") -> int:
        """Return how many key Secrets that there are for a kind cannot be used."""
        sources = (
            source for source in self._seen if (source == "hybrid_keys") == (kind == "hybrid")
        )
        found = (each for source in sources for each in self._seen[source].values())
        return sum(isinstance(each, UnusableKey) for each in found)

    async def changed(self, since: int) -> int:
        """Wait until the version is another one than ``since``, and return it."""
        while self.version == since:
            await self._change.wait()
        return self.version

    async def take(self, event: Listed | Change, source: KeySource = "keys") -> list[UnusableKey]:
        """Take in what a watch showed; return what of it cannot be used, and why.

        Keys are read in a thread. The events of one source must come one after the other.
        """
        before = self._seen.get(source, {})
        if isinstance(event, Listed):
            kept: _Seen = {}
            contents = event.items
        else:
            name = event.object["metadata"]["name"]
            kept = {other: seen for other, seen in before.items() if other != name}
            contents = () if event.kind == "DELETED" else (event.object,)
        read = await asyncio.to_thread(_read_all, contents, before, prefix=self._prefix)
        is_first = source not in self._seen
        self._seen[source] = kept | read
        self._look_again(is_first=is_first)
        return [each for each in read.values() if isinstance(each, UnusableKey)]

    @property
    def _held(self) -> dict[str, _Held]:
        """Return the keys by name; what a label says goes before what is known without one."""
        every: _Seen = {}
        for source in _SOURCES:
            every |= self._seen.get(source, {})
        return {name: each for name, each in every.items() if isinstance(each, _Held)}

    def _pem_of(self, kind: KeyKind) -> bytes:
        newest = self.newest(kind)
        return self._held[newest.name].private.certificate_pem if newest else b""

    def _look_again(self, *, is_first: bool) -> None:
        held = self._held
        keys = newest_first((each.public for each in held.values()), self._order)
        found = (each for seen in self._seen.values() for each in seen.values())
        problems = tuple(each for each in found if isinstance(each, UnusableKey))
        keyring = Keyring(tuple(each.private for each in held.values()))
        if _identity(keyring) != _identity(self.keyring):
            self.keyring = keyring
        told = list(map(str, self.problems))
        if is_first or keys != self.keys or list(map(str, problems)) != told:
            self.keys, self.problems = keys, problems
            self.version += 1
            self._change.set()
            self._change = asyncio.Event()


def _read_all(contents: Iterable[JsonObject], before: _Seen, *, prefix: str) -> _Seen:
    """Return what Secrets hold, without what is retired; keys of ``before`` are not read again."""
    return {
        content["metadata"]["name"]: _read(content, before, prefix=prefix)
        for content in contents
        if state_of(content, prefix=prefix) != "retired"
    }


def _read(content: JsonObject, before: _Seen, *, prefix: str) -> _Held | UnusableKey:
    digest = _digest_of(content)
    known = before.get(content["metadata"]["name"])
    is_same = isinstance(known, _Held) and known.digest == digest
    try:
        public, private = read_key(
            content,
            where=str(ObjectRef.of(content)),
            prefix=prefix,
            known=known.private if isinstance(known, _Held) and is_same else None,
        )
    except UnusableKey as error:
        return error
    return _Held(public=public, private=private, digest=digest)


def _digest_of(content: JsonObject) -> bytes:
    """Return what two equal sets of items have in common, and no others."""
    return hashlib.sha256(repr(content.get("data")).encode()).digest()


def _identity(keyring: Keyring) -> list[tuple[str, bytes]]:
    return [(key.fingerprint, key.certificate_pem) for key in keyring.keys]
