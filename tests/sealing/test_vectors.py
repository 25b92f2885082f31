"""The published vectors of the sealed format; each file is one test."""

import base64
import json
from collections import Counter
from pathlib import Path

import pytest

from gitopskit.errors import Undecryptable
from gitopskit.redaction import Plaintext
from gitopskit.sealing.envelope import _seal_with, open_value
from gitopskit.sealing.keys import read_private_keys
from tests.support.sealing import rsa_of

_FILES = sorted((Path(__file__).parent.parent / "vectors" / "sealing").glob("*.json"))
_EXPECTATIONS = {"success", "wrong key", "wrong scope", "wrong suite", "truncated", "tampered"}


@pytest.mark.parametrize("file", _FILES, ids=lambda file: file.stem)
def test_vector(file: Path) -> None:
    vector = json.loads(file.read_text())
    sealed = base64.b64decode(vector["sealed"], validate=True)
    label = vector["label"].encode()
    plaintext = Plaintext(base64.b64decode(vector["plaintext"], validate=True))
    (key,) = read_private_keys(vector["private_key"].encode(), where=file.name)

    if vector["expect"] != "success":
        with pytest.raises(Undecryptable):
            open_value(sealed, private_keys=[key.key], label=label)
        return

    assert open_value(sealed, private_keys=[key.key], label=label) == plaintext
    if "session_key" in vector:
        again = _seal_with(
            base64.b64decode(vector["session_key"]),
            plaintext,
            public_key=rsa_of(key).public_key(),
            label=label,
        )
        wrapped_size = 2 + rsa_of(key).key_size // 8
        assert again[:2] + again[wrapped_size:] == sealed[:2] + sealed[wrapped_size:]


def test_there_are_vectors_of_every_kind() -> None:
    kinds = Counter(json.loads(file.read_text())["expect"] for file in _FILES)
    hybrid = {json.loads(file.read_text())["expect"] for file in _FILES if "hybrid-" in file.name}

    assert set(kinds) == hybrid == _EXPECTATIONS
