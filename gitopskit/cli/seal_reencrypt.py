"""`gitopskit seal reencrypt`: every SealedSecret of a tree to the newest key, file by file."""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gitopskit.cli import output, seal_flags
from gitopskit.errors import ApiError, GitopskitError, InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from gitopskit.sealedfiles.certificates import Offered
    from gitopskit.sealedfiles.reencrypt import Newest, Reencrypted
    from gitopskit.sealedfiles.sealed_text import SealedText

_EXIT_INTEGRITY = 4
_WAITING_FOR_THE_DISK = 4
"""Threads beyond one a processor: each file is synced, and others are opened meanwhile."""
_NOTHING: list[str] = []

_Paths = Annotated[list[str], typer.Argument(metavar="PATH...", help="Files and folders.")]
_FromKeys = Annotated[
    list[str],
    typer.Option(
        "--from-key",
        help="A private key to open with: PEM, key Secret or List; may be repeated.",
        metavar="FILE",
    ),
]
_ToCertificate = Annotated[
    str,
    typer.Option(
        "--to-cert", help="The certificate to seal to: a file or a URL.", metavar="FILE|URL"
    ),
]
_Environment = Annotated[
    str, typer.Option("--env", help="Seal to this environment's certificate.", metavar="ENV")
]


@dataclass(frozen=True, slots=True)
class _Done:
    """One file that was looked at: what came of it, or why nothing did."""

    path: Path
    before: bytes
    result: Reencrypted | None = None
    error: GitopskitError | None = None


@dataclass(frozen=True, slots=True)
class _Outcome:
    """All files that were worked on, and why others could not be looked at."""

    files: list[_Done]
    faults: list[GitopskitError]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Source:
    """What flags say of the certificate to seal to; each file's environment has its own else."""

    cert: str
    env: str
    post_quantum: bool | None

    @property
    def is_named(self) -> bool:
        """Whether it is one for all files."""
        return bool(self.cert or self.env)

    def newest(self, offered: Offered, *, has_hybrid: bool) -> Newest:
        """Return what the items of a file move to; ``has_hybrid`` tells that some are hybrid."""
        from gitopskit.clock import SystemClock
        from gitopskit.sealedfiles.reencrypt import Newest
        from gitopskit.sealing.certificates import wish_of

        now = SystemClock().now_utc()
        certificate = offered.chosen(wish_of(post_quantum=self.post_quantum), now=now)
        if self.post_quantum is not None or not has_hybrid:
            return Newest(certificate=certificate, hybrid=certificate)
        hybrid = offered.chosen("hybrid if there" if self.cert else "hybrid", now=now)
        return Newest(certificate=certificate, hybrid=hybrid)


def register(group: typer.Typer) -> None:
    """Add the command."""
    group.command("reencrypt")(reencrypt)


def reencrypt(  # noqa: PLR0913 -- one parameter per flag
    paths: _Paths,
    *,
    from_key: _FromKeys = _NOTHING,
    to_cert: _ToCertificate = "",
    env: _Environment = "",
    post_quantum: seal_flags.PostQuantum = None,
    controller_name: seal_flags.ControllerName = seal_flags.DEFAULT_CONTROLLER_NAME,
    controller_namespace: seal_flags.ControllerNamespace = seal_flags.DEFAULT_CONTROLLER_NAMESPACE,
    context: seal_flags.Context = "",
    kubeconfig: seal_flags.Kubeconfig = "",
    dry_run: seal_flags.DryRun = False,
) -> None:
    """Move every SealedSecret to the newest key: offline with keys, else through the controller.

    Items that are sealed to a hybrid key move to the newest hybrid key, and others to the newest
    RSA key, unless --post-quantum or --no-post-quantum moves all to one kind.
    Only what is not sealed to that key already is changed, and nothing else in a file. What was
    interrupted is finished by running it again. Exit code 4: some items could not be opened.
    """
    target = seal_flags.Target(
        context=context,
        kubeconfig=kubeconfig,
        controller_name=controller_name,
        controller_namespace=controller_namespace,
    )
    opened: AbstractContextManager[Callable[[Path, bytes], Reencrypted]]
    if from_key:
        source = _Source(cert=to_cert, env=env, post_quantum=post_quantum)
        opened = nullcontext(_offline(tuple(from_key), source))
        workers = (os.cpu_count() or 1) + _WAITING_FOR_THE_DISK
    elif to_cert or env or post_quantum is not None:
        raise InputError(
            "without --from-key the controller seals, to its own newest key",
            hint="give --from-key FILE, or leave out --to-cert, --env and --post-quantum",
        )
    else:
        opened, workers = _online(target), 1
    with opened as work:
        outcome = _work_through(paths, work, workers=workers, is_dry_run=dry_run)
    _finish(outcome, is_dry_run=dry_run)


