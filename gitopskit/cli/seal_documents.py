"""The sealing of documents: to standard output, to a file, in place, or into a sealed file."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from gitopskit.cli import output
from gitopskit.cli.manifest_texts import appendable, choose_format, read_source
from gitopskit.cli.seal_request import (
    comparison_of,
    find_certificate,
    kubeconfig_of,
    read_keyring,
)
from gitopskit.errors import InputError
from gitopskit.sealing.scope import Scope

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gitopskit.cli.seal_request import SealRequest
    from gitopskit.manifests.documents import Manifest
    from gitopskit.sealedfiles.sealed_text import SealedText
    from gitopskit.sealing.seal import SealOptions

_STDIO: Final = "-"


def seal(request: SealRequest) -> None:
    """Seal what the flags say; a person at a terminal who says nothing is asked.

    Raises:
        InputError: a flag does not go with another, or something cannot be sealed.
    """
    from gitopskit.cli.seal_placed import read_secrets, seal_placed

    if _asks(request):
        _ask(request)
    elif request.app:
        seal_placed(request)
    elif request.secret_type and not request.has_values:
        raise InputError(
            "--type is for a Secret that is made of values",
            hint="give --from-file or --generate, or write the type into the manifest",
        )
    else:
        target = _target_of(request)
        before = _content_of(target)
        if request.has_values and before:
            raise InputError(
                "values would take the place of a whole file",
                where=target,
                hint=f"add them with `--merge-into {target}`, or remove the file first",
            )
        _seal_documents(request, read_secrets(request), target=target, before=before)


def _asks(request: SealRequest) -> bool:
    is_silent = not (request.is_input_named or request.has_values)
    return is_silent and sys.stdin.isatty() and sys.stderr.isatty()


def _ask(request: SealRequest) -> None:
    from gitopskit.cli.seal_wizard import WizardPreset, run_seal_wizard

    preset = WizardPreset(
        environments=request.environments,
        app=request.app,
        cert=request.cert,
        namespace=request.namespace,
        name=request.name,
        secret_type=request.secret_type,
        scope=Scope(request.scope) if request.scope else None,
        file=request.target,
        registers=request.registers,
        records_keys=request.records_keys,
        is_dry_run=request.is_dry_run,
        post_quantum=request.post_quantum,
    )
    run_seal_wizard(Path(), preset=preset)


def _seal_documents(
    request: SealRequest, secrets: Sequence[Manifest], *, target: str, before: bytes | None
) -> None:
    """Seal Secrets to one certificate; all of them, or nothing is written.

    ``before`` is what the target held, read before the Secrets were: it is replaced only if it
    still holds that.
    """
    from gitopskit.sealedfiles import texts

    options = _options(request, secrets, envelopes=_envelopes_in(before, target))
    earlier = texts.read_earlier(before, path=target) if before and _compares(options) else {}
    sealed = texts.seal_manifests(secrets, options, earlier=earlier)
    if earlier and before and texts.holds_already(before, sealed, path=target):
        output.note(f"{target} holds these very values already")
        return
    form = choose_format(request.output_format, target=target)
    text = appendable(texts.dump(sealed, form), form)
    if request.is_dry_run:
        output.print_result(text)
    else:
        output.write_output(target, text, expected=before)


def _envelopes_in(before: bytes | None, path: str) -> list[bytes]:
    """Return the envelopes in a file that is replaced; it is read only if one may be hybrid."""
    from gitopskit.sealedfiles.texts import read_earlier
    from gitopskit.sealing.hybrid import MARK_IN_BASE64

    if not before or MARK_IN_BASE64 not in before:
        return []
    held = read_earlier(before, path=path).values()
    return [envelope for sealed in held for envelope in sealed.encrypted_data.values()]


def merge(request: SealRequest) -> None:
    """Seal the items of the input into the SealedSecrets of a file, and leave the rest alone."""
    from gitopskit.sealedfiles.merge import merge_into
    from gitopskit.sealedfiles.sealed_text import SealedText
    from gitopskit.sealedfiles.trees import read_file, replace_text

    if request.target or request.is_in_place:
        raise InputError(
            "--merge-into writes into its FILE", hint="leave out --sealed-secret-file, --in-place"
        )
    path = Path(request.merge_into)
    before = read_file(path)
    target = SealedText.read(before, path=str(path))
    secrets = _read_for(request, target)
    held = [blob for part in target.parts for blob in part.sealed.encrypted_data.values()]
    text = merge_into(target, secrets, _options(request, (), envelopes=held))
    if request.is_dry_run:
        output.print_result(text)
    elif text != target.text:
        replace_text(path, text, before=before)
    _tell_other_names(target, secrets)


def _tell_other_names(target: SealedText, secrets: Sequence[Manifest]) -> None:
    """Note which Secrets went into a SealedSecret of another name: the only one is always meant."""
    from gitopskit.redaction import show_controls

    if len(target.parts) != 1:
        return
    own = target.parts[0].sealed.name
    for secret in secrets:
        if secret.name not in ("", own):
            told = f"note: the Secret is called {secret.name}, and its values go into {own}"
            output.note(show_controls(told))


def _read_for(request: SealRequest, target: SealedText) -> Sequence[Manifest]:
    """Return the Secrets to merge; values that flags name are for the target, whatever it is."""
    from gitopskit.cli.seal_placed import read_secrets

    if request.has_values and not request.name:
        return read_secrets(replace(request, name=target.part().sealed.name))
    return read_secrets(request)


def seal_raw(request: SealRequest) -> None:
    """Seal one value, and print it: kubeseal's name for `gitopskit seal raw`."""
    from gitopskit.cli.seal_raw import RawRequest, print_raw
    from gitopskit.cli.value_source import ValueSource
    from gitopskit.sealedfiles.raw import raw_binding

    given = [*request.from_file, *request.generate, *([request.source] * request.is_input_named)]
    if len(given) > 1:
        raise InputError(
            "must provide only one --from-file when encrypting a single item with --raw",
            hint="give one --from-file, or one --generate, and no FILE beside it",
        )
    scope = Scope(request.scope or Scope.STRICT.value)
    source = ValueSource(
        from_file="" if request.generate else "".join(request.from_file) or request.source,
        generate="".join(request.generate),
        trims=False,
        allows_empty=request.allows_empty_data,
        stdin_is_taken=request.cert == _STDIO,
    )
    binding = raw_binding(name=request.name, namespace=_raw_namespace(request, scope), scope=scope)
    raw = RawRequest(binding=binding, source=source, target=request.target)
    print_raw(raw, find_certificate(request))


