"""`gitopskit keys list`: the certificates of a repository, and whether clusters use them.

With ``--cluster`` it is another list, which is keys_in_cluster.py's.
"""

from __future__ import annotations

from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from gitopskit.cli import output, seal_flags
from gitopskit.errors import InputError
from gitopskit.manifests.settled_names import UNSEALER_NAMESPACE

if TYPE_CHECKING:
    from gitopskit.manifests.findings import Finding
    from gitopskit.manifests.json_types import JsonObject
    from gitopskit.sealedfiles.certificate_list import CertificateRow
    from gitopskit.sealedfiles.stored_certificates import StoredCertificates
    from gitopskit.sealing.certificates import Certificates

_EXIT_FINDINGS: Final = 1
_NOTHING: Final[list[str]] = []

_Live = Annotated[
    list[str],
    typer.Option(
        "--live",
        help="Compare with what this kubeconfig context's cluster seals with; may be repeated.",
        metavar="ENV=CONTEXT",
    ),
]
_Cluster = Annotated[
    bool,
    typer.Option("--cluster", help="Show the key Secrets of a cluster instead, and their backups."),
]
_Namespace = Annotated[
    str, typer.Option("--namespace", "-n", help="With --cluster: where its sealing keys are.")
]
_Directory = Annotated[str, typer.Option("--directory", "-C", help="The repository.")]
_Format = Annotated[
    output.OutputFormat, typer.Option("--output", "-o", help="The form of the result.")
]


def register(group: typer.Typer) -> None:
    """Add the command."""
    group.command("list")(list_keys)


def list_keys(  # noqa: PLR0913 -- one parameter per flag
    *,
    directory: _Directory = ".",
    live: _Live = _NOTHING,
    cluster: _Cluster = False,
    context: seal_flags.Context = "",
    namespace: _Namespace = UNSEALER_NAMESPACE,
    kubeconfig: seal_flags.Kubeconfig = "",
    controller_name: seal_flags.ControllerName = seal_flags.DEFAULT_CONTROLLER_NAME,
    controller_namespace: seal_flags.ControllerNamespace = seal_flags.DEFAULT_CONTROLLER_NAMESPACE,
    output_format: _Format = "text",
) -> None:
    """Show each environment's certificate: fingerprint, age, end; and whether it is the live one.

    With --cluster: each sealing key of a cluster, its state, and when it was backed up.

    Exit code 1: a certificate expired or cannot be read, or a cluster seals with another key.
    """
    from gitopskit.clock import SystemClock
    from gitopskit.repository.layout import find_repository
    from gitopskit.sealedfiles.certificate_list import check, rows_of
    from gitopskit.sealedfiles.stored_certificates import read_stored

    if cluster:
        from gitopskit.cli.keys_in_cluster import list_in_cluster

        target = seal_flags.Target(context=context, kubeconfig=kubeconfig)
        list_in_cluster(target, namespace, output_format)
        return
    stored = read_stored(find_repository(Path(directory)))
    contexts = _contexts(live, stored)
    target = seal_flags.Target(
        kubeconfig=kubeconfig,
        controller_name=controller_name,
        controller_namespace=controller_namespace,
    )
    seen = {
        environment: _live_certificates(context, target)
        for environment, context in contexts.items()
    }
    now = SystemClock().now_utc()
    rows = rows_of(stored, seen, now=now)
    findings = check(stored, seen, now=now)
    if output_format == "text":
        output.print_result(_text(rows, findings))
    else:
        output.print_structured(_structured(rows, findings), output_format)
    if any(finding.severity == "error" for finding in findings):
        raise typer.Exit(_EXIT_FINDINGS)


def _contexts(live: list[str], stored: StoredCertificates) -> dict[str, str]:
    """Return the kubeconfig context of each environment that is to be compared.

    Raises:
        InputError: one has not the form ENV=CONTEXT, or names an unknown environment.
    """
    contexts: dict[str, str] = {}
    for pair in live:
        environment, _, context = pair.partition("=")
        if environment not in stored.environments or not context:
            raise InputError(
                f"--live {pair} names no environment and context",
                hint="give ENV=CONTEXT, ENV one of: " + ", ".join(stored.environments),
            )
        contexts[environment] = context
    return contexts


def _live_certificates(context: str, target: seal_flags.Target) -> Certificates:
    from gitopskit.cli.seal_request import fetch_all_from_cluster

    return fetch_all_from_cluster(replace(target, context=context))


def _text(rows: list[CertificateRow], findings: list[Finding]) -> str:
    from gitopskit.validation.report import Report

    report = Report(findings=tuple(findings), files=len(rows), documents=len(rows))
    return "\n".join(filter(None, (_table(rows), report.text())))


def _table(rows: list[CertificateRow]) -> str:
    from gitopskit.cli.tables import aligned

    is_compared = any(row.live for row in rows)
    has_hybrid = any(row.kind == "hybrid" for row in rows)
    lines = [["ENVIRONMENT", "FINGERPRINT", "VALID FROM", "VALID UNTIL", "DAYS OLD"]]
    for row in rows:
        stored = row.stored
        lines.append(
            [
                row.environment,
                stored.fingerprint if stored else "none",
                stored.not_before_utc.date().isoformat() if stored else "",
                stored.not_after_utc.date().isoformat() if stored else "",
                "" if row.age_days is None else str(row.age_days),
            ]
        )
    if has_hybrid:
        kinds = ["KEY", *(row.kind if row.stored else "" for row in rows)]
        lines = [[*line, cell] for line, cell in zip(lines, kinds, strict=True)]
    if is_compared:
        words = {None: "not asked", True: "yes", False: "no"}
        live = ["LIVE", *(words[row.is_live] for row in rows)]
        lines = [[*line, cell] for line, cell in zip(lines, live, strict=True)]
    return aligned(lines)


def _structured(rows: list[CertificateRow], findings: list[Finding]) -> JsonObject:
    return {
        "certificates": [row.structured() for row in rows],
        "findings": [asdict(finding) for finding in findings],
    }
