"""The wizard of `gitopskit seal` where hybrid keys are about."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gitopskit.sealedfiles.sealed_text import SealedText
from gitopskit.sealing.hybrid import is_hybrid
from tests.support.hybrid import hybrid_pair
from tests.support.sealing import sealed_manifest, sealing_pair
from tests.support.terminal import at_terminal, gitopskit
from tests.support.wizard import (
    LAST_STEPS,
    OVERLAYS,
    VALUE,
    new_secret,
    repository_with_certificates,
    typed,
    walk,
)

if TYPE_CHECKING:
    from pathlib import Path

_BOTH = sealing_pair().certificate_pem + hybrid_pair().certificate_pem


def _kinds(path: Path) -> dict[str, bool]:
    """Return by item whether the envelope in a file is hybrid."""
    (part,) = SealedText.read(path.read_bytes(), path=str(path)).parts
    return {item: is_hybrid(blob) for item, blob in part.sealed.encrypted_data.items()}


def test_the_wizard_seals_to_a_hybrid_key_and_tells_how_it_is_asked_for(tmp_path: Path) -> None:
    shop = repository_with_certificates(tmp_path / "shop", "staging", "prod")
    for path in (shop.root / ".gitopskit" / "certs").iterdir():
        path.write_bytes(path.read_bytes() + hybrid_pair().certificate_pem)

    with at_terminal(gitopskit("seal", "--post-quantum"), cwd=shop.root) as terminal:
        walk(terminal, [*new_secret("db"), *typed("password", VALUE), *LAST_STEPS])
        assert terminal.end() == 0
        told = terminal.shown

    assert "--post-quantum" in told.partition("The same without questions:")[2]
    for overlay in OVERLAYS.values():
        assert _kinds(shop.root / overlay / "db.sealed.yaml") == {"password": True}


def test_the_wizard_goes_on_as_a_file_is_sealed(tmp_path: Path) -> None:
    file = tmp_path / "sealed.yaml"
    file.write_text(sealed_manifest({"password": "hunter2"}, pair=hybrid_pair()))
    (tmp_path / "both.pem").write_bytes(_BOTH)
    place = ("--cert", "both.pem", "-n", "shop", "--name", "db", "-w", "sealed.yaml")
    another_key, _, _, agree = LAST_STEPS

    with at_terminal(gitopskit("seal", *place), cwd=tmp_path) as terminal:
        walk(terminal, [*typed("token", VALUE), another_key, agree])
        assert terminal.end() == 0

    assert _kinds(file) == {"password": True, "token": True}
