"""What `gitopskit seal` asks a cluster's controller: its certificate, verdicts, new envelopes."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from gitopskit.cli import output
from gitopskit.cli.manifest_texts import appendable, named_format, read_source
from gitopskit.cli.seal_request import (
    address_of,
    fetch_from_cluster,
    find_certificate,
    require_known_cluster,
)
from gitopskit.cli.wiring import connect, run_async
from gitopskit.errors import EnvironmentFault, InputError, Undecryptable
from gitopskit.manifests.documents import expand_lists, read_documents
from gitopskit.manifests.json_stream import looks_like_json
from gitopskit.sealedfiles.controller import find_controller
from gitopskit.sealedfiles.reencrypt import Newest, reencrypt_text, reseal_by_controller
from gitopskit.sealedfiles.sealed_text import SealedText
from gitopskit.sealedfiles.texts import dump
from gitopskit.sealing.certificates import wish_of
from gitopskit.sealing.keys import read_certificate
from gitopskit.sealing.unseal import Keyring

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from gitopskit.cli.seal_flags import Target
    from gitopskit.cli.seal_request import SealRequest
    from gitopskit.kube.client import KubeClient
    from gitopskit.sealedfiles.controller import Controller
    from gitopskit.sealedfiles.reencrypt import Reencrypted
    from gitopskit.sealing.keys import SealingCertificate

_STDIO: Final = "-"
_MOST_RENEWALS: Final = 2
"""How often a controller may renew its key while it seals one file again."""


def fetch_certificate(request: SealRequest) -> None:
    """Print the certificate that the cluster seals with, or the one that is named."""
    if request.cert or request.environment:
        certificate = find_certificate(request)
    else:
        require_known_cluster()
        wish = wish_of(post_quantum=request.post_quantum)
        certificate = fetch_from_cluster(request.cluster, wish=wish)
    output.write_output(request.target or _STDIO, certificate.pem.decode())


def validate(request: SealRequest) -> None:
    """Ask the controller whether it can open each SealedSecret; the first that it cannot ends it.

    Raises:
        Undecryptable: it cannot open one; the error names the object and no cause.
    """
    require_known_cluster()
    sealed = _read(request, read_source(request.source))
    run_async(_verify(request.cluster, sealed))


def reencrypt(request: SealRequest) -> None:
    """Have the controller seal each SealedSecret to its newest key; all else stays as it is.

    A FILE that is given without ``--sealed-secret-file`` is rewritten.
    """
    from gitopskit.sealedfiles.trees import replace_text

    require_known_cluster()
    before = read_source(request.source)
    sealed = _read(request, before)
    with rotation(request.cluster) as rotate:
        result = rotate(sealed)
    text = _whole(result)
    if result.left:
        output.note(f"items that are sealed to hybrid keys, left as they are: {result.left}")
    text = _as_asked(text, request)
    if request.target or request.source == _STDIO or request.is_dry_run:
        output.write_output(_STDIO if request.is_dry_run else request.target or _STDIO, text)
    elif text != sealed.text:
        replace_text(Path(request.source), text, before=before)


async def _verify(target: Target, sealed: SealedText) -> None:
    async with connect(target.context, kubeconfig=target.kubeconfig) as api:
        controller = await find_controller(
            api, address_of(target), is_default=target.is_default_controller
        )
        for part in sealed.parts:
            if not await controller.verify(part.sealed):
                raise Undecryptable(
                    f"unable to decrypt sealed secret: {part.sealed.name}",
                    where=part.manifest.where,
                    hint="`gitopskit seal verify --private-key FILE` says why, with the keys",
                )


@contextmanager
def rotation(target: Target) -> Iterator[Callable[[SealedText], Reencrypted]]:
    """Find a cluster's controller, and give what has it seal texts to its newest key.

    What is given may be called in another thread, but in one at a time.

    Raises:
        EnvironmentFault: the cluster cannot be asked.
        InputError: there is no controller in it, or there are several.
    """
    with asyncio.Runner() as runner:
        opened = AsyncExitStack()
        try:
            controller = runner.run(_open(target, opened))
            yield lambda sealed: runner.run(_rotate(sealed, controller))
        finally:
            runner.run(opened.aclose())


async def _open(target: Target, opened: AsyncExitStack) -> Controller:
    api: KubeClient = await opened.enter_async_context(
        connect(target.context, kubeconfig=target.kubeconfig)
    )
    return await find_controller(api, address_of(target), is_default=target.is_default_controller)


async def _rotate(sealed: SealedText, controller: Controller) -> Reencrypted:
    """Return a text whose items are sealed to the controller's newest key, and recorded for it.

    It names no key with what it seals, so the certificate must be the same before and after.

    Raises:
        EnvironmentFault: it renews its key all the time.
    """
    newest = await _newest(controller)
    for _ in range(_MOST_RENEWALS):
        reseal = await reseal_by_controller(sealed, controller, fingerprint=newest.fingerprint)
        result = reencrypt_text(
            sealed,
            newest=Newest(certificate=newest, hybrid=None),
            keyring=Keyring(()),
            reseal=reseal,
        )
        before, newest = newest, await _newest(controller) if result.resealed else newest
        if before.fingerprint == newest.fingerprint:
            return result
    raise EnvironmentFault(
        "the controller renews its key again and again",
        where=controller.port.where,
        hint="run the command again; what is done is not done twice",
    )


async def _newest(controller: Controller) -> SealingCertificate:
    pem = await controller.fetch_certificate_pem()
    now = controller.api.clock.now_utc()
    return read_certificate(pem, where=controller.port.where, now=now)


def _whole(result: Reencrypted) -> str:
    """Return the text in which everything could be sealed again.

    Raises:
        Undecryptable: something could not; kubeseal changes nothing then.
    """
    if result.findings:
        raise Undecryptable(
            "unable to rotate secret",
            where=result.findings[0].where,
            hint="`gitopskit seal verify --private-key FILE` says why, with the keys",
        )
    return result.text


def _read(request: SealRequest, data: bytes) -> SealedText:
    sealed = SealedText.read(data, path=request.source, is_strict=True)
    if not sealed.parts:
        raise InputError(
            "there is no SealedSecret in the input",
            where=request.source,
            hint="give a manifest of kind SealedSecret, as YAML or JSON",
        )
    return sealed


def _as_asked(text: str, request: SealRequest) -> str:
    """Return a text in the format that is asked for: as it is, unless that is another one."""
    if not (request.target or request.output_format):
        return text
    form = named_format(request.output_format, target=request.target or request.source)
    if form is None or form == ("json" if looks_like_json(text) else "yaml"):
        return text
    manifests = expand_lists(read_documents(text, path=request.source))
    return appendable(dump([manifest.content for manifest in manifests], form), form)
