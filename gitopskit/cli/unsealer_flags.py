"""The flags of ``gitopskit unsealer run``, and what their texts mean."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from gitopskit.durations import parse_duration
from gitopskit.errors import InputError
from gitopskit.timestamps import parse_rfc3339

if TYPE_CHECKING:
    from collections.abc import Iterable

LogLevel = Literal["debug", "info", "warning", "error"]
DriftPolicy = Literal["heal", "report"]
KeyOrder = Literal["CertNotBefore", "SecretCreationTimestamp"]

_BY_DEFAULT = "; by default :{port} in a pod, and elsewhere a free port of loopback."

Namespace = Annotated[
    str,
    typer.Option(
        "-n", "--namespace", help="Where the sealing keys are; by default the pod's namespace."
    ),
]
Context = Annotated[
    str, typer.Option("--context", help="The kubeconfig's context; by default the pod's rights.")
]
Workers = Annotated[
    int, typer.Option("--workers", min=1, max=64, help="SealedSecrets handled at once.")
]
Level = Annotated[LogLevel, typer.Option("--log-level", help="What is logged on standard error.")]
LeaderElection = Annotated[
    bool,
    typer.Option(
        "--leader-election/--no-leader-election",
        help="Let one of several replicas work; the others wait to take over.",
    ),
]
Listen = Annotated[
    str,
    typer.Option(
        "--listen",
        metavar="HOST:PORT",
        help="Where kubeseal is answered" + _BY_DEFAULT.format(port=8080),
    ),
]
ListenMetrics = Annotated[
    str,
    typer.Option(
        "--listen-metrics",
        metavar="HOST:PORT",
        help="Where Prometheus is answered" + _BY_DEFAULT.format(port=8081),
    ),
]
WatchNamespaces = Annotated[
    list[str],
    typer.Option(
        "--watch-namespace",
        metavar="NAME",
        help="Only this namespace; may be repeated. Default: all.",
    ),
]
NamespaceSelector = Annotated[
    str,
    typer.Option(
        "--watch-namespace-selector",
        metavar="LABELS",
        help="Only namespaces with these labels, and those named.",
    ),
]
LabelSelector = Annotated[
    str,
    typer.Option(
        "--label-selector",
        metavar="LABELS",
        help="Only SealedSecrets with these labels.",
    ),
]
SecretWatch = Annotated[
    bool,
    typer.Option(
        "--secret-watch/--no-secret-watch",
        help="Without: look at its own Secrets by name, once a minute.",
    ),
]
Drift = Annotated[
    DriftPolicy,
    typer.Option("--drift", help="Put Secrets back that were changed, or only tell."),
]
AllowTokens = Annotated[
    bool,
    typer.Option("--allow-token-secrets", help="Make Secrets that are tokens of Kubernetes, too."),
]
KeyRenewPeriod = Annotated[
    str,
    typer.Option(
        "--key-renew-period",
        metavar="DURATION",
        help="Make a new key when the newest is this old; 0: never by age.",
    ),
]
KeyCutoffTime = Annotated[
    str,
    typer.Option(
        "--key-cutoff-time",
        metavar="TIME",
        help="Make a new key unless the newest is younger than this moment.",
    ),
]
KeyTtl = Annotated[
    str,
    typer.Option(
        "--key-ttl",
        metavar="DURATION",
        help="How long a new key's certificate is valid.",
    ),
]
KeySize = Annotated[
    int,
    typer.Option(
        "--key-size",
        min=2048,
        max=16384,
        help="Bits of new keys.",
    ),
]
KeyPrefix = Annotated[
    str,
    typer.Option(
        "--key-prefix",
        help="How the names of new keys begin.",
    ),
]
KeyOrderPriority = Annotated[
    KeyOrder,
    typer.Option(
        "--key-order-priority",
        help="By what the newest key is told.",
    ),
]
RequireKeyBackup = Annotated[
    bool,
    typer.Option(
        "--require-key-backup",
        help="Seal to no new key before a backup of it is acknowledged.",
    ),
]


def duration_of(text: str, *, flag: str) -> timedelta:
    """Return the length of time in a flag's text, as Go writes it: ``720h``, ``1h30m``, ``0``.

    Raises:
        InputError: it is something else.
    """
    seconds = parse_duration(text)
    try:
        if seconds is not None:
            return timedelta(seconds=seconds)
    except OverflowError:
        pass
    raise InputError(
        f"`{text[:40]}` is no duration", where=flag, hint="write it like 720h, 1h30m or 0"
    )


def moment_of(text: str, *, flag: str) -> datetime | None:
    """Return the moment in a flag's text, None where it is empty.

    Raises:
        InputError: it is neither RFC 3339 nor RFC 1123 with a numeric zone.
    """
    if not text:
        return None
    from email.utils import parsedate_to_datetime

    moment = parse_rfc3339(text)
    if moment is not None:
        return moment
    try:
        found = parsedate_to_datetime(text)
        if found.tzinfo is not None:
            return found.astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    raise InputError(
        f"`{text[:60]}` is no moment",
        where=flag,
        hint="write it like 2026-06-01T12:00:00Z, or Mon, 01 Jun 2026 12:00:00 +0000",
    )


def names_of(texts: Iterable[str], *, flag: str) -> tuple[str, ...]:
    """Return names of namespaces, each once.

    Raises:
        InputError: one of them cannot be a namespace's.
    """
    from gitopskit.manifests.names import require_dns_label

    return tuple(dict.fromkeys(require_dns_label(text, what=flag) for text in texts))
