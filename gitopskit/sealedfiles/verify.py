"""What is wrong with SealedSecrets: without keys what can be seen, with them what opens.

Pure: values in, findings out. Reading is reading.py's, what no key is needed for part_checks.py's,
the reason why an item stays closed closed_items.py's. Start at ``verify_manifests``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from gitopskit.sealedfiles.closed_items import closed_items
from gitopskit.sealedfiles.part_checks import check_envelopes, check_overlay, check_part
from gitopskit.sealedfiles.part_findings import finding_at, named_in
from gitopskit.sealedfiles.usage import item_keys
from gitopskit.sealing.envelope import wrapped_size_bytes

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from gitopskit.manifests.findings import Finding
    from gitopskit.sealedfiles.sealed_text import SealedPart
    from gitopskit.sealedfiles.stored_certificates import NamedCertificate
    from gitopskit.sealedfiles.usage import ItemKey
    from gitopskit.sealing.unseal import Keyring

KEY: Final = "sealed-key"
"""The rule of findings about which key an item was sealed to."""

RECORD: Final = "sealed-record"
"""The rule of records that are not true: retiring a key by them would lose values."""

_MOST_NAMED: Final = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """A SealedSecret to be verified, what is known of its keys, and what it should be sealed to.

    ``expected`` are the certificates of its environment, or all that may be meant; empty where
    none is known. ``namespace`` is that of its overlay, empty if it is in none.
    """

    part: SealedPart
    keys: tuple[ItemKey, ...]
    expected: tuple[NamedCertificate, ...] = ()
    namespace: str = ""


def subject_of(
    part: SealedPart,
    *,
    expected: tuple[NamedCertificate, ...] = (),
    keyring: Keyring | None = None,
    namespace: str = "",
) -> Subject:
    """Return a SealedSecret as what is to be verified; every item is tried with a keyring."""
    keys = item_keys(part.sealed, keyring=keyring)
    return Subject(part=part, keys=keys, expected=expected, namespace=namespace)


def verify_manifests(
    subjects: Sequence[Subject],
    *,
    certificates: Iterable[NamedCertificate] = (),
    keyring: Keyring | None = None,
) -> list[Finding]:
    """Return what is wrong with SealedSecrets, in their order.

    ``certificates`` are all that are known: they give fingerprints a name and a size. ``keyring``
    is the one that the subjects were tried with; what it does not open is explained.
    """
    known = {each.certificate.fingerprint: each for each in certificates}
    sizes = {key: wrapped_size_bytes(each.certificate.public_key) for key, each in known.items()}
    findings: list[Finding] = []
    for subject in subjects:
        findings += check_part(subject.part)
        findings += check_overlay(subject.part, subject.namespace)
        findings += check_envelopes(subject.part, subject.keys, wrapped_sizes=sizes)
        findings += _check_keys(subject, known)
    if keyring is not None:
        closed = [(each.part, key.item) for each in subjects for key in each.keys if key.is_closed]
        places = list(dict.fromkeys(each.part.sealed.binding for each in subjects))
        findings += closed_items(closed, keyring=keyring, places=places)
    return findings


def _check_keys(subject: Subject, known: Mapping[str, NamedCertificate]) -> Iterator[Finding]:
    part = subject.part
    unknown = [key.item for key in subject.keys if not key.fingerprint and not key.is_closed]
    if unknown:
        yield finding_at(
            part,
            (),
            rule=KEY,
            severity="info",
            message=f"no key is recorded for {_listed(part, unknown)}",
            hint="`gitopskit seal reencrypt` records it",
        )
    expected = {each.certificate.fingerprint for each in subject.expected}
    others: dict[str, list[str]] = {}
    for key in subject.keys:
        if expected and key.fingerprint and key.fingerprint not in expected:
            others.setdefault(key.fingerprint, []).append(key.item)
    for fingerprint, items in others.items():
        yield _other_key(subject, fingerprint, items, known.get(fingerprint))
    yield from _false_records(subject)


def _other_key(
    subject: Subject, fingerprint: str, items: list[str], found: NamedCertificate | None
) -> Finding:
    """Return the finding about items that are sealed to a key that is not expected there."""
    meant = ", ".join(f"{each.certificate.fingerprint} ({each.name})" for each in subject.expected)
    owner = f" ({found.name})" if found else ""
    return finding_at(
        subject.part,
        (),
        rule=KEY,
        severity="warning",
        message=f"sealed to {fingerprint}{owner}, and not to {meant}: "
        f"{_listed(subject.part, items)}",
        hint=f"seal again for {subject.expected[0].name}, which does not open what is sealed so"
        if found
        else "`gitopskit seal reencrypt` moves to the newest key what an older one still opens",
    )


def _false_records(subject: Subject) -> Iterator[Finding]:
    for key in subject.keys:
        if key.opened and key.recorded and key.opened != key.recorded:
            yield finding_at(
                subject.part,
                ("spec", "encryptedData", key.item),
                rule=RECORD,
                message=f"{named_in(subject.part, key.item)}: the manifest records "
                f"{key.recorded}, but {key.opened} opens it",
                hint="run `gitopskit seal reencrypt`, or set it again with `gitopskit seal set`",
            )


def _listed(part: SealedPart, items: list[str]) -> str:
    """Return the names of items, the first of many."""
    shown = ", ".join(named_in(part, item) for item in items[:_MOST_NAMED])
    more = len(items) - _MOST_NAMED
    return f"{shown} and {more} more" if more > 0 else shown
