"""`gitopskit keys list --cluster`: the key Secrets of a cluster, their state and their backups."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import typer

from gitopskit.cli import output

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from gitopskit.cli.seal_flags import Target
    from gitopskit.manifests.json_types import JsonObject
    from gitopskit.sealedfiles.key_backup import LiveKeySecret
    from gitopskit.sealing.key_secrets import ClusterKey

_EXIT_FINDINGS: Final = 1
_TITLES: Final = ("SECRET", "KEY", "STATE", "FINGERPRINT", "VALID FROM", "DAYS OLD", "BACKED UP")


def list_in_cluster(target: Target, namespace: str, output_format: output.OutputFormat) -> None:
    """Print the key Secrets of a namespace, the newest key first.

    Raises:
        Exit: a Secret holds no key that can be used.
        ApiError: the API server refuses or does not answer.
    """
    from gitopskit.cli.wiring import run_async
    from gitopskit.clock import SystemClock
    from gitopskit.sealing.key_secrets import newest_first

    secrets = run_async(_read(target, namespace))
    places = {secret.name: secret.where for secret in secrets}
    problems = [str(secret.problem) for secret in secrets if secret.problem]
    now = SystemClock().now_utc()
    keys = newest_first((each.key for each in secrets if each.key), "CertNotBefore")
    rows = [_row(key, where=places[key.name], now=now) for key in keys]
    if output_format != "text":
        output.print_structured({"keys": [*rows], "problems": [*problems]}, output_format)
    elif rows:
        output.print_result(_table(rows))
    for problem in problems if output_format == "text" else ():
        output.note(problem)
    if problems:
        raise typer.Exit(_EXIT_FINDINGS)


async def _read(target: Target, namespace: str) -> list[LiveKeySecret]:
    from gitopskit.cli.wiring import connect
    from gitopskit.sealedfiles.cluster_keys import read_key_secrets

    async with connect(target.context, kubeconfig=target.kubeconfig) as api:
        return await read_key_secrets(api, namespace)


def _row(key: ClusterKey, *, where: str, now: datetime) -> JsonObject:
    from gitopskit.timestamps import rfc3339

    return {
        "secret": where,
        "kind": key.kind,
        "state": key.state,
        "fingerprint": key.fingerprint,
        "not_before_utc": rfc3339(key.not_before_utc),
        "not_after_utc": rfc3339(key.not_after_utc),
        "age_days": int(key.age_seconds(now)) // (24 * 3600),
        "backed_up_utc": rfc3339(key.backed_up_utc) if key.backed_up_utc else None,
    }


def _table(rows: Sequence[JsonObject]) -> str:
    from gitopskit.cli.tables import aligned

    lines = [
        [
            row["secret"],
            row["kind"],
            row["state"],
            row["fingerprint"],
            row["not_before_utc"][:10],
            str(row["age_days"]),
            (row["backed_up_utc"] or "no")[:10],
        ]
        for row in rows
    ]
    return aligned([[*_TITLES], *lines])
