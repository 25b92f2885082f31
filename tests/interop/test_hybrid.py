"""Hybrid envelopes before others: Go's HPKE opens and makes them, kubeseal refuses them."""

from __future__ import annotations

import base64
import json
import subprocess
from typing import TYPE_CHECKING

import pytest

from gitopskit.errors import Undecryptable
from gitopskit.manifests.documents import read_documents
from gitopskit.redaction import Plaintext
from gitopskit.sealedfiles.texts import seal_text, unseal_text
from gitopskit.sealing.envelope import open_value, seal_value
from gitopskit.sealing.hybrid_keys import hybrid_key_secret
from gitopskit.sealing.scope import Scope
from gitopskit.sealing.seal import SealOptions
from gitopskit.sealing.unseal import Keyring
from tests.support.hybrid import hybrid_certificate, hybrid_key, hybrid_pair, write_hybrid_pair
from tests.support.sealed_manifests import certificate_of
from tests.support.sealing import private_key_of, sealing_pair, write_pair

if TYPE_CHECKING:
    from pathlib import Path

    from gitopskit.manifests.json_types import JsonObject
    from tests.support.go_hpke import GoHpke

_MANIFEST = """\
apiVersion: v1
kind: Secret
metadata: {name: db, namespace: shop}
stringData: {password: hunter2}
"""
_LABELS = pytest.mark.parametrize(
    "label", [b"shop/db", b"shop", b""], ids=["strict", "namespace-wide", "cluster-wide"]
)


@_LABELS
@pytest.mark.parametrize("value", [b"", b"hunter2", bytes(range(256)) * 40])
def test_go_opens_what_we_seal(go_hpke: GoHpke, tmp_path: Path, label: bytes, value: bytes) -> None:
    key, _ = write_hybrid_pair(tmp_path)
    public_key = hybrid_certificate().public_key

    envelope = seal_value(Plaintext(value), public_key=public_key, label=label)

    assert go_hpke.open(envelope, key=key, label=label) == value
    assert go_hpke.open(envelope, key=key, label=b"elsewhere") is None


@_LABELS
@pytest.mark.parametrize("value", [b"", b"hunter2", bytes(range(256)) * 40])
def test_we_open_what_go_seals(go_hpke: GoHpke, tmp_path: Path, label: bytes, value: bytes) -> None:
    _, public_key = write_hybrid_pair(tmp_path)

    envelope = go_hpke.seal(value, key=public_key, label=label)

    assert open_value(envelope, private_keys=[hybrid_key()], label=label) == Plaintext(value)
    with pytest.raises(Undecryptable):
        open_value(envelope, private_keys=[hybrid_key()], label=b"elsewhere")


def _kubeseal(program: Path, *flags: str | Path, stdin: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [program, *flags], input=stdin, capture_output=True, text=True, check=False, env={}
    )


def _sealed(*, scope: Scope = Scope.STRICT) -> JsonObject:
    """Return a SealedSecret to the hybrid key with one item, as an object."""
    options = SealOptions(certificate=hybrid_certificate(), scope=scope)
    (manifest,) = read_documents(seal_text(_MANIFEST, path="-", options=options), path="-")
    return manifest.content


@pytest.mark.parametrize("scope", Scope, ids=lambda scope: scope.value)
def test_kubeseal_refuses_a_hybrid_item_as_any_that_it_cannot_open(
    kubeseal: Path, tmp_path: Path, scope: Scope
) -> None:
    private_key, _ = write_pair(sealing_pair(), tmp_path)
    flags = ("--recovery-unseal", "--recovery-private-key", private_key)

    done = _kubeseal(kubeseal, *flags, stdin=json.dumps(_sealed(scope=scope)))

    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.strip() == "error: no key could decrypt secret (password)"


