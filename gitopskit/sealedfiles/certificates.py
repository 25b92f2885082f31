"""Which certificate seals: in a file, at an address, in the repository, or in a cluster."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote

from gitopskit.errors import (
    ApiForbidden,
    ApiNotFound,
    EnvironmentFault,
    GitopskitError,
    InputError,
)
from gitopskit.manifests.settled_names import CERTIFICATE_CONFIG_MAP, UNSEALER_NAMESPACE
from gitopskit.sealing.certificates import Certificates, load_certificates, read_chosen
from gitopskit.sealing.hybrid_pem import PUBLIC_ITEM
from gitopskit.sealing.keys import CERTIFICATE_ITEM, require_usable

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from gitopskit.clock import Clock
    from gitopskit.kube.client import KubeClient
    from gitopskit.sealedfiles.controller import ControllerAddress
    from gitopskit.sealing.certificates import KeyWish
    from gitopskit.sealing.keys import SealingCertificate

_LARGEST_FILE_BYTES: Final = 1024 * 1024
_URL: Final = re.compile(r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*)://|(?P<file>[Ff][Ii][Ll][Ee]):/")
"""An address; of a file also without a machine. Source: RFC 8089, appendix B."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Offered:
    """What there is to seal with, as PEM of any number of certificates, and where it is from."""

    pem: bytes
    where: str

    def chosen(self, wish: KeyWish | None, *, now: datetime) -> SealingCertificate:
        """Return the certificate in it that fits a wish.

        Raises:
            UnusableKey: there is none that fits, it cannot be read, or expired.
        """
        return read_chosen(self.pem, wish=wish, where=self.where, now=now)


def open_certificate(
    source: str,
    *,
    environment: Mapping[str, str],
    clock: Clock,
    wish: KeyWish | None = None,
) -> SealingCertificate:
    """Return the certificate in a file (a path or ``file://``) or at an http:// or https:// URL.

    ``environment`` is that of ``download``. A text that holds several certificates means the
    first that fits the wish.

    Raises:
        InputError: there is no such file, or the address is unusable.
        UnusableKey: what is there is no certificate, expired, or a bare public key.
        EnvironmentFault: the address cannot be fetched.
    """
    offered = open_offered(source, environment=environment, clock=clock)
    return offered.chosen(wish, now=clock.now_utc())


def open_offered(source: str, *, environment: Mapping[str, str], clock: Clock) -> Offered:
    """Return what a file or an address offers to seal with; see ``open_certificate``.

    Raises:
        InputError: there is no such file, or the address is unusable.
        EnvironmentFault: the address cannot be fetched.
    """
    found = _URL.match(source)
    if found is None or (found["scheme"] or found["file"]).lower() == "file":
        path = _path_of(source) if found else Path(source)
        return Offered(pem=_read(path), where=str(path))
    from gitopskit.sealedfiles.download import download, shown_url  # noqa: PLC0415 -- a file needs no HTTP

    pem = download(source, environment=environment, clock=clock)
    return Offered(pem=pem, where=shown_url(source))


def stored_certificate(
    folder: Path, environment: str, *, now: datetime, wish: KeyWish | None = None
) -> SealingCertificate:
    """Return the certificate that the repository around a folder keeps for an environment.

    An empty ``environment`` means the only one that has a certificate.

    Raises:
        InputError: there is no repository, no such environment, no certificate, or several.
        UnusableKey: the certificate cannot be used, or expired.
    """
    return stored_offered(folder, environment).chosen(wish, now=now)


def stored_offered(folder: Path, environment: str) -> Offered:
    """Return what the repository around a folder offers to seal with for an environment.

    Raises:
        InputError: there is no repository, no such environment, no certificate, or several.
        UnusableKey: the file holds a private key, or is none that can be read.
    """
    from gitopskit.repository.certificates import read_certificate_of  # noqa: PLC0415 -- a file needs no repository
    from gitopskit.repository.layout import find_repository  # noqa: PLC0415 -- as above

    try:
        repository = find_repository(folder)
    except InputError as error:
        raise InputError(
            "no certificate to seal with, and no repository to take one from",
            where=str(folder),
            hint="name one with `--cert FILE`, or go to a repository made by `gitopskit init`",
        ) from error
    stored = read_certificate_of(repository, environment)
    return Offered(pem=stored.pem, where=str(stored.path))


async def fetch_certificate(
    api: KubeClient, *, namespace: str, wish: KeyWish | None = None
) -> SealingCertificate:
    """Return the certificate that the unsealer of a cluster publishes.

    Raises:
        InputError: the cluster publishes none.
        UnusableKey: what it publishes cannot be used.
        ApiError: the API server refuses or does not answer.
    """
    return (await _published(api, namespace)).chosen(wish, now=api.clock.now_utc())


