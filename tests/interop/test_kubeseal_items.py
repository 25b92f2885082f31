"""Single items and the real kubeseal: what one of us changes or seals, the other opens."""

from __future__ import annotations

import base64
import subprocess
from typing import TYPE_CHECKING

import pytest

from gitopskit.manifests.documents import read_documents
from gitopskit.redaction import Plaintext
from gitopskit.sealedfiles.items import SetOptions, set_items
from gitopskit.sealedfiles.raw import raw_binding, raw_blob
from gitopskit.sealedfiles.sealed_text import SealedText
from gitopskit.sealing.envelope import open_value
from gitopskit.sealing.keys import SealingCertificate, read_certificate
from gitopskit.sealing.scope import Scope
from tests.support.sealing import (
    BORN,
    private_key_of,
    sealed_manifest,
    sealing_pair,
    write_pair,
)

if TYPE_CHECKING:
    from pathlib import Path

_SCOPES = pytest.mark.parametrize("scope", Scope, ids=lambda scope: scope.value)
_VALUE = "grüße\n"


def _certificate() -> SealingCertificate:
    return read_certificate(sealing_pair().certificate_pem, where="tls.crt", now=BORN)


def _run(kubeseal: Path, *flags: str | Path, stdin: str) -> subprocess.CompletedProcess[str]:
    """Run kubeseal without any kubeconfig."""
    return subprocess.run(
        [kubeseal, *flags], input=stdin, capture_output=True, text=True, check=False, env={}
    )


@_SCOPES
def test_kubeseal_recovers_what_we_changed(kubeseal: Path, tmp_path: Path, scope: Scope) -> None:
    private_key, _ = write_pair(sealing_pair(), tmp_path)
    text = sealed_manifest({"kept": "a", "changed": "b", "removed": "c"}, scope=scope)
    sealed = SealedText.read(text.encode(), path="sealed.yaml")

    changed = set_items(
        sealed,
        sealed.part(),
        values={"changed": Plaintext(_VALUE.encode())},
        removed=["removed"],
        options=SetOptions(certificate=_certificate()),
    )
    done = _run(
        kubeseal, "--recovery-unseal", "--recovery-private-key", private_key, stdin=changed.text
    )

    (secret,) = read_documents(done.stdout, path="kubeseal")
    data = {key: base64.b64decode(value).decode() for key, value in secret.content["data"].items()}
    assert data == {"kept": "a", "changed": _VALUE}


@_SCOPES
def test_we_open_what_kubeseal_seals_raw(kubeseal: Path, tmp_path: Path, scope: Scope) -> None:
    _, certificate = write_pair(sealing_pair(), tmp_path)
    binding = raw_binding(name="db", namespace="shop", scope=scope)
    flags = ("--raw", "--scope", scope.value, "--name", "db", "--namespace", "shop")

    done = _run(kubeseal, *flags, "--cert", certificate, stdin=_VALUE)

    keys = [private_key_of(sealing_pair()).key]
    value = open_value(base64.b64decode(done.stdout), private_keys=keys, label=binding.label)
    ours = raw_blob(value, certificate=_certificate(), binding=binding)
    assert value.reveal().decode() == _VALUE
    assert (len(ours), ours[:2]) == (len(done.stdout), done.stdout[:2])
