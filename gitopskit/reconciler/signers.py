"""Signers: whose signature a project wants on every commit that its Applications apply.

Pure. GPG keys are named as Argo CD does; SSH keys, which it does not know, stand in an annotation
of the AppProject. Nothing of the repository that is checked says who may sign.

Source: Argo CD, user-guide/gpg-verification.
"""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from gitopskit.errors import InputError
from gitopskit.reconciler import names
from gitopskit.reconciler.fields import mapping

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gitopskit.manifests.json_types import JsonObject
    from gitopskit.reconciler.fields import Fields

_KEY_ID: Final = re.compile(r"(?:0x)?([0-9A-Fa-f]{16}|[0-9A-Fa-f]{40})")
_SSH_TYPES: Final = frozenset(
    {
        "ecdsa-sha2-nistp256",
        "ecdsa-sha2-nistp384",
        "ecdsa-sha2-nistp521",
        "sk-ecdsa-sha2-nistp256@openssh.com",
        "sk-ssh-ed25519@openssh.com",
        "ssh-ed25519",
        "ssh-rsa",
    }
)
"""Source: ssh-keygen(1); sshd(8), "AUTHORIZED_KEYS FILE FORMAT"."""

_LENGTH_BYTES: Final = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Signers:
    """The keys of which one must have signed: GPG's by their ids, SSH's as ``type base64``."""

    gpg_key_ids: tuple[str, ...] = ()
    ssh_keys: tuple[str, ...] = ()


def signers_of(content: JsonObject, spec: Fields) -> Signers | None:
    """Return the signers that an AppProject names, or None where it has no rule.

    Raises:
        InputError: a key cannot be used, or the annotation names none.
    """
    ids = tuple(_key_id(item) for item in spec.children("signatureKeys"))
    annotations = mapping(mapping(content.get("metadata")).get("annotations"))
    text = annotations.get(names.SSH_SIGNERS_ANNOTATION)
    keys = () if text is None else tuple(_ssh_keys(str(text), where=spec.where))
    if not ids and text is None:
        return None
    return Signers(gpg_key_ids=ids, ssh_keys=keys)


def gpg_keys(config_map: JsonObject | None) -> tuple[str, ...]:
    """Return the public keys in Argo CD's ConfigMap of GPG keys."""
    data = mapping((config_map or {}).get("data"))
    return tuple(str(data[name]) for name in sorted(data))


def _key_id(item: Fields) -> str:
    found = _KEY_ID.fullmatch(item.text("keyID"))
    if found is None:
        raise item.wrong("keyID", "must be the 16 or 40 digits of a GPG key")
    return found[1].upper()


def _ssh_keys(text: str, *, where: str) -> Iterator[str]:
    lines = [line.strip() for line in text.splitlines()]
    kept = [line for line in lines if line and not line.startswith("#")]
    if not kept:
        raise _unusable("it names no key", where=where)
    for line in kept:
        kind, _, rest = line.partition(" ")
        encoded = rest.strip().partition(" ")[0]
        if kind not in _SSH_TYPES or not _holds(encoded, kind):
            raise _unusable(f'"{line[:60]}" is no public key', where=where)
        yield f"{kind} {encoded}"


def _holds(encoded: str, kind: str) -> bool:
    """Tell whether the bytes of a public key begin with its type. Source: RFC 4253, 6.6."""
    try:
        content = base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        return False
    start = len(kind).to_bytes(_LENGTH_BYTES, "big") + kind.encode()
    return content.startswith(start) and len(content) > len(start)


def _unusable(what: str, *, where: str) -> InputError:
    return InputError(
        f"metadata.annotations[{names.SSH_SIGNERS_ANNOTATION}]: {what}",
        where=where,
        hint='write one public key a line, as "ssh-ed25519 AAAA..."',
    )