def _offline(from_key: tuple[str, ...], source: _Source) -> Callable[[Path, bytes], Reencrypted]:
    """Return what re-encrypts one file with private keys that are here.

    Without a certificate that is named, each file's is that of the environment it lies in.
    """
    from gitopskit.cli.seal_certificate import find_offered
    from gitopskit.cli.seal_request import read_keyring
    from gitopskit.sealedfiles.reencrypt import reencrypt_text, reseal_with_keys
    from gitopskit.sealedfiles.sealed_text import SealedText

    keyring = read_keyring(from_key)
    named = find_offered(source.cert, source.env, near=Path()) if source.is_named else None
    if named is not None:
        source.newest(named, has_hybrid=False)
    found: dict[tuple[Path, bool], Newest] = {}

    def newest_for(path: Path, *, has_hybrid: bool) -> Newest:
        key = (Path() if named else path.parent, has_hybrid)
        if key not in found:
            offered = named or find_offered("", "", near=path)
            found[key] = source.newest(offered, has_hybrid=has_hybrid)
        return found[key]

    def work(path: Path, data: bytes) -> Reencrypted:
        sealed = SealedText.read(data, path=str(path))
        newest = newest_for(path, has_hybrid=_has_hybrid(sealed))
        reseal = reseal_with_keys(keyring, newest)
        return reencrypt_text(sealed, newest=newest, keyring=keyring, reseal=reseal)

    return work


def _has_hybrid(sealed: SealedText) -> bool:
    from gitopskit.sealing.hybrid import is_hybrid

    parts = (part.sealed.encrypted_data.values() for part in sealed.parts)
    return any(is_hybrid(blob) for blobs in parts for blob in blobs)


@contextmanager
def _online(target: seal_flags.Target) -> Iterator[Callable[[Path, bytes], Reencrypted]]:
    """Give what has a cluster's controller re-encrypt one file after the other."""
    from gitopskit.cli.seal_by_controller import rotation
    from gitopskit.sealedfiles.sealed_text import SealedText

    with rotation(target) as rotate:
        yield lambda path, data: rotate(SealedText.read(data, path=str(path)))


def _work_through(
    paths: list[str],
    work: Callable[[Path, bytes], Reencrypted],
    *,
    workers: int,
    is_dry_run: bool,
) -> _Outcome:
    """Do every file, several at a time, each written as soon as it is done.

    Raises:
        ApiError: the cluster fails, and would with the next file.
    """
    from concurrent.futures import ThreadPoolExecutor, as_completed

    from gitopskit.sealedfiles.trees import clear_up, replace_text

    def one(path: Path, data: bytes) -> _Done:
        try:
            result = work(path, data)
            if result.text.encode() != data and not is_dry_run:
                replace_text(path, result.text, before=data)
        except ApiError:
            raise
        except GitopskitError as error:
            return _Done(path, data, error=error)
        return _Done(path, data, result=result)

    files, faults = _files_in(paths)
    if not is_dry_run:
        clear_up(path for path, _ in files)
    pool = ThreadPoolExecutor(max_workers=workers)
    try:
        running = [pool.submit(one, path, data) for path, data in files]
        with _progress(len(running)) as advance:
            for each in as_completed(running):
                each.result()
                advance()
        return _Outcome([each.result() for each in running], faults)
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _files_in(paths: list[str]) -> tuple[list[tuple[Path, bytes]], list[GitopskitError]]:
    """Return the files to work on with what they hold, and what could not be read."""
    from gitopskit.sealedfiles.trees import sealed_files

    faults: list[GitopskitError] = []
    links: list[Path] = []
    named = [Path(path) for path in paths]
    files = list(sealed_files(named, on_fault=faults.append, on_skipped=links.append))
    if links:
        output.note(f"links that are not followed: {len(links)}, the first is {links[0]}")
    if not files and not faults:
        raise InputError(
            "there is no SealedSecret in these paths",
            where=", ".join(paths),
            hint="name the folders or files that hold some",
        )
    return files, faults


@contextmanager
def _progress(total: int) -> Iterator[Callable[[], None]]:
    """Show a bar on a terminal, and nothing elsewhere."""
    if not sys.stderr.isatty():
        yield lambda: None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("re-encrypting", total=total)
        yield lambda: bar.advance(task)


def _finish(outcome: _Outcome, *, is_dry_run: bool) -> None:
    """Tell what was done, and end with the code of the worst that happened."""
    results = [each.result for each in outcome.files if each.result is not None]
    findings = [finding for result in results for finding in result.findings]
    errors = [*outcome.faults, *(each.error for each in outcome.files if each.error is not None)]
    if is_dry_run:
        _show_changes(outcome.files)
    for error in errors:
        output.show_error(error)
    for finding in findings:
        output.say(f"{finding.where}: {finding.severity}: {finding.message} [{finding.rule}]")
        output.say(f"    hint: {finding.hint}")
    left = sum(result.left for result in results)
    if left:
        output.note(f"items that are sealed to hybrid keys, left as they are: {left}")
    word = "to re-encrypt" if is_dry_run else "re-encrypted"
    output.note(
        f"files: {len(outcome.files) + len(outcome.faults)}, "
        f"items {word}: {sum(result.resealed for result in results)}, "
        f"on the newest key already: {sum(result.current for result in results)}, "
        f"not opened: {len(findings)}, files that failed: {len(errors)}"
    )
    code = max([0, *(error.exit_code for error in errors), *(_EXIT_INTEGRITY for _ in findings)])
    if code:
        raise typer.Exit(code)


def _show_changes(files: list[_Done]) -> None:
    from gitopskit.comparison.text_diff import unified_diff

    for each in files:
        if each.result is not None:
            diff = unified_diff(each.before.decode(), each.result.text, path=_from_here(each.path))
            output.print_exactly(diff)


def _from_here(path: Path) -> str:
    """Return a path as ``git apply`` takes it in the working folder, if it lies in there."""
    here = Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)