async def _published(api: KubeClient, namespace: str) -> Offered:
    from gitopskit.kube.resources import CONFIG_MAPS  # noqa: PLC0415 -- a file needs no cluster

    place = f"ConfigMap/{namespace}/{CERTIFICATE_CONFIG_MAP}"
    try:
        content = await api.get(CONFIG_MAPS, CERTIFICATE_CONFIG_MAP, namespace)
    except ApiNotFound as error:
        raise InputError(
            "the cluster publishes no sealing certificate",
            where=place,
            hint="run `gitopskit bootstrap` first, or wait until the unsealer runs",
        ) from error
    data = content.get("data") or {}
    texts = [str(data.get(item) or "") for item in (CERTIFICATE_ITEM, PUBLIC_ITEM)]
    if not any(texts):
        raise InputError(
            "the cluster publishes no sealing certificate, for none of its keys is active",
            where=place,
            hint="restore a key, or acknowledge a backup of the one that waits for it; "
            "`gitopskit keys list --cluster` shows them",
        )
    return Offered(pem="\n".join(filter(None, texts)).encode(), where=place)


async def live_certificate(
    api: KubeClient,
    *,
    address: ControllerAddress,
    is_default: bool,
    config_map_namespace: str = UNSEALER_NAMESPACE,
    wish: KeyWish | None = None,
) -> SealingCertificate:
    """Return the certificate that a cluster seals with now: the published one, or its controller's.

    Where somebody chose the address (``is_default`` is false), only that controller is asked:
    another one's certificate would seal what it cannot open. No controller gives a hybrid key.

    Raises:
        InputError: the cluster publishes none, and has no controller, or several.
        UnusableKey: the certificate cannot be used, or expired, or none fits the wish.
        EnvironmentFault: we may not ask, or nothing answers.
    """
    offered = await _offered(
        api, address, is_default=is_default, config_map_namespace=config_map_namespace
    )
    return offered.chosen(wish, now=api.clock.now_utc())


async def live_certificates(
    api: KubeClient,
    *,
    address: ControllerAddress,
    is_default: bool,
    config_map_namespace: str = UNSEALER_NAMESPACE,
) -> Certificates:
    """Return the certificates of both kinds that a cluster seals with now; see the one above.

    Raises:
        InputError: the cluster publishes none, and has no controller, or several.
        UnusableKey: a certificate cannot be used, or expired.
        EnvironmentFault: we may not ask, or nothing answers.
    """
    offered = await _offered(
        api, address, is_default=is_default, config_map_namespace=config_map_namespace
    )
    found = load_certificates(offered.pem, where=offered.where)
    for certificate in found.all:
        require_usable(certificate, where=offered.where, now=api.clock.now_utc())
    return found


async def _offered(
    api: KubeClient, address: ControllerAddress, *, is_default: bool, config_map_namespace: str
) -> Offered:
    if not is_default:
        return await _by_controller(api, address, is_default=False)
    try:
        return await _published(api, config_map_namespace)
    except (InputError, ApiForbidden) as error:
        published = error
    try:
        return await _by_controller(api, address, is_default=True)
    except (InputError, EnvironmentFault) as error:
        raise _neither(published, error) from error


async def _by_controller(
    api: KubeClient, address: ControllerAddress, *, is_default: bool
) -> Offered:
    from gitopskit.sealedfiles.controller import find_controller  # noqa: PLC0415 -- a file needs no cluster

    controller = await find_controller(api, address, is_default=is_default)
    pem = await controller.fetch_certificate_pem()
    return Offered(pem=pem, where=controller.port.where)


def _neither(published: GitopskitError, asked: GitopskitError) -> GitopskitError:
    """Return one error for both ways; it is the environment's where one of them is."""
    is_fault = any(isinstance(error, EnvironmentFault) for error in (published, asked))
    kind = EnvironmentFault if is_fault else InputError
    hints = (published.hint, asked.hint, "give a file with `--cert FILE`")
    return kind(
        f"there is no sealing certificate to be had: {published}; {asked}",
        hint="; or ".join(hint for hint in hints if hint),
    )


def _path_of(url: str) -> Path:
    machine, _, path = url.partition(":")[2].removeprefix("//").partition("/")
    if machine not in ("", "localhost"):
        raise InputError(
            "a file:// address cannot name another machine",
            where=url,
            hint="write file:///PATH, or just the path",
        )
    return Path(unquote(f"/{path}"))


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            data = file.read(_LARGEST_FILE_BYTES + 1)
    except (OSError, ValueError) as error:
        said = error.strerror if isinstance(error, OSError) else "this is no path"
        raise InputError(
            f"cannot read the certificate: {said}", where=str(path), hint="check the path"
        ) from error
    if len(data) > _LARGEST_FILE_BYTES:
        raise InputError(
            "the file is larger than 1 MiB",
            where=str(path),
            hint="give the certificate (`tls.crt`) alone",
        )
    return data
