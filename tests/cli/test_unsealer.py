"""``gitopskit unsealer run``: what a command line makes of it before a cluster is asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gitopskit.cli import app as frame

if TYPE_CHECKING:
    import pytest


def test_run_without_a_cluster_says_where_to_look(capsys: pytest.CaptureFixture[str]) -> None:
    assert frame.run(["unsealer", "run", "--context", "nowhere"]) == 3

    printed = capsys.readouterr().err
    assert "gitopskit: error: " in printed
    assert "gitopskit: hint: " in printed
