"""The seed of a hybrid key goes through every command that takes one, and shows nowhere."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pytest

from gitopskit.manifests.write import dump_documents
from gitopskit.redaction import Plaintext
from gitopskit.sealing.hybrid import HybridPrivateKey
from gitopskit.sealing.hybrid_keys import hybrid_key_secret
from gitopskit.sealing.hybrid_pem import dump_private, dump_public
from gitopskit.sealing.keys import KeyPair
from tests.support.canary import Canary, Watch
from tests.support.hybrid import UNTIL, hybrid_pair
from tests.support.sealing import BORN, sealed_manifest, sealing_pair, write_pair

if TYPE_CHECKING:
    from pathlib import Path

_SEED: Final = Plaintext(b'canary-"k7\\Zq\n-seed-of-32-bytes!')
_PRIVATE: Final = dump_private(_SEED)
_PAIR: Final = KeyPair(
    private_pem=_PRIVATE,
    certificate_pem=dump_public(
        HybridPrivateKey.from_seed(_SEED).public_key(), made=BORN, until=UNTIL
    ),
)
_CANARIES: Final = {
    "the seed": Canary(_SEED.reveal()),
    "the block": Canary(_PRIVATE.reveal().splitlines()[1][:40]),
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with the key in every form, damaged ones too, and a file that is sealed to it."""
    folder = tmp_path / "folder"
    folder.mkdir()
    write_pair(sealing_pair(), folder)
    pem = _PRIVATE.reveal()
    (folder / "hybrid.key").write_bytes(pem)
    (folder / "hybrid.pub").write_bytes(_PAIR.certificate_pem)
    (folder / "cut.key").write_bytes(b"\n".join(pem.splitlines()[:2]))
    (folder / "short.key").write_bytes(pem.replace(pem.splitlines()[2], b"AAAA"))
    (folder / "other.key").write_bytes(pem.replace(pem.splitlines()[2][:4], b"AAAA"))
    secret = hybrid_key_secret(_PAIR, namespace="kube-system", name="hybrid-1")
    (folder / "secret.yaml").write_text(dump_documents([secret]))
    mismatched = {**secret, "stringData": {"hybrid.pub": hybrid_pair().certificate_pem.decode()}}
    (folder / "mismatched.yaml").write_text(dump_documents([mismatched]))
    (folder / "sealed.yaml").write_text(sealed_manifest({"password": "x"}, pair=_PAIR))
    (folder / "altered.yaml").write_text(
        sealed_manifest({"password": "x"}, pair=_PAIR).replace("name: db", "name: other")
    )
    return folder


@pytest.mark.parametrize("canary", _CANARIES.values(), ids=list(_CANARIES))
@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["unseal", "sealed.yaml", "--private-key", "hybrid.key"], 0),
        (["unseal", "sealed.yaml", "--private-key", "secret.yaml"], 0),
        (["unseal", "altered.yaml", "--private-key", "hybrid.key"], 4),
        (["seal", "verify", ".", "--private-key", "hybrid.key"], 4),
        (
            [
                "seal",
                "set",
                "sealed.yaml",
                "password",
                "--cert",
                "hybrid.pub",
                "--private-key",
                "hybrid.key",
                "--from-file",
                "tls.crt",
            ],
            0,
        ),
        (
            [
                "seal",
                "reencrypt",
                "sealed.yaml",
                "--from-key",
                "hybrid.key",
                "--to-cert",
                "tls.crt",
            ],
            0,
        ),
        (["keys", "inspect", "hybrid.key"], 0),
        (["keys", "inspect", "secret.yaml", "-o", "json"], 0),
        (["keys", "usage", ".", "--private-key", "hybrid.key"], 0),
        (["keys", "inspect", "cut.key"], 2),
        (["keys", "inspect", "short.key"], 2),
        (["keys", "inspect", "other.key"], 2),
        (["keys", "inspect", "mismatched.yaml"], 2),
        (["unseal", "sealed.yaml", "--private-key", "short.key"], 2),
        (["seal", "set", "sealed.yaml", "x", "--from-file", "tls.crt", "--cert", "hybrid.key"], 2),
        (["seal", "secret.yaml", "--cert", "hybrid.key"], 2),
    ],
    ids=[
        "unseal",
        "unseal with a Secret",
        "unseal elsewhere",
        "verify",
        "set",
        "reencrypt",
        "inspect",
        "inspect a Secret",
        "usage",
        "cut off",
        "too short",
        "digest of another",
        "halves of two keys",
        "damaged, to open with",
        "as the certificate",
        "as the certificate for itself",
    ],
)
def test_a_seed_shows_nowhere(
    folder: Path, tmp_path: Path, canary: Canary, arguments: list[str], code: int
) -> None:
    watch = Watch(canary, tmp_path / "watch")

    done = watch.run(["-m", "gitopskit", *arguments], cwd=folder)

    assert done.returncode == code, done.stderr
    assert watch.leaks == []


def test_the_watch_sees_a_block_that_is_shown(folder: Path, tmp_path: Path) -> None:
    watch = Watch(_CANARIES["the block"], tmp_path / "watch")

    watch.run(["-c", "print(open('hybrid.key').read())"], cwd=folder)

    assert watch.leaks != []
