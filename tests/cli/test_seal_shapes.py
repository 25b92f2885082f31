"""`gitopskit seal set` and `rm` on sealed files as people and programs write them.

In each file of tests/manifests/shapes the value to change begins with ``AgBReplaced`` and ends
with ``ThisOne=``, so that its place is found without the code under test.
"""

from __future__ import annotations

import base64
import io
import sys
from itertools import takewhile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from gitopskit.cli import app
from gitopskit.manifests.documents import expand_lists, read_documents
from gitopskit.sealing.envelope import open_value
from gitopskit.sealing.sealed_secret import parse
from tests.support.sealing import private_key_of, sealing_pair, write_pair

if TYPE_CHECKING:
    from collections.abc import Callable

    from gitopskit.manifests.documents import Manifest

_SHAPES = Path(__file__).parents[1] / "manifests" / "shapes"
_ALL = sorted(path.name for path in _SHAPES.iterdir() if path.suffix in {".json", ".yaml"})
_REFUSED = {name for name in _ALL if name.startswith("refused-")}
_NO_BASE64 = {
    "byte-order-mark-crlf-marker.yaml",
    "double-quoted-in-lines.yaml",
    "folded-blank-lines.yaml",
    "folded-strip.yaml",
    "folded.yaml",
    "only-item-in-lines.yaml",
    "plain-in-lines.yaml",
    "single-quoted-in-lines.yaml",
}
"""Lines that YAML joins by a space: no controller reads such a value, and setting it mends it."""

_NO_TEXT = {"spec-first.yaml"}
"""Its template holds a number where only texts may be."""

_MERGED = {"merge-before-own-items.yaml"}
_CHANGED = [name for name in _ALL if name not in _REFUSED | _NO_TEXT]
_VALUE = "correct-horse-battery"


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., int]:
    """Return what runs a subcommand on the file ``shape``, the value on standard input."""
    monkeypatch.chdir(tmp_path)
    write_pair(sealing_pair(), tmp_path)

    def start(subcommand: str, manifest: Manifest, item: str, *flags: str) -> int:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(_VALUE.encode())))
        place = ["--name", manifest.name, "--namespace", manifest.namespace or "shop"]
        return app.run(["seal", subcommand, "shape", item, *place, *flags])

    return start


def _copy(shape: str) -> str:
    text = (_SHAPES / shape).read_bytes()
    Path("shape").write_bytes(text)
    return text.decode()


def _written() -> str:
    return Path("shape").read_bytes().decode()


def _target(text: str) -> tuple[Manifest, str]:
    """Return the SealedSecret to change and the name of its item."""
    found = [
        (manifest, item, value)
        for manifest in expand_lists(read_documents(text, path="shape"))
        if manifest.kind == "SealedSecret"
        for item, value in manifest.content["spec"]["encryptedData"].items()
    ]
    marked = [(manifest, item) for manifest, item, value in found if "AgBReplaced" in value]
    return marked[0] if marked else found[0][:2]


def _without_middle(one: str, other: str) -> tuple[str, str]:
    """Return what of two texts is between their common beginning and their common end."""
    start = _common(one, other)
    behind = _common(one[start:][::-1], other[start:][::-1])
    return one[start : len(one) - behind], other[start : len(other) - behind]


def _common(one: str, other: str) -> int:
    pairs = zip(one, other, strict=False)
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))


def test_there_are_many_shapes() -> None:
    assert len(_CHANGED) >= 50
    assert set(_ALL) >= _NO_BASE64 | _NO_TEXT | _MERGED


@pytest.mark.parametrize("shape", _CHANGED)
def test_setting_an_item_changes_the_bytes_of_its_value_only(
    run: Callable[..., int], shape: str
) -> None:
    text = _copy(shape)
    start = text.index("AgBReplaced")
    head, behind = text[:start], text[text.index("ThisOne=", start) + len("ThisOne=") :]

    code = run("set", *_target(text), "--cert", "tls.crt")

    written = _written()
    assert code == 0
    assert written.startswith(head)
    assert written.endswith(behind)
    manifest, _ = _target(text)
    placed = manifest.content | {"metadata": _placed(manifest)}
    label = parse(placed, keeps_unreadable=True).binding.label
    blob = base64.b64decode(written[len(head) : len(written) - len(behind)], validate=True)
    opened = open_value(blob, private_keys=[private_key_of(sealing_pair()).key], label=label)
    assert opened.reveal().decode() == _VALUE


def _placed(manifest: Manifest) -> dict[str, object]:
    return {"namespace": "shop", **manifest.content["metadata"]}


@pytest.mark.parametrize("shape", [name for name in _CHANGED if name not in _MERGED])
def test_removing_an_item_leaves_all_other_lines_as_they_are(
    run: Callable[..., int], shape: str
) -> None:
    text = _copy(shape)

    code = run("rm", *_target(text), "--allow-empty-data")

    gone, came = _without_middle(text, _written().replace("encryptedData: {}", "encryptedData:"))
    own_comment = "# still below" if shape == "value-below-a-comment.yaml" else ""
    comments = [line.strip() for line in gone.splitlines() if line.strip().startswith("#")]
    assert (code, came, gone.count("AgB"), "".join(comments)) == (0, "", 1, own_comment)


@pytest.mark.parametrize("subcommand", ["set", "rm"])
@pytest.mark.parametrize("shape", [*sorted(_REFUSED), *sorted(_NO_TEXT)])
def test_what_cannot_be_changed_alone_is_refused_and_stays(
    run: Callable[..., int], shape: str, subcommand: str
) -> None:
    text = _copy(shape)
    manifest, item = _target(text)
    flags = ["--cert", "tls.crt"] if subcommand == "set" else []

    code = run(subcommand, manifest, "password" if shape in _REFUSED else item, *flags)

    assert (code, _written()) == (2, text)
