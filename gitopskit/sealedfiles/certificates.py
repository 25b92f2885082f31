"""Which certificate seals: the one in a file, in the repository, or in a cluster."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gitopskit.errors import ApiNotFound, InputError
from gitopskit.kube.resources import CONFIG_MAPS
from gitopskit.manifests.settled_names import CERTIFICATE_CONFIG_MAP
from gitopskit.repository.certificates import read_certificate_of
from gitopskit.repository.layout import find_repository
from gitopskit.sealing.keys import CERTIFICATE_ITEM, SealingCertificate, read_certificate

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from gitopskit.kube.client import KubeClient


def stored_certificate(folder: Path, environment: str, *, now: datetime) -> SealingCertificate:
    """Return the certificate that the repository around a folder keeps for an environment.

    An empty ``environment`` means the only one that has a certificate.

    Raises:
        InputError: there is no repository, no such environment, no certificate, or several.
        UnusableKey: the certificate cannot be used, or expired.
    """
    try:
        repository = find_repository(folder)
    except InputError as error:
        raise InputError(
            "no certificate to seal with, and no repository to take one from",
            where=str(folder),
            hint="name one with `--cert FILE`, or go to a repository made by `gitopskit init`",
        ) from error
    stored = read_certificate_of(repository, environment)
    return read_certificate(stored.pem, where=str(stored.path), now=now)


async def fetch_certificate(api: KubeClient, *, namespace: str) -> SealingCertificate:
    """Return the certificate that the unsealer of a cluster publishes.

    Raises:
        InputError: the cluster publishes none.
        UnusableKey: what it publishes cannot be used.
        ApiError: the API server refuses or does not answer.
    """
    place = f"ConfigMap/{namespace}/{CERTIFICATE_CONFIG_MAP}"
    try:
        content = await api.get(CONFIG_MAPS, CERTIFICATE_CONFIG_MAP, namespace)
    except ApiNotFound as error:
        raise InputError(
            "the cluster publishes no sealing certificate",
            where=place,
            hint="run `gitopskit bootstrap` first, or wait until the unsealer runs",
        ) from error
    pem = str((content.get("data") or {}).get(CERTIFICATE_ITEM) or "")
    return read_certificate(pem.encode(), where=place, now=api.clock.now_utc())
