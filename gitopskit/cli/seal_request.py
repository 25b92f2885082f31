"""What `gitopskit seal` was asked for, as one value, and the certificate that follows from it."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from gitopskit.cli import settings
from gitopskit.cli.seal_flags import VARIABLE_PREFIX, Target
from gitopskit.errors import InputError
from gitopskit.manifests.settled_names import UNSEALER_NAMESPACE

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Literal

    from gitopskit.sealedfiles.controller import ControllerAddress
    from gitopskit.sealedfiles.texts import TextFormat
    from gitopskit.sealing.certificates import Certificates, KeyWish
    from gitopskit.sealing.keys import SealingCertificate
    from gitopskit.sealing.unchanged import Comparison
    from gitopskit.sealing.unseal import Keyring


@dataclass(frozen=True, slots=True, kw_only=True)
class SealRequest:
    """The flags of one call; empty where nothing was said. ``source`` ``-`` is standard input."""

    source: str
    is_input_named: bool = False
    target: str = ""
    cert: str = ""
    environments: tuple[str, ...] = ()
    app: str = ""
    scope: Literal["strict", "namespace-wide", "cluster-wide"] | None = None
    name: str = ""
    namespace: str = ""
    is_in_place: bool = False
    merge_into: str = ""
    output_format: TextFormat | None = None
    allows_empty_data: bool = False
    from_file: tuple[str, ...] = ()
    generate: tuple[str, ...] = ()
    secret_type: str = ""
    registers: bool = True
    records_keys: bool = True
    private_keys: tuple[str, ...] = ()
    digest_key: str = ""
    is_dry_run: bool = False
    post_quantum: bool | None = None
    recovery_keys: tuple[str, ...] = ()
    cluster: Target = field(default_factory=Target)

    @property
    def has_values(self) -> bool:
        """Whether flags name values, so that no manifest is read."""
        return bool(self.from_file or self.generate)

    @property
    def environment(self) -> str:
        """Return the environment that was named, if it was one.

        Raises:
            InputError: several were named, which only ``--app`` can place.
        """
        if len(self.environments) > 1:
            raise InputError(
                "several --env are given without --app",
                hint="name the app, so that each environment's overlay gets its file",
            )
        return "".join(self.environments)


def find_certificate(request: SealRequest, envelopes: Iterable[bytes] = ()) -> SealingCertificate:
    """Return the certificate to seal with, beside the envelopes that are there already.

    It is the one that is named; without a name the repository's, and outside a repository, or
    where a cluster or controller is named, the one that the cluster seals with.

    Raises:
        InputError: two are named, or none can be found.
        UnusableKey: it cannot be used, or expired, or there is none of the kind that is meant.
        EnvironmentFault: it cannot be fetched.
    """
    from gitopskit.cli.seal_certificate import choose_certificate
    from gitopskit.sealing.certificates import wish_of

    written = (
        request.target or request.merge_into or (request.source if request.is_in_place else "")
    )
    near = Path() if written in ("", "-") else Path(written)
    wish = wish_of(
        post_quantum=request.post_quantum, envelopes=envelopes, is_named=bool(request.cert)
    )
    is_named = bool(request.cert or request.environment)
    if is_named or (not request.cluster.is_chosen and _is_in_repository(near)):
        return choose_certificate(request.cert, request.environment, near=near, wish=wish)
    has_cluster = any(map(os.path.isfile, kubeconfig_of(request.cluster).split(os.pathsep)))
    if not has_cluster:
        raise InputError(
            "no certificate to seal with, and no repository or kubeconfig to take one from",
            hint="name one with `--cert FILE`, or go to a repository made by `gitopskit init`",
        )
    require_known_cluster()
    return fetch_from_cluster(request.cluster, wish=wish)


def require_known_cluster() -> None:
    """Check that kubeseal would ask no other cluster than the one that we ask.

    Raises:
        InputError: a variable of its leads to another one.
    """
    from gitopskit.cli import seal_spellings

    variables = settings.variables_after(VARIABLE_PREFIX)
    seal_spellings.require_known_cluster(variables)


def kubeconfig_of(target: Target) -> str:
    """Return the kubeconfig that is meant: the flag's, the variable's, or the usual one."""
    found = settings.current()
    return target.kubeconfig or found.kubeconfig or str(found.home / ".kube" / "config")


def _is_in_repository(path: Path) -> bool:
    """Whether a path, or else the working folder, belongs to a repository of ours."""
    from gitopskit.repository.layout import find_repository

    for place in (path, Path()):
        try:
            find_repository(place)
        except InputError:
            continue
        return True
    return False


def fetch_from_cluster(target: Target, *, wish: KeyWish | None = None) -> SealingCertificate:
    """Return the certificate that a cluster seals with.

    Raises:
        EnvironmentFault: there is no usable kubeconfig, or the cluster cannot be asked.
        InputError: the cluster offers none, or none that fits the wish.
    """
    from gitopskit.cli.wiring import connect, run_async
    from gitopskit.sealedfiles.certificates import live_certificate

    async def fetch() -> SealingCertificate:
        async with connect(target.context, kubeconfig=target.kubeconfig) as api:
            return await live_certificate(
                api,
                address=address_of(target),
                is_default=target.is_default_controller,
                wish=wish,
            )

    return run_async(fetch())


def fetch_all_from_cluster(target: Target, *, namespace: str = UNSEALER_NAMESPACE) -> Certificates:
    """Return what a cluster has to seal with, of both kinds; published in that namespace.

    Raises:
        EnvironmentFault: there is no usable kubeconfig, or the cluster cannot be asked.
        InputError: the cluster offers none.
    """
    from gitopskit.cli.wiring import connect, run_async
    from gitopskit.sealedfiles.certificates import live_certificates

    async def fetch() -> Certificates:
        async with connect(target.context, kubeconfig=target.kubeconfig) as api:
            return await live_certificates(
                api,
                address=address_of(target),
                is_default=target.is_default_controller,
                config_map_namespace=namespace,
            )

    return run_async(fetch())


def address_of(target: Target) -> ControllerAddress:
    """Return where the controller is looked for."""
    from gitopskit.sealedfiles.controller import ControllerAddress

    return ControllerAddress(name=target.controller_name, namespace=target.controller_namespace)


def read_keyring(files: tuple[str, ...]) -> Keyring:
    """Return the private keys in files; a backup of keys is opened with a passphrase.

    Raises:
        InputError: a file cannot be read, or is no private key.
        Undecryptable: a backup does not open.
    """
    from gitopskit.cli.key_openers import read_keys
    from gitopskit.sealing.keys import read_private_keys
    from gitopskit.sealing.unseal import Keyring

    return Keyring(
        [key for path in files for key in read_private_keys(read_keys(path), where=path)]
    )


def comparison_of(request: SealRequest) -> Comparison:
    """Return how values are compared with those of an earlier sealing.

    Raises:
        InputError: a key cannot be read, or the digest key is where it must not be.
    """
    from gitopskit.sealedfiles.digest_keys import read_digest_key
    from gitopskit.sealing.unchanged import Comparison

    if not (request.private_keys or request.digest_key):
        return Comparison()
    if request.digest_key and not request.records_keys:
        raise InputError(
            "--digest-key needs the key records that --no-record-keys leaves out",
            hint="give one of them",
        )
    return Comparison(
        keyring=read_keyring(request.private_keys) if request.private_keys else None,
        digest_key=read_digest_key(Path(request.digest_key)) if request.digest_key else None,
    )
