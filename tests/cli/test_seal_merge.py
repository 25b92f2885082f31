"""`gitopskit seal --merge-into`: what is told of a Secret that goes into another name."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gitopskit.cli import app
from tests.support.editing import opened
from tests.support.sealing import sealed_manifest, sealing_pair, write_pair

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("metadata", "told"),
    [
        ("{name: db}", ""),
        (
            "{name: cache}",
            "gitopskit: note: the Secret is called cache, and its values go into db\n",
        ),
        (
            '{name: "a\\e[31m"}',
            "gitopskit: note: the Secret is called a?[31m, and its values go into db\n",
        ),
    ],
    ids=["its name", "another name", "a name that steers a terminal"],
)
def test_a_secret_of_another_name_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], metadata: str, told: str
) -> None:
    _, certificate = write_pair(sealing_pair(), tmp_path)
    target, source = tmp_path / "a.yaml", tmp_path / "secret.yaml"
    target.write_text(sealed_manifest({"user": "ann"}))
    source.write_text(
        f"apiVersion: v1\nkind: Secret\nmetadata: {metadata}\nstringData: {{token: new}}\n"
    )

    code = app.run(["seal", str(source), "--merge-into", str(target), "--cert", str(certificate)])

    assert (code, capsys.readouterr().err) == (0, told)
    assert opened(target.read_text()) == {"token": "new", "user": "ann"}


def test_of_several_each_goes_into_the_one_of_its_name_and_nothing_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _, certificate = write_pair(sealing_pair(), tmp_path)
    target, source = tmp_path / "a.yaml", tmp_path / "secret.yaml"
    texts = [sealed_manifest({"user": "ann"}, name=name) for name in ("db", "cache")]
    target.write_text("---\n".join(texts))
    source.write_text(
        "apiVersion: v1\nkind: Secret\nmetadata: {name: cache}\nstringData: {token: new}\n"
    )

    code = app.run(["seal", str(source), "--merge-into", str(target), "--cert", str(certificate)])

    assert (code, capsys.readouterr().err) == (0, "")
