"""Alerting: what an Application's status is in trouble with, and what is news to a receiver.

Pure. Everything is decided from the status that is stored in the cluster and from what a receiver
was told last: so a restart tells nothing again, and one that was away hears only how things are.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Final, Literal, get_args

from gitopskit.reconciler import status as statuses
from gitopskit.reconciler.fields import mapping
from gitopskit.reconciler.handover import HANDING_OVER
from gitopskit.reconciler.rollback import ROLLED_BACK, without_fingerprint
from gitopskit.redaction import scrub
from gitopskit.timestamps import parse_rfc3339

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping
    from datetime import datetime

    from gitopskit.manifests.json_types import JsonObject

Topic = Literal["sync", "divergence", "health", "guard", "rollback"]
State = Literal["firing", "resolved"]
Verdict = Literal["success", "failure"]

TOPICS: Final[tuple[Topic, ...]] = get_args(Topic)
COMMIT: Final = "commit"
"""What was told of a commit stands beside the topics."""

Told = dict[str, str]
"""By topic (or ``commit``) what a receiver was told last; a topic without trouble is absent."""

_REFUSALS: Final = (
    statuses.INVALID_SPEC,
    statuses.COMPARISON_ERROR,
    statuses.SYNC_ERROR,
    statuses.OWNERSHIP_CONFLICT,
)
_GUARDS: Final = (statuses.CONFIRMATION_REQUIRED, statuses.EMPTY_RENDER)
_COMMIT: Final = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
STUCK: Final = timedelta(minutes=5)
"""A hand-over that takes so long, with the same words, does not end by itself."""

_RETRIES_UNTOLD: Final = 2
_DIGEST_DIGITS: Final = 16
_LONGEST_MESSAGE: Final = 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """What is wrong; ``identity`` is another one when it has to be told again."""

    identity: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """Which Application a message is about, and where it is then.

    ``repository`` is fit to be shown; ``url`` is as the Application has it, and is not.
    """

    application: str
    project: str = ""
    namespace: str = ""
    repository: str = ""
    revision: str = ""
    url: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """Something to tell of a topic; ``told`` is what a receiver knows once it was told."""

    about: About
    topic: Topic
    state: State
    message: str
    told: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CommitVerdict:
    """How a commit did in an Application; ``told`` as in an alert."""

    about: About
    verdict: Verdict
    message: str
    told: str


def about(content: JsonObject) -> About:
    """Return what identifies an Application in a message."""
    spec, status = mapping(content.get("spec")), statuses.status_of(content)
    source = mapping(spec.get("source")) or next(iter(_mappings(spec.get("sources"))), {})
    url = str(source.get("repoURL", ""))
    return About(
        application=str(content["metadata"]["name"]),
        project=str(spec.get("project", "")),
        namespace=str(mapping(spec.get("destination")).get("namespace", "")),
        repository=scrub(url),
        url=url,
        revision=str(mapping(status.get("sync")).get("revision", "")),
    )


def troubles(
    content: JsonObject, *, now: datetime | None = None, told: Mapping[str, str] | None = None
) -> dict[Topic, Trouble]:
    """Return what an Application is in trouble with, by topic.

    What is under way is trouble once it is stuck, and as long as that was told; without a time
    nothing is stuck.
    """
    status = statuses.status_of(content)
    revision = str(mapping(status.get("sync")).get("revision", ""))
    said = {str(it["type"]): str(it["message"]) for it in status.get("conditions") or ()}
    is_stuck = (told or {}).get("divergence") == HANDING_OVER or _is_stuck(status, now)
    found: dict[Topic, Trouble | None] = {
        "sync": _sync(said, mapping(status.get("operationState")), revision),
        "divergence": None
        if statuses.SYNC_WINDOW in said
        else _divergence(mapping(content.get("spec")), status)
        or (_handing_over(said) if is_stuck else None),
        "health": _health(mapping(status.get("health"))),
        "guard": _said(said, _GUARDS),
        "rollback": _said(said, (ROLLED_BACK,)),
    }
    return {topic: trouble for topic, trouble in found.items() if trouble is not None}


def seconds_until_stuck(content: JsonObject, *, now: datetime) -> float | None:
    """Return when a hand-over is to be looked at again, if one is under way."""
    since = parse_rfc3339(statuses.condition_time(statuses.status_of(content), HANDING_OVER))
    left = (since + STUCK - now).total_seconds() if since is not None else 0.0
    return left if left > 0 else None


def news(
    content: JsonObject | None,
    told: Told,
    *,
    name: str,
    topics: Collection[Topic] = TOPICS,
    is_repeated: bool = False,
    now: datetime | None = None,
) -> list[Alert]:
    """Return what of an Application a receiver was not told; None is one that is gone.

    Topics beyond those that are asked for count as without trouble. ``is_repeated`` is for a
    receiver that has to hear again what is wrong.
    """
    found = {} if content is None else troubles(content, now=now, told=told)
    which = About(application=name) if content is None else about(content)
    result = []
    for topic in TOPICS:
        trouble = found.get(topic) if topic in topics else None
        if trouble is not None and (is_repeated or told.get(topic) != trouble.identity):
            result.append(_firing(which, topic, trouble))
        elif trouble is None and topic in told:
            over = "the Application is gone" if content is None else "it is over"
            result.append(Alert(about=which, topic=topic, state="resolved", message=over, told=""))
    return result


def commit_news(content: JsonObject, told: Told) -> CommitVerdict | None:
    """Return how the commit of an Application did, if that is settled and was not told."""
    which, found = about(content), troubles(content)
    status = statuses.status_of(content)
    if not _COMMIT.fullmatch(which.revision):
        return None
    bad = found.get("sync") or found.get("health")
    is_synced = mapping(status.get("sync")).get("status") == "Synced"
    is_well = is_synced and mapping(status.get("health")).get("status") in ("Healthy", "Suspended")
    if bad is None and not is_well:
        return None
    verdict: Verdict = "failure" if bad else "success"
    identity = f"{which.revision} {verdict}"
    if told.get(COMMIT) == identity:
        return None
    message = bad.message if bad else "synced and healthy"
    return CommitVerdict(about=which, verdict=verdict, message=message, told=identity)


def after(told: Told, item: Alert | CommitVerdict) -> Told:
    """Return what a receiver knows once it was told."""
    topic = item.topic if isinstance(item, Alert) else COMMIT
    known = {**told, topic: item.told}
    return {name: what for name, what in known.items() if what}


def read_told(text: str) -> dict[str, Told]:
    """Return what a receiver was told of each Application, from lines; odd ones are left out.

    A line has a name, a topic and what was told of it, with tabs between.
    """
    result: dict[str, Told] = {}
    for line in text.split("\n"):
        name, _, rest = line.partition("\t")
        topic, _, what = rest.partition("\t")
        if name and what and (topic == COMMIT or topic in TOPICS):
            result.setdefault(name, {})[topic] = what
    return result


def write_told(told: Mapping[str, Told]) -> str:
    """Return lines that ``read_told`` reads, in an order that is always the same."""
    return "\n".join(
        f"{name}\t{topic}\t{what}"
        for name in sorted(told)
        for topic, what in sorted(told[name].items())
    )


def _firing(which: About, topic: Topic, trouble: Trouble) -> Alert:
    return Alert(
        about=which, topic=topic, state="firing", message=trouble.message, told=trouble.identity
    )


def _sync(said: Mapping[str, str], operation: JsonObject, revision: str) -> Trouble | None:
    """Return the failure of a sync: known by its revision, for its words change with each try.

    One that is tried again is told once it has failed so often that it may not pass by itself.
    """
    retries = operation.get("retryCount", 0)
    is_early = not isinstance(retries, int) or retries < _RETRIES_UNTOLD
    is_tried_again = operation.get("phase") == "Running" and is_early
    for kind in _REFUSALS:
        if kind in said and not (kind == statuses.SYNC_ERROR and is_tried_again):
            return _trouble(f"{kind} {revision}", f"{kind}: {said[kind]}")
    if operation.get("phase") != "Failed":
        return None
    tried = str(mapping(operation.get("syncResult")).get("revision", revision))
    return _trouble(f"Failed {tried}", str(operation.get("message", "")))


def _divergence(spec: JsonObject, status: JsonObject) -> Trouble | None:
    """Return that the cluster differs and nobody puts it right."""
    automated = mapping(spec.get("syncPolicy")).get("automated")
    heals = isinstance(automated, dict) and automated.get("selfHeal") is True
    is_under_way = mapping(status.get("operationState")).get("phase") == "Running"
    if mapping(status.get("sync")).get("status") != "OutOfSync" or heals or is_under_way:
        return None
    objects = [
        f"{it.get('kind', '')}/{it.get('namespace', '')}/{it.get('name', '')}"
        for it in _mappings(status.get("resources"))
        if it.get("status") == "OutOfSync"
    ]
    told = f"these differ from Git: {', '.join(objects)}" if objects else "it differs from Git"
    return _trouble("OutOfSync", told)


def _is_stuck(status: JsonObject, now: datetime | None) -> bool:
    since = parse_rfc3339(statuses.condition_time(status, HANDING_OVER))
    return since is not None and now is not None and now - since >= STUCK


def _handing_over(said: Mapping[str, str]) -> Trouble | None:
    """Return that something was to be handed over long since; its words may change meanwhile."""
    if HANDING_OVER not in said:
        return None
    return _trouble(HANDING_OVER, f"{HANDING_OVER}: {said[HANDING_OVER]}")


def _health(health: JsonObject) -> Trouble | None:
    if health.get("status") != "Degraded":
        return None
    return _trouble("Degraded", str(health.get("message", "")) or "it is Degraded")


def _said(said: Mapping[str, str], kinds: tuple[str, ...]) -> Trouble | None:
    """Return the trouble that conditions tell; other words are another trouble."""
    for kind in kinds:
        if kind in said:
            digest = hashlib.sha256(said[kind].encode(errors="surrogateescape")).hexdigest()
            return _trouble(
                f"{kind} {digest[:_DIGEST_DIGITS]}", f"{kind}: {without_fingerprint(said[kind])}"
            )
    return None


def _trouble(identity: str, message: str) -> Trouble:
    """Return trouble with words fit for strangers, and an identity that fits into a line."""
    return Trouble(identity=scrub(identity), message=scrub(message, limit=_LONGEST_MESSAGE))


def _mappings(items: object) -> Iterator[JsonObject]:
    return (it for it in (items if isinstance(items, list) else ()) if isinstance(it, dict))
