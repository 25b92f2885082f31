"""Secrets in whatever text decodes: sealed and opened again to the same values, or refused."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING

from gitopskit.errors import InputError, MalformedDocument
from gitopskit.manifests.documents import expand_lists, read_documents, read_value
from gitopskit.manifests.write import dump_documents
from gitopskit.sealing.keys import SealingCertificate
from gitopskit.sealing.seal import SealOptions, seal_secret
from gitopskit.sealing.secret_values import read_secret_values
from gitopskit.sealing.unseal import Keyring, unseal_secret
from tests.fuzz.judgement import is_same, require_told
from tests.fuzz.vector import vector

if TYPE_CHECKING:
    from gitopskit.manifests.json_types import JsonObject


def check(data: bytes) -> None:
    """Raise where sealing fails with another error, or loses or alters a value."""
    try:
        manifests = expand_lists(read_documents(data, path="text"))
    except MalformedDocument:
        return
    for manifest in manifests:
        _check_sealing(manifest.content, manifest.where)


def _check_sealing(content: JsonObject, where: str) -> None:
    try:
        sealed = seal_secret(content, _options(), where=where)
    except InputError as error:
        require_told(error)
        return
    values = read_secret_values(content, where=where)
    opened = unseal_secret(sealed, keyring=Keyring((vector().key,)))
    assert opened.data == values
    assert is_same(sealed, read_value(dump_documents([sealed]), path="yaml"))


@cache
def _options() -> SealOptions:
    born = datetime(2026, 6, 1, tzinfo=UTC)
    certificate = SealingCertificate(
        fingerprint=vector().key.fingerprint,
        not_before_utc=born,
        not_after_utc=born,
        public_key=vector().key.key.public_key(),
        pem=b"",
    )
    return SealOptions(certificate=certificate)
