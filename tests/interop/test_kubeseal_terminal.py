"""kubeseal and ours in front of a person: the differences of kubeseal_rows/terminals.py."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.kubeseal_calls import MANIFEST
from tests.support.sealing import sealing_pair, write_pair
from tests.support.terminal import at_terminal, gitopskit

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path) -> None:
    write_pair(sealing_pair(), tmp_path)
    (tmp_path / "secret.yaml").write_text(MANIFEST)


def _shown(argv: list[str], folder: Path) -> str:
    """Return what a program shows on a terminal that reads the Secret from a file."""
    with (
        (folder / "secret.yaml").open("rb") as file,
        at_terminal([*argv, "--cert", "tls.crt"], cwd=folder, stdin=file.fileno()) as terminal,
    ):
        assert terminal.end() == 0
        return terminal.shown


def test_yaml_on_terminal(kubeseal: Path, tmp_path: Path) -> None:
    assert _shown([str(kubeseal)], tmp_path).startswith("{\n")
    assert _shown(gitopskit("seal"), tmp_path).startswith("---\napiVersion: bitnami.com/v1alpha1")


def test_questions(kubeseal: Path, tmp_path: Path) -> None:
    with at_terminal([str(kubeseal), "--cert", "tls.crt"], cwd=tmp_path) as terminal:
        terminal.expect("expecting json/yaml k8s resource in stdin")

    with at_terminal(gitopskit("seal", "--cert", "tls.crt"), cwd=tmp_path) as terminal:
        terminal.expect("New values, sealed.")
        terminal.expect("?")
        terminal.interrupt()

        assert terminal.end() == 130
