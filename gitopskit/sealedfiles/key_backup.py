"""What a backup of sealing keys holds, and what restoring it does to a cluster.

Pure. A backup is Lists of the key Secrets, as other tools read them too. Start at ``backup_of``
and ``plan_restore``; cluster_keys.py reads and writes the Secrets, age_files.py encrypts.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from gitopskit.errors import InputError, IntegrityFault, UnusableKey
from gitopskit.kube.resources import SECRETS
from gitopskit.manifests.documents import expand_lists, read_documents
from gitopskit.manifests.settled_names import HYBRID_KEY_LABEL, UNSEALER_NAMESPACE
from gitopskit.manifests.write import dump_documents
from gitopskit.redaction import Plaintext
from gitopskit.sealing.key_secrets import BACKED_UP, ClusterKey, read_key, state_of, with_state
from gitopskit.sealing.keys import KEY_LABEL
from gitopskit.sealing.seal import LAST_APPLIED, SET_BY_THE_SERVER
from gitopskit.timestamps import rfc3339

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from gitopskit.manifests.json_types import JsonObject

_KEPT: Final = ("apiVersion", "kind", "type", "immutable", "data")
_NAME_DIGITS: Final = 10
_HINT: Final = "give what `gitopskit keys backup` wrote"


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveKeySecret:
    """A key Secret as the API server sent it; ``key`` is None where it holds no usable one."""

    content: JsonObject = field(repr=False)
    key: ClusterKey | None
    problem: UnusableKey | None = None

    @property
    def name(self) -> str:
        """Return the Secret's name."""
        return str(self.content["metadata"]["name"])

    @property
    def where(self) -> str:
        """Return ``kind/namespace/name``."""
        return str(SECRETS.ref_of(self.content))


@dataclass(frozen=True, slots=True, kw_only=True)
class RestorePlan:
    """The Secrets of a backup that a cluster lacks, and the places of those that it has."""

    missing: tuple[JsonObject, ...] = field(repr=False)
    present: tuple[str, ...]


def read_secret(content: JsonObject) -> LiveKeySecret:
    """Return a key Secret with the key in it, or with what is wrong with it."""
    try:
        key, _ = read_key(content, where=str(SECRETS.ref_of(content)))
    except UnusableKey as error:
        return LiveKeySecret(content=content, key=None, problem=error)
    return LiveKeySecret(content=content, key=key)


def acknowledged(content: JsonObject, *, now: datetime) -> JsonObject:
    """Return a key Secret as it is once its backup is acknowledged: a pending key is active."""
    metadata = content["metadata"]
    annotations = {**(metadata.get("annotations") or {}), BACKED_UP: rfc3339(now)}
    marked = {**content, "metadata": {**metadata, "annotations": annotations}}
    return with_state(marked, "active") if state_of(content, prefix="") == "pending" else marked


def backup_of(secrets: Sequence[LiveKeySecret], *, now: datetime) -> Plaintext:
    """Return the text of a backup: Lists of the Secrets in YAML, the oldest key first.

    The first List holds what kubeseal can read, which stops at a Secret without an RSA key and
    does not look at a second document. Each Secret is as it will be when the backup is
    acknowledged, so that a restored key seals.
    """
    ranked = sorted(secrets, key=lambda each: (_created(each.content), each.name))
    plain = [each for each in ranked if each.key and each.key.kind == "rsa"]
    others = [each for each in ranked if each not in plain]
    lists = [
        {
            "apiVersion": "v1",
            "kind": "List",
            "items": [_portable(acknowledged(each.content, now=now)) for each in part],
        }
        for part in (plain, others)
        if part
    ]
    return Plaintext(dump_documents(lists).encode())


def read_backup(text: Plaintext, *, where: str, namespace: str = "") -> tuple[JsonObject, ...]:
    """Return the key Secrets of a backup, put into ``namespace``; empty is where they were.

    Raises:
        InputError: something else is in it.
        MalformedDocument: it is no YAML or JSON.
    """
    manifests = expand_lists(read_documents(text.reveal(), path=where))
    contents = [_secret(manifest.content, where=where) for manifest in manifests]
    if not contents:
        raise InputError("there is no key in the backup", where=where, hint=_HINT)
    return tuple(_placed(content, namespace) for content in contents)


def plan_restore(
    secrets: Iterable[JsonObject], live: Mapping[str, JsonObject], *, where: str
) -> RestorePlan:
    """Return which Secrets of a backup are to be created; ``live`` are a cluster's, by place.

    Raises:
        IntegrityFault: a Secret of the name exists and holds something else.
    """
    missing: list[JsonObject] = []
    present: list[str] = []
    for content in secrets:
        place = str(SECRETS.ref_of(content))
        there = live.get(place)
        if there is None:
            missing.append(content)
        elif holds_the_same(there, content):
            present.append(place)
        else:
            raise IntegrityFault(
                f"{place} exists and holds another key than the backup; nothing was changed",
                where=where,
                hint="rename or delete that Secret if it is not needed, or write the backup to a "
                "file with --out and take the keys you need",
            )
    return RestorePlan(missing=tuple(missing), present=tuple(present))


def renamed(content: JsonObject) -> JsonObject | None:
    """Return a key Secret under a name made from its own and its public half; None without a label.

    An unsealer's first key is called the same in every cluster. Where a label and not the name
    says that a Secret is a key, another name is as good.
    """
    metadata = content["metadata"]
    if not (metadata.get("labels") or {}).keys() & {KEY_LABEL, HYBRID_KEY_LABEL}:
        return None
    public = [item for item in sorted(content["data"].items()) if not item[0].endswith(".key")]
    digest = hashlib.sha256(repr(public).encode()).hexdigest()
    name = f"{metadata['name']}-{digest[:_NAME_DIGITS]}"
    return {**content, "metadata": {**metadata, "name": name}}


def holds_the_same(one: JsonObject, other: JsonObject) -> bool:
    """Whether two Secrets have the same type and items."""
    return hmac.compare_digest(_text(one).encode(), _text(other).encode())


def _text(content: JsonObject) -> str:
    return repr((content.get("type"), sorted((content.get("data") or {}).items())))


def _secret(content: JsonObject, *, where: str) -> JsonObject:
    metadata = content.get("metadata")
    has_data = content.get("kind") == "Secret" and isinstance(content.get("data"), dict)
    if has_data and isinstance(metadata, dict) and metadata.get("name"):
        return content
    raise InputError("the backup holds something else than Secrets", where=where, hint=_HINT)


def _placed(content: JsonObject, namespace: str) -> JsonObject:
    metadata = content["metadata"]
    place = namespace or metadata.get("namespace") or UNSEALER_NAMESPACE
    return {**content, "metadata": {**metadata, "namespace": place}}


def _portable(content: JsonObject) -> JsonObject:
    """Return a Secret without what belongs to the cluster it was in."""
    metadata = {
        name: value for name, value in content["metadata"].items() if name not in SET_BY_THE_SERVER
    }
    annotations = metadata["annotations"]
    metadata["annotations"] = {
        name: value for name, value in annotations.items() if name not in LAST_APPLIED
    }
    kept = {name: value for name, value in content.items() if name in _KEPT}
    return {**kept, "metadata": metadata}


def _created(content: JsonObject) -> str:
    return str(content["metadata"].get("creationTimestamp") or "")
