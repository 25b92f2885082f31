"""`gitopskit seal`: Secrets in, SealedSecrets out, with kubeseal's flags; and its subcommands."""

from __future__ import annotations

import importlib
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

import typer

from gitopskit.cli import seal_flags, seal_spellings, settings
from gitopskit.cli.group_with_default import OWN_COMMAND, GroupWithDefault, OwnCommand
from gitopskit.cli.manifest_texts import source_of
from gitopskit.errors import InputError

if TYPE_CHECKING:
    from gitopskit.cli.seal_request import SealRequest

_EPILOG: Final = (
    "The first word may be a subcommand: set, rm, edit, raw, reencrypt, verify; "
    "`gitopskit seal set --help` tells more. A file of such a name is written `./set`."
)
_NOTHING: Final[list[str]] = []


class _SealGroup(GroupWithDefault):
    """Knows where the subcommands are."""

    modules = MappingProxyType(
        {
            "set": "gitopskit.cli.seal_set",
            "rm": "gitopskit.cli.seal_set",
            "edit": "gitopskit.cli.seal_edit",
            "raw": "gitopskit.cli.seal_raw",
            "reencrypt": "gitopskit.cli.seal_reencrypt",
            "verify": "gitopskit.cli.seal_verify",
        }
    )


class _SealCommand(OwnCommand):
    """Takes flags as kubeseal's callers write them, and what none says from its variables."""

    def make_context(self, info_name: str | None, args: list[str], **extra: Any) -> Any:  # type: ignore[override] # typer spells out one of the extras  # noqa: ANN401 -- typer's own types, which it hides
        spelled = seal_spellings.spelled_out(args, self.params)
        variables = settings.variables_after(seal_flags.VARIABLE_PREFIX)
        extra["default_map"] = seal_spellings.defaults_from(variables, unless=spelled.said)
        return super().make_context(info_name, spelled.args, **extra)


def register(app: typer.Typer) -> None:
    """Add the group: the command itself, and its subcommands."""
    group = typer.Typer(cls=_SealGroup, help="Seal Secrets, so that only a cluster can open them.")
    group.command(OWN_COMMAND, cls=_SealCommand, hidden=True, epilog=_EPILOG)(seal)
    app.add_typer(group, name="seal")


def seal(  # noqa: PLR0913 -- one parameter per flag
    file: seal_flags.File = "",
    *,
    cert: seal_flags.Certificate = "",
    env: seal_flags.Environments = _NOTHING,
    app: seal_flags.App = "",
    scope: seal_flags.Scopes = None,
    name: seal_flags.Name = "",
    namespace: seal_flags.Namespace = "",
    secret_file: seal_flags.SecretFile = "",
    sealed_secret_file: seal_flags.SealedFile = "",
    post_quantum: seal_flags.PostQuantum = None,
    in_place: seal_flags.InPlace = False,
    merge_into: seal_flags.MergeInto = "",
    output_format: seal_flags.Format = None,
    allow_empty_data: seal_flags.AllowEmpty = False,
    from_file: seal_flags.FromFile = _NOTHING,
    generate: seal_flags.Generate = _NOTHING,
    secret_type: seal_flags.SecretType = "",
    register_file: seal_flags.Register = True,
    record_keys: seal_flags.RecordKeys = True,
    private_key: seal_flags.PrivateKeys = _NOTHING,
    digest_key: seal_flags.DigestKeyFile = "",
    dry_run: seal_flags.DryRun = False,
    raw: seal_flags.Raw = False,
    fetch_cert: seal_flags.FetchCert = False,
    validate: seal_flags.Validate = False,
    re_encrypt: seal_flags.ReEncrypt = False,
    recovery_unseal: seal_flags.RecoveryUnseal = False,
    recovery_private_key: seal_flags.RecoveryKeys = _NOTHING,
    controller_name: seal_flags.ControllerName = seal_flags.DEFAULT_CONTROLLER_NAME,
    controller_namespace: seal_flags.ControllerNamespace = seal_flags.DEFAULT_CONTROLLER_NAMESPACE,
    context: seal_flags.Context = "",
    kubeconfig: seal_flags.Kubeconfig = "",
) -> None:
    """Seal Secrets, so that only the cluster that holds the key can open them."""
    from gitopskit.cli.seal_request import SealRequest

    cluster = seal_flags.Target(
        context=context,
        kubeconfig=kubeconfig,
        controller_name=controller_name,
        controller_namespace=controller_namespace,
    )
    request = SealRequest(
        source=source_of(file, secret_file, flag="--secret-file"),
        is_input_named=bool(file or secret_file),
        target=sealed_secret_file,
        cert=cert,
        environments=tuple(env),
        app=app,
        scope=scope,
        name=name,
        namespace=namespace,
        post_quantum=post_quantum,
        is_in_place=in_place,
        merge_into=merge_into,
        output_format=output_format,
        allows_empty_data=allow_empty_data,
        from_file=tuple(from_file),
        generate=tuple(generate),
        secret_type=secret_type,
        registers=register_file,
        records_keys=record_keys,
        private_keys=tuple(private_key),
        digest_key=digest_key,
        is_dry_run=dry_run,
        recovery_keys=tuple(part for each in recovery_private_key for part in each.split(",")),
        cluster=cluster,
    )
    modes = (raw, fetch_cert, validate, re_encrypt, recovery_unseal, bool(merge_into))
    _run(request, [flag for flag, is_given in zip(_MODES, modes, strict=True) if is_given])


def _run(request: SealRequest, modes: list[str]) -> None:
    """Do the one thing that the flags ask for; each is imported when it is needed."""
    if len(modes) > 1:
        raise InputError(
            f"{modes[0]} and {modes[1]} are two different things", hint="give one of them"
        )
    for mode in modes:
        _refuse_misfits(request, mode)
        module, _, function = _MODES[mode].partition(":")
        getattr(importlib.import_module(f"gitopskit.cli.{module}"), function)(request)
        return
    from gitopskit.cli import seal_documents

    seal_documents.seal(request)


def _refuse_misfits(request: SealRequest, mode: str) -> None:
    if request.is_dry_run and mode in _WITHOUT_A_DRY_RUN:
        raise InputError(
            f"--dry-run does not go with {mode}", hint="leave out --sealed-secret-file instead"
        )
    if request.post_quantum is not None and mode in _WITHOUT_A_CERTIFICATE:
        raise InputError(
            f"--post-quantum does not go with {mode}",
            hint="leave it out: nothing is sealed to a certificate that can be chosen",
        )


_WITHOUT_A_CERTIFICATE: Final = frozenset({"--validate", "--re-encrypt", "--recovery-unseal"})
_WITHOUT_A_DRY_RUN: Final = frozenset({"--raw", "--fetch-cert", "--validate", "--recovery-unseal"})
_MODES: Final = {
    "--raw": "seal_documents:seal_raw",
    "--fetch-cert": "seal_by_controller:fetch_certificate",
    "--validate": "seal_by_controller:validate",
    "--re-encrypt": "seal_by_controller:reencrypt",
    "--recovery-unseal": "seal_documents:recover",
    "--merge-into": "seal_documents:merge",
}
