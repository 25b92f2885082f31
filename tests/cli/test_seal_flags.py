"""The flags of `gitopskit seal`: which go together, and which cluster they mean."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import pytest

from gitopskit.cli import app
from gitopskit.cli.seal_flags import Target

if TYPE_CHECKING:
    from collections.abc import Iterable

_MODES = (
    "--raw",
    "--fetch-cert",
    "--validate",
    "--re-encrypt",
    "--recovery-unseal",
    "--merge-into",
)


def _words(modes: Iterable[str]) -> list[str]:
    return [word for mode in modes for word in (mode, *(["file"] if mode[2] == "m" else []))]


@pytest.mark.parametrize("modes", [*itertools.combinations(_MODES, 2)], ids=" ".join)
def test_two_things_at_once_are_refused(
    capsys: pytest.CaptureFixture[str], modes: tuple[str, str]
) -> None:
    code = app.run(["seal", *_words(modes)])

    said = capsys.readouterr()
    assert (code, said.out) == (2, "")
    assert said.err == (
        f"gitopskit: error: {modes[0]} and {modes[1]} are two different things\n"
        "gitopskit: hint: give one of them\n"
    )


def test_nothing_is_chosen_by_default() -> None:
    assert not Target().is_chosen
    assert Target().is_default_controller


@pytest.mark.parametrize(
    ("target", "is_default_controller"),
    [
        (Target(context="prod"), True),
        (Target(kubeconfig="config"), True),
        (Target(controller_name="sealer"), False),
        (Target(controller_namespace="sealing"), False),
    ],
    ids=["context", "kubeconfig", "name", "namespace"],
)
def test_what_is_named_is_chosen(target: Target, *, is_default_controller: bool) -> None:
    assert target.is_chosen
    assert target.is_default_controller is is_default_controller
