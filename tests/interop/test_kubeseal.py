"""Interoperability with the real kubeseal, both ways and in every scope."""

import json
import subprocess
from pathlib import Path

import pytest

from gitopskit.errors import Undecryptable
from gitopskit.manifests.documents import read_documents
from gitopskit.sealedfiles.texts import TextFormat, seal_text, unseal_text
from gitopskit.sealing.keys import key_secret, read_certificate
from gitopskit.sealing.scope import Scope
from gitopskit.sealing.seal import SealOptions
from gitopskit.sealing.sealed_secret import parse
from gitopskit.sealing.unseal import Keyring
from tests.support.sealing import BORN, private_key_of, sealing_pair, write_pair

_MANIFEST = """\
apiVersion: v1
kind: Secret
metadata:
  name: database
  namespace: shop
  labels: {team: a}
  annotations: {note: kept}
type: example.com/login
immutable: true
data: {password: AAEC/w==, empty: ""}
stringData: {motto: "grüße\\n"}
"""
_DATA = {"empty": "", "motto": "Z3LDvMOfZQo=", "password": "AAEC/w=="}
_SCOPES = pytest.mark.parametrize("scope", Scope, ids=lambda scope: scope.value)
_FORMATS = pytest.mark.parametrize("output", ["json", "yaml"])


@pytest.fixture
def options() -> SealOptions:
    pem = sealing_pair().certificate_pem
    return SealOptions(certificate=read_certificate(pem, where="tls.crt", now=BORN))


@pytest.fixture
def keyring() -> Keyring:
    return Keyring([private_key_of(sealing_pair())])


def _run(kubeseal: Path, *flags: str | Path, stdin: str) -> str:
    """Run kubeseal without any kubeconfig, and return what it prints."""
    done = subprocess.run(
        [kubeseal, *flags], input=stdin, capture_output=True, text=True, check=True, env={}
    )
    return done.stdout


@_SCOPES
@_FORMATS
def test_we_unseal_what_kubeseal_seals(
    kubeseal: Path, tmp_path: Path, keyring: Keyring, scope: Scope, output: TextFormat
) -> None:
    _, certificate = write_pair(sealing_pair(), tmp_path)
    flags = ("--cert", certificate, "--scope", scope.value, "-o", output)

    sealed = _run(kubeseal, *flags, stdin=_MANIFEST)

    (manifest,) = read_documents(sealed, path="kubeseal")
    assert parse(manifest.content).scope is scope
    (secret,) = read_documents(unseal_text(sealed, path="-", keyring=keyring), path="-")
    metadata = secret.content["metadata"]
    assert secret.content["data"] == _DATA
    assert secret.content["type"] == "example.com/login"
    assert secret.content["immutable"] is True
    assert metadata["labels"] == {"team": "a"}
    assert metadata["annotations"] == {"note": "kept"} | scope.annotations


@_SCOPES
@_FORMATS
def test_kubeseal_recovers_what_we_seal(
    kubeseal: Path, tmp_path: Path, options: SealOptions, scope: Scope, output: TextFormat
) -> None:
    private_key, _ = write_pair(sealing_pair(), tmp_path)
    chosen = SealOptions(certificate=options.certificate, scope=scope)
    flags = ("--recovery-unseal", "--recovery-private-key", private_key)

    sealed = seal_text(_MANIFEST, path="-", options=chosen, output=output)
    recovered = json.loads(_run(kubeseal, *flags, stdin=sealed))

    assert {key: value or "" for key, value in recovered["data"].items()} == _DATA
    assert recovered["type"] == "example.com/login"
    assert recovered["immutable"] is True
    assert recovered["metadata"]["name"] == "database"
    assert recovered["metadata"]["namespace"] == "shop"
    assert recovered["metadata"]["labels"] == {"team": "a"}
    assert recovered["metadata"]["annotations"] == {"note": "kept"} | scope.annotations


def test_kubeseal_reads_the_key_secret_that_we_make(
    kubeseal: Path, tmp_path: Path, options: SealOptions
) -> None:
    file = tmp_path / "key.json"
    file.write_text(json.dumps(key_secret(sealing_pair(), namespace="kube-system", name="a")))
    flags = ("--recovery-unseal", "--recovery-private-key", file)

    recovered = json.loads(
        _run(kubeseal, *flags, stdin=seal_text(_MANIFEST, path="-", options=options))
    )

    assert recovered["data"]["password"] == _DATA["password"]


@pytest.mark.parametrize(
    "change",
    [{"name": "other"}, {"namespace": "other"}],
    ids=["another name", "another namespace"],
)
def test_both_refuse_a_strict_secret_elsewhere(
    kubeseal: Path,
    tmp_path: Path,
    options: SealOptions,
    keyring: Keyring,
    change: dict[str, str],
) -> None:
    private_key, _ = write_pair(sealing_pair(), tmp_path)
    content = json.loads(seal_text(_MANIFEST, path="-", options=options, output="json"))
    content["metadata"] |= change
    moved = json.dumps(content)

    with pytest.raises(Undecryptable):
        unseal_text(moved, path="-", keyring=keyring)
    with pytest.raises(subprocess.CalledProcessError) as caught:
        _run(kubeseal, "--recovery-unseal", "--recovery-private-key", private_key, stdin=moved)
    assert "no key could decrypt secret" in caught.value.stderr


def test_many_documents_seal_alike(
    kubeseal: Path, tmp_path: Path, options: SealOptions, keyring: Keyring
) -> None:
    _, certificate = write_pair(sealing_pair(), tmp_path)
    both = f"{_MANIFEST}---\n{_MANIFEST.replace('name: database', 'name: cache')}"

    theirs = _run(kubeseal, "--cert", certificate, "-o", "yaml", stdin=both)
    ours = seal_text(both, path="-", options=options)

    opened = [
        unseal_text(text, path="-", keyring=keyring, output="json") for text in (theirs, ours)
    ]
    assert opened[0] == opened[1]
