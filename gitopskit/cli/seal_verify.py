"""`gitopskit seal verify`: what is wrong with the SealedSecrets of a tree."""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from gitopskit.cli import output, seal_flags
from gitopskit.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from gitopskit.manifests.findings import Finding
    from gitopskit.sealedfiles.sealed_tree import SealedTree
    from gitopskit.sealedfiles.stored_certificates import NamedCertificate
    from gitopskit.sealedfiles.usage import KeyCount
    from gitopskit.sealedfiles.verify import Subject
    from gitopskit.sealing.unseal import Keyring
    from gitopskit.validation.report import Report

_STDIN: Final = "-"
_EXIT_FINDINGS: Final = 1
_EXIT_INTEGRITY: Final = 4
_NOTHING: Final[list[str]] = []

_Paths = Annotated[
    list[str], typer.Argument(metavar="PATH...", help="Files and folders; `-` is standard input.")
]
_Environment = Annotated[
    str,
    typer.Option(
        "--env",
        help="The environment that they are for; default: the one whose folder each lies in.",
        metavar="ENV",
    ),
]
_Certificate = Annotated[
    str, typer.Option("--cert", help="The certificate they should be sealed to.", metavar="FILE")
]
_PrivateKeys = Annotated[
    list[str],
    typer.Option(
        "--private-key",
        help="Open every item with this key, and say why one does not open; may be repeated.",
        metavar="FILE",
    ),
]
_Controller = Annotated[
    bool, typer.Option("--controller", help="Ask the cluster's controller whether it opens them.")
]
_Strict = Annotated[bool, typer.Option("--strict", help="Warnings count as errors.")]
_Format = Annotated[
    output.OutputFormat, typer.Option("--output", "-o", help="The form of the result.")
]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Looked:
    """What was read, which certificates are known, and which of them something is for."""

    tree: SealedTree
    subjects: list[Subject]
    certificates: tuple[NamedCertificate, ...]
    findings: tuple[Finding, ...] = ()

    @property
    def expected(self) -> Iterable[NamedCertificate]:
        """Return the certificates that some SealedSecret should be sealed to, each once."""
        expected = (each for subject in self.subjects for each in subject.expected)
        return {(each.path, each.certificate.fingerprint): each for each in expected}.values()


def register(group: typer.Typer) -> None:
    """Add the command."""
    group.command("verify")(verify)


def verify(  # noqa: PLR0913 -- one parameter per flag
    paths: _Paths,
    *,
    env: _Environment = "",
    cert: _Certificate = "",
    private_key: _PrivateKeys = _NOTHING,
    controller: _Controller = False,
    context: seal_flags.Context = "",
    kubeconfig: seal_flags.Kubeconfig = "",
    controller_name: seal_flags.ControllerName = seal_flags.DEFAULT_CONTROLLER_NAME,
    controller_namespace: seal_flags.ControllerNamespace = seal_flags.DEFAULT_CONTROLLER_NAMESPACE,
    strict: _Strict = False,
    output_format: _Format = "text",
) -> None:
    """Check SealedSecrets: structure, sizes, scopes, keys; with a key or controller, everything.

    Files of any name count. Links in a folder are not followed, and told. In an overlay of a
    repository, the namespace is to be that of its app and environment.

    Exit code 0: nothing is wrong; 1: there are errors; 2: a file cannot be read; 4: something
    cannot be opened.
    """
    from gitopskit.clock import SystemClock

    target = seal_flags.Target(
        context=context,
        kubeconfig=kubeconfig,
        controller_name=controller_name,
        controller_namespace=controller_namespace,
    )
    if target.is_chosen and not controller:
        raise InputError(
            "a cluster or a controller is named, and it is not to be asked",
            hint="add --controller, or leave out what says which one",
        )
    keyring = _keyring(private_key)
    now = SystemClock().now_utc()
    looked = _look(paths, named=_named(cert, env, near=paths[0]), keyring=keyring)
    findings = _findings(looked, keyring=keyring, now=now)
    if controller:
        findings += _asked(looked.subjects, target)
    report = _report(looked, findings)
    _show(report, looked, _counts(looked, keyring=keyring, now=now), form=output_format)
    code = _exit_code(report, opens=keyring is not None or controller, is_strict=strict)
    raise typer.Exit(code)


def _keyring(files: list[str]) -> Keyring | None:
    from gitopskit.cli.seal_request import read_keyring

    return read_keyring(tuple(files)) if files else None


def _named(cert: str, env: str, *, near: str) -> tuple[NamedCertificate, ...]:
    """Return the certificates that are asked for, of either kind, expired or not; none at all.

    Raises:
        InputError: both are named, or there is no such file or environment.
        UnusableKey: it cannot be read.
    """
    from gitopskit.repository.certificates import read_certificate_of
    from gitopskit.repository.layout import find_repository
    from gitopskit.sealedfiles.stored_certificates import NamedCertificate, repository_around
    from gitopskit.sealing.certificates import load_certificates

    if cert and env:
        raise InputError("both --cert and --env are given", hint="give one of them")
    if cert:
        found = load_certificates(output.read_input(cert), where=cert)
        return tuple(NamedCertificate(name=cert, path=cert, certificate=each) for each in found.all)
    if not env:
        return ()
    folder = Path() if near == _STDIN else Path(near)
    stored = read_certificate_of(repository_around(folder) or find_repository(Path()), env)
    path = os.path.relpath(stored.path)
    found = load_certificates(stored.pem, where=path)
    return tuple(NamedCertificate(name=env, path=path, certificate=each) for each in found.all)


