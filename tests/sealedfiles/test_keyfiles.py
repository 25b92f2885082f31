"""A sealing key as files."""

import stat
from pathlib import Path

import pytest

from gitopskit.errors import EnvironmentFault, InputError
from gitopskit.sealedfiles.keyfiles import KeyFiles, require_free, write_key_pair
from tests.support.sealing import sealing_pair


def test_the_private_half_is_for_its_owner_only(tmp_path: Path) -> None:
    files = require_free(tmp_path / "new")

    write_key_pair(sealing_pair(), files)

    assert stat.S_IMODE(files.private_key.stat().st_mode) == 0o600
    assert files.private_key.read_bytes() == sealing_pair().private_pem.reveal()
    assert files.certificate.read_bytes() == sealing_pair().certificate_pem


@pytest.mark.parametrize("name", ["tls.key", "tls.crt"])
def test_a_key_is_never_overwritten(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("old")

    with pytest.raises(InputError) as caught:
        require_free(tmp_path)

    assert caught.value.where == str(tmp_path / name)


def test_half_a_key_is_not_left_behind(tmp_path: Path) -> None:
    missing = tmp_path / "missing" / "tls.crt"
    files = KeyFiles(private_key=tmp_path / "tls.key", certificate=missing)

    with pytest.raises(EnvironmentFault, match="cannot write the key"):
        write_key_pair(sealing_pair(), files)

    assert list(tmp_path.iterdir()) == []