def _raw_namespace(request: SealRequest, scope: Scope) -> str:
    is_needed = scope is not Scope.CLUSTER_WIDE and not request.namespace
    return _namespace_of_context(request) if is_needed else request.namespace


def recover(request: SealRequest) -> None:
    """Open SealedSecrets with private keys: kubeseal's name for `gitopskit unseal`."""
    from gitopskit.sealedfiles.texts import unseal_text

    if not request.recovery_keys:
        raise InputError(
            "--recovery-unseal needs --recovery-private-key",
            hint="give the file with the private key",
        )
    target = request.target or _STDIO
    form = choose_format(request.output_format, target=target)
    text = unseal_text(
        read_source(request.source),
        path=request.source,
        keyring=read_keyring(request.recovery_keys),
        output=form,
    )
    output.write_output(target, appendable(text, form), is_private=True)


def _options(
    request: SealRequest, secrets: Sequence[Manifest], *, envelopes: Sequence[bytes]
) -> SealOptions:
    from gitopskit.sealing.seal import SealOptions

    options = SealOptions(
        certificate=find_certificate(request, envelopes),
        scope=Scope(request.scope) if request.scope else None,
        name=request.name,
        namespace=request.namespace,
        allows_empty_data=request.allows_empty_data,
        records_keys=request.records_keys,
        comparison=comparison_of(request),
    )
    if request.namespace or all(secret.namespace for secret in secrets):
        return options
    return replace(options, default_namespace=_namespace_of_context(request))


def _namespace_of_context(request: SealRequest) -> str:
    from gitopskit.kube.contexts import context_namespace

    namespace = context_namespace(kubeconfig_of(request.cluster), request.cluster.context)
    if namespace:
        output.note(
            f"no namespace is given: taking {namespace!r}, that of the kubeconfig's context"
        )
    return namespace


def _compares(options: SealOptions) -> bool:
    comparison = options.comparison
    return comparison.keyring is not None or comparison.digest_key is not None


def _content_of(target: str) -> bytes | None:
    """Return what a file holds before it is written, None where there is none."""
    if target == _STDIO or not Path(target).is_file():
        return None
    return output.read_input(target)


def _target_of(request: SealRequest) -> str:
    if not request.is_in_place:
        return request.target or _STDIO
    if request.target or request.source == _STDIO:
        raise InputError(
            "--in-place needs a FILE, and no --sealed-secret-file",
            hint="give the one file that is to be replaced",
        )
    if not request.is_dry_run:
        from gitopskit.sealedfiles.trees import refuse_link

        refuse_link(Path(request.source))
    return request.source
