"""Secrets sealed into an app's overlays, or made of values alone: beyond kubeseal's flags."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from gitopskit.cli import output
from gitopskit.cli.manifest_texts import read_source
from gitopskit.cli.seal_request import comparison_of
from gitopskit.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gitopskit.cli.seal_request import SealRequest
    from gitopskit.manifests.documents import Manifest
    from gitopskit.sealedfiles.planned_file import PlannedFile

_STDIO: Final = "-"


def seal_placed(request: SealRequest) -> None:
    """Seal into the overlay of the app in each environment, and list the files there.

    Values that are given one by one are added to a SealedSecret that is there already; a whole
    Secret takes its place.

    Raises:
        InputError: a flag does not go with ``--app``, or something cannot be sealed.
    """
    from gitopskit.clock import SystemClock
    from gitopskit.repository.layout import find_repository
    from gitopskit.sealedfiles.placing import PlacingOptions, seal_for_environments
    from gitopskit.sealing.scope import Scope

    _require_placeable(request)
    files = seal_for_environments(
        read_secrets(request),
        repository=find_repository(Path()),
        environments=request.environments,
        app=request.app,
        options=PlacingOptions(
            scope=Scope(request.scope) if request.scope else None,
            name=request.name,
            file_name=request.target,
            registers=request.registers,
            extends=request.has_values,
            allows_empty_data=request.allows_empty_data,
            records_keys=request.records_keys,
            post_quantum=request.post_quantum,
            comparison=comparison_of(request),
        ),
        now=SystemClock().now_utc(),
    )
    _hand_out(files, is_dry_run=request.is_dry_run)


def read_secrets(request: SealRequest) -> Sequence[Manifest]:
    """Return the Secrets of the input, or the one that is made of the values that flags name.

    Raises:
        InputError: it cannot be read, or the one that is to be made has no name.
    """
    from gitopskit.sealedfiles import texts

    if request.has_values:
        return (_built(request),)
    return texts.read_secrets(read_source(request.source), path=request.source)


def _built(request: SealRequest) -> Manifest:
    from gitopskit.cli.seal_values import collect_values
    from gitopskit.clock import SystemClock
    from gitopskit.sealedfiles.new_secret import build_secret

    if request.is_input_named:
        raise InputError(
            "values and a FILE are given", hint="give a Secret, or values with --name, not both"
        )
    if not request.name:
        raise InputError(
            f"{'--from-file' if request.from_file else '--generate'} requires --raw, or --name",
            hint="give --raw for one value, or --name for a Secret that is made of values",
        )
    collected = collect_values(
        request.from_file,
        request.generate,
        now=SystemClock().now_utc(),
        allows_empty=request.allows_empty_data,
    )
    for note in collected.notes:
        output.note(note)
    secret_type = request.secret_type or collected.secret_type
    return build_secret(request.name, secret_type=secret_type, values=collected.values)


def _require_placeable(request: SealRequest) -> None:
    misfits = {
        "--cert": request.cert,
        "--namespace": request.namespace,
        "--in-place": request.is_in_place,
        "--format": request.output_format,
        "a cluster (--context, --kubeconfig, --controller-name)": request.cluster.is_chosen,
    }
    for flag, value in misfits.items():
        if value:
            raise InputError(
                f"{flag} does not go with --app",
                hint="certificate, namespace and file follow from the environment",
            )


def _hand_out(files: Sequence[PlannedFile], *, is_dry_run: bool) -> None:
    from gitopskit.comparison.text_diff import unified_diff
    from gitopskit.sealedfiles.planned_file import write_planned

    if is_dry_run:
        root = Path.cwd()
        diffs = (
            unified_diff((each.before or b"").decode(), each.text, path=_shown(each.path, root))
            for each in files
        )
        output.print_result("".join(diffs) or "nothing to change\n")
        return
    written = write_planned(files)
    for each in written:
        output.print_result(_shown(each.path, Path.cwd()))
    for environment, fingerprint, age in dict.fromkeys(
        (each.environment, each.fingerprint, each.age_days) for each in files
    ):
        output.note(f"{environment}: sealed to {fingerprint}, {age} days old")
    if not written:
        output.note("the files hold these very values already")


def _shown(path: Path, folder: Path) -> str:
    """Return a path as it is called from a folder, whole if it does not lie below."""
    return str(path.relative_to(folder) if path.is_relative_to(folder) else path)
