"""Which key each item needs: as recorded, as shown by opening it, or unknown.

Pure. An unknown key may be any, so who is about to give one up must count the item among its users.
Start at ``uses_in``.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Final, Literal

from gitopskit.errors import InputError, Undecryptable
from gitopskit.sealing.envelope import open_and_tell
from gitopskit.sealing.key_records import key_of, read_records

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from gitopskit.manifests.json_types import JsonObject
    from gitopskit.sealedfiles.sealed_text import SealedPart
    from gitopskit.sealedfiles.stored_certificates import NamedCertificate
    from gitopskit.sealing.sealed_secret import SealedSecret
    from gitopskit.sealing.unseal import Keyring

FINGERPRINT_PREFIX: Final = "SHA256:"

_WHOLE: Final = re.compile(r"SHA256:[A-Za-z0-9+/]{43}")
_BEGINNING: Final = re.compile(r"SHA256:[A-Za-z0-9+/]{8,42}")


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemKey:
    """What is known of the key of one item; fingerprints, empty where there are none.

    ``is_closed`` tells that the keyring was tried, and no key of it opens the item.
    """

    item: str
    recorded: str = ""
    opened: str = ""
    is_closed: bool = False

    @property
    def fingerprint(self) -> str:
        """Return the key that the item was sealed to, empty if it is unknown."""
        return self.opened or self.recorded

    @property
    def known(self) -> Literal["opened", "recorded", "unknown"]:
        """Return how it is known."""
        if self.opened:
            return "opened"
        return "recorded" if self.recorded else "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyUse:
    """One item of one SealedSecret and its key. A SealedSecret of a cluster has an empty path."""

    part: SealedPart
    key: ItemKey

    @property
    def where(self) -> str:
        """Return ``path:line:column`` of the item, or which object it is in."""
        return self.part.where(self.key.item) if self.part.manifest.path else self.object

    @property
    def object(self) -> str:
        """Return ``kind/namespace/name`` of its SealedSecret."""
        return str(self.part.sealed.ref)


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyCount:
    """How much needs one key; the fingerprint is empty for what is unknown.

    ``names`` are the environments or files that have its certificate, ``age_days`` is None where
    no certificate tells when it began.
    """

    fingerprint: str
    items: int
    files: int
    names: tuple[str, ...] = ()
    age_days: int | None = None

    @property
    def title(self) -> str:
        """Return the fingerprint, with the names if there are any, or ``unknown``."""
        names = f" ({', '.join(self.names)})" if self.names else ""
        return f"{self.fingerprint or 'unknown'}{names}"

    def structured(self) -> JsonObject:
        """Return the same for programs; the fingerprint of the unknown key is null."""
        return {**asdict(self), "names": list(self.names), "fingerprint": self.fingerprint or None}


def item_keys(sealed: SealedSecret, *, keyring: Keyring | None) -> tuple[ItemKey, ...]:
    """Return the key of each item of a SealedSecret.

    With a keyring every item is tried, for anybody can write a record; what no key of it opens
    keeps the record that it has.
    """
    records = read_records(sealed.annotations)
    found: list[ItemKey] = []
    for item, blob in sealed.encrypted_data.items():
        recorded = key_of(records, item, blob)
        if keyring is None:
            found.append(ItemKey(item=item, recorded=recorded))
            continue
        opened = _opened_by(blob, sealed.binding.label, keyring, first=recorded)
        found.append(ItemKey(item=item, recorded=recorded, opened=opened, is_closed=not opened))
    return tuple(found)


def uses_in(parts: Iterable[SealedPart], *, keyring: Keyring | None = None) -> list[KeyUse]:
    """Return every item of some SealedSecrets with its key; see ``item_keys``."""
    return [
        KeyUse(part=part, key=key)
        for part in parts
        for key in item_keys(part.sealed, keyring=keyring)
    ]


def users_of(fingerprint: str, uses: Iterable[KeyUse]) -> list[KeyUse]:
    """Return the items that need a key, and those that may because theirs is unknown."""
    return [use for use in uses if use.key.fingerprint in (fingerprint, "")]


def count_keys(
    uses: Iterable[KeyUse],
    *,
    now: datetime,
    certificates: Iterable[NamedCertificate] = (),
    keyring: Keyring | None = None,
) -> list[KeyCount]:
    """Return the keys that items need, those with the most items first and the unknown one last."""
    items: Counter[str] = Counter()
    files: defaultdict[str, set[str]] = defaultdict(set)
    for use in uses:
        items[use.key.fingerprint] += 1
        files[use.key.fingerprint].add(use.part.manifest.path)
    names: defaultdict[str, list[str]] = defaultdict(list)
    since = {key.fingerprint: key.not_before_utc for key in (keyring.keys if keyring else ())}
    for named in certificates:
        names[named.certificate.fingerprint].append(named.name)
        since[named.certificate.fingerprint] = named.certificate.not_before_utc
    return [
        KeyCount(
            fingerprint=key,
            items=items[key],
            files=len(files[key]),
            names=tuple(dict.fromkeys(names[key])),
            age_days=None if (begun := since.get(key)) is None else age_days(begun, now=now),
        )
        for key in sorted(items, key=lambda key: (not key, -items[key], key))
    ]


def age_days(since: datetime, *, now: datetime) -> int:
    """Return how many whole days ago something was; negative for what is yet to come."""
    return (now - since).days


def resolve_fingerprint(text: str, known: Iterable[str]) -> str:
    """Return the only known fingerprint that begins with a text, or the text if none does.

    Raises:
        InputError: it is none, too short, or the beginning of several.
    """
    if _WHOLE.fullmatch(text):
        return text
    if not _BEGINNING.fullmatch(text):
        raise InputError(
            f"this is no fingerprint of a key: {text[:60]!r}",
            hint=f"give `{FINGERPRINT_PREFIX}` and at least 8 of its 43 characters",
        )
    found = sorted({fingerprint for fingerprint in known if fingerprint.startswith(text)})
    if len(found) == 1:
        return found[0]
    if found:
        raise InputError(f"several keys begin with {text}", hint="give more: " + ", ".join(found))
    return text


def _opened_by(blob: bytes, label: bytes, keyring: Keyring, *, first: str) -> str:
    """Return the fingerprint of the key that opens an envelope, empty if none does."""
    keys = keyring.first(first)
    try:
        _, index = open_and_tell(blob, private_keys=[key.key for key in keys], label=label)
    except Undecryptable:
        return ""
    return keys[index].fingerprint