def _look(
    paths: list[str], *, named: tuple[NamedCertificate, ...], keyring: Keyring | None
) -> _Looked:
    """Read everything, and say of each SealedSecret what it should be sealed to."""
    from gitopskit.sealedfiles.overlay_namespaces import OverlayNamespaces
    from gitopskit.sealedfiles.sealed_tree import read_tree
    from gitopskit.sealedfiles.stored_certificates import ExpectedCertificates
    from gitopskit.sealedfiles.verify import subject_of

    tree = read_tree(paths, read_stdin=lambda: output.read_input(_STDIN))
    stored, namespaces = ExpectedCertificates(), OverlayNamespaces()
    subjects: list[Subject] = []
    for reading in tree.readings:
        path = Path(reading.path)
        own = stored.of_file(path)
        expected = named or own
        namespace = "" if reading.path == _STDIN else namespaces.of_file(path)
        subjects += [
            subject_of(part, expected=expected, keyring=keyring, namespace=namespace)
            for part in reading.parts
        ]
    return _Looked(
        tree=tree,
        subjects=subjects,
        certificates=(*stored.certificates, *named),
        findings=() if named else stored.findings,
    )


def _findings(looked: _Looked, *, keyring: Keyring | None, now: datetime) -> list[Finding]:
    from gitopskit.sealedfiles.stored_certificates import check_validity
    from gitopskit.sealedfiles.verify import verify_manifests

    validity = (check_validity(each, now=now) for each in looked.expected)
    return [
        *looked.tree.findings,
        *looked.tree.links,
        *looked.findings,
        *(finding for finding in validity if finding is not None),
        *verify_manifests(looked.subjects, certificates=looked.certificates, keyring=keyring),
    ]


def _asked(subjects: list[Subject], target: seal_flags.Target) -> list[Finding]:
    """Return which SealedSecrets the controller cannot open."""
    from gitopskit.cli.seal_request import address_of
    from gitopskit.cli.wiring import connect, run_async
    from gitopskit.sealedfiles.closed_items import unopened_by_controller
    from gitopskit.sealedfiles.controller import find_controller

    async def ask() -> list[Finding]:
        async with connect(target.context, kubeconfig=target.kubeconfig) as api:
            found = await find_controller(
                api, address_of(target), is_default=target.is_default_controller
            )
            return [
                unopened_by_controller(each.part)
                for each in subjects
                if not await found.verify(each.part.sealed)
            ]

    return run_async(ask())


def _counts(looked: _Looked, *, keyring: Keyring | None, now: datetime) -> list[KeyCount]:
    from gitopskit.sealedfiles.usage import KeyUse, count_keys

    uses = [KeyUse(part=each.part, key=key) for each in looked.subjects for key in each.keys]
    return count_keys(uses, now=now, certificates=looked.certificates, keyring=keyring)


def _report(looked: _Looked, findings: list[Finding]) -> Report:
    """Return the findings in the order of their places, fit for a terminal."""
    from gitopskit.redaction import show_controls
    from gitopskit.validation.report import Report

    shown = (
        replace(each, path=show_controls(each.path), message=show_controls(each.message))
        for each in findings
    )
    return Report(
        findings=tuple(sorted(shown)),
        files=len(looked.tree.readings),
        documents=looked.tree.documents,
    )


def _show(
    report: Report, looked: _Looked, counts: list[KeyCount], *, form: output.OutputFormat
) -> None:
    scopes = Counter(each.part.sealed.scope.value for each in looked.subjects)
    if form != "text":
        more = {"keys": [each.structured() for each in counts], "scopes": dict(scopes)}
        output.print_structured(report.structured() | more, form)
    elif report.findings:
        output.print_result(report.text())
    for count in counts:
        age = "" if count.age_days is None else f", age in days: {count.age_days}"
        output.note(f"key {count.title}: items: {count.items}, files: {count.files}{age}")
    if scopes:
        output.note("scopes: " + ", ".join(f"{scope}: {n}" for scope, n in sorted(scopes.items())))
    output.note(report.summary())


def _exit_code(report: Report, *, opens: bool, is_strict: bool) -> int:
    """Return 4 before 2 before 1; ``opens`` tells that there was something to open with."""
    from gitopskit.sealedfiles.closed_items import CLOSED
    from gitopskit.sealedfiles.reading import UNREADABLE

    if opens and any(each.rule in (CLOSED, *UNREADABLE) for each in report.findings):
        return _EXIT_INTEGRITY
    has_warnings = is_strict and report.count("warning") > 0
    return report.exit_code or (_EXIT_FINDINGS if has_warnings else 0)