@pytest.mark.parametrize("size", [0, 1, 2, 7, 8, 1127, 1144, 70000])
def test_kubeseal_crashes_at_no_size_of_a_hybrid_envelope(
    kubeseal: Path, tmp_path: Path, size: int
) -> None:
    private_key, _ = write_pair(sealing_pair(), tmp_path)
    flags = ("--recovery-unseal", "--recovery-private-key", private_key)
    content = _sealed()
    blob = base64.b64decode(content["spec"]["encryptedData"]["password"])
    cut = (blob + bytes(size))[:size]
    content["spec"]["encryptedData"] = {"password": base64.b64encode(cut).decode()}

    done = _kubeseal(kubeseal, *flags, stdin=json.dumps(content))

    assert done.stderr.strip() == "error: no key could decrypt secret (password)"


def test_kubeseal_opens_the_rsa_items_beside_a_hybrid_one_that_is_taken_out(
    kubeseal: Path, tmp_path: Path
) -> None:
    private_key, _ = write_pair(sealing_pair(), tmp_path)
    flags = ("--recovery-unseal", "--recovery-private-key", private_key)
    mixed = _sealed()
    text = seal_text(_MANIFEST, path="-", options=SealOptions(certificate=certificate_of()))
    (manifest,) = read_documents(text, path="-")
    mixed["spec"]["encryptedData"]["user"] = manifest.content["spec"]["encryptedData"]["password"]

    whole = _kubeseal(kubeseal, *flags, stdin=json.dumps(mixed))
    ours = unseal_text(
        json.dumps(mixed),
        path="-",
        keyring=Keyring([private_key_of(sealing_pair()), private_key_of(hybrid_pair())]),
    )
    del mixed["spec"]["encryptedData"]["password"]
    rest = _kubeseal(kubeseal, *flags, stdin=json.dumps(mixed))

    assert whole.stderr.strip() == "error: no key could decrypt secret (password)"
    assert json.loads(rest.stdout)["data"] == {"user": "aHVudGVyMg=="}
    (secret,) = read_documents(ours, path="-")
    assert secret.content["data"] == {"password": "aHVudGVyMg==", "user": "aHVudGVyMg=="}


def test_kubeseal_takes_the_certificate_of_a_file_that_holds_both(
    kubeseal: Path, tmp_path: Path
) -> None:
    both = tmp_path / "both.pem"
    both.write_bytes(hybrid_pair().certificate_pem + sealing_pair().certificate_pem)

    done = _kubeseal(kubeseal, "--cert", both, "-o", "yaml", stdin=_MANIFEST)

    opened = unseal_text(done.stdout, path="-", keyring=Keyring([private_key_of(sealing_pair())]))
    assert "aHVudGVyMg==" in opened


def test_kubeseal_refuses_a_hybrid_key_alone(kubeseal: Path, tmp_path: Path) -> None:
    _, public_key = write_hybrid_pair(tmp_path)

    done = _kubeseal(kubeseal, "--cert", public_key, stdin=_MANIFEST)

    assert (done.returncode, done.stdout) == (1, "")
    assert "does not contain any valid RSA or ECDSA certificates" in done.stderr


def test_kubeseal_opens_with_an_rsa_key_beside_a_hybrid_one(kubeseal: Path, tmp_path: Path) -> None:
    private_key, _ = write_pair(sealing_pair(), tmp_path)
    hybrid, _ = write_hybrid_pair(tmp_path)
    text = seal_text(_MANIFEST, path="-", options=SealOptions(certificate=certificate_of()))

    keys = ("--recovery-private-key", private_key, "--recovery-private-key", hybrid)
    done = _kubeseal(kubeseal, "--recovery-unseal", *keys, stdin=text)

    assert json.loads(done.stdout)["data"] == {"password": "aHVudGVyMg=="}


def test_kubeseal_says_what_it_misses_in_the_secret_of_a_hybrid_key(
    kubeseal: Path, tmp_path: Path
) -> None:
    file = tmp_path / "hybrid.json"
    secret = hybrid_key_secret(hybrid_pair(), namespace="kube-system", name="hybrid-1")
    file.write_text(json.dumps(secret))
    flags = ("--recovery-unseal", "--recovery-private-key", file)

    done = _kubeseal(kubeseal, *flags, stdin=json.dumps(_sealed()))

    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.strip() == "error: secret must contain a 'tls.data' key"
