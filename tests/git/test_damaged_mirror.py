"""A mirror that a crash or a full disk damaged is noticed and made anew."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gitopskit.errors import GitFailed
from gitopskit.git.remotes import Remote, parse_remote

if TYPE_CHECKING:
    from pathlib import Path

    from gitopskit.manifests.snapshot import Snapshot
    from tests.git.conftest import MirrorFactory
    from tests.support.gitrepo import SourceRepository

FILES: dict[str, str | bytes] = {"apps/web/cm.yaml": "kind: ConfigMap\n"}


def _empty_packs(bare: Path) -> None:
    for pack in bare.glob("objects/pack/*.pack"):
        pack.chmod(0o600)
        pack.write_bytes(b"")


@pytest.fixture
def remote(source: SourceRepository) -> Remote:
    return parse_remote(str(source.folder), allow_local=True)


@pytest.mark.parametrize(
    "damage",
    [
        lambda bare: (bare / "HEAD").unlink(),
        lambda bare: (bare / "config").write_text("[core"),
        _empty_packs,
        lambda bare: (bare / "shallow").write_text("no commit"),
    ],
    ids=["no HEAD", "malformed config", "empty packs", "malformed shallow"],
)
def test_a_damaged_mirror_is_made_anew(
    source: SourceRepository,
    remote: Remote,
    mirror_of: MirrorFactory,
    tmp_path: Path,
    damage: object,
) -> None:
    mirror = mirror_of(remote)
    mirror.snapshot(remote, source.commit(FILES))
    [bare] = tmp_path.glob("cache/*/mirror.git")
    assert callable(damage)
    damage(bare)
    second = source.commit({"b": "2"})

    assert _files(mirror.snapshot(remote, second)) == {"b": b"2"}


def test_a_mirror_damaged_after_the_fetch_is_made_anew(
    source: SourceRepository, remote: Remote, mirror_of: MirrorFactory, tmp_path: Path
) -> None:
    commit = source.commit(FILES)
    mirror = mirror_of(remote)
    mirror.fetch(remote, commit)
    [bare] = tmp_path.glob("cache/*/mirror.git")
    _empty_packs(bare)

    with pytest.raises(GitFailed, match="cannot be read"):
        mirror.checkout(commit)
    assert _files(mirror.snapshot(remote, commit)) == {"apps/web/cm.yaml": b"kind: ConfigMap\n"}


def test_a_damaged_mirror_is_noticed_in_one_call(
    source: SourceRepository, remote: Remote, mirror_of: MirrorFactory, tmp_path: Path
) -> None:
    commit = source.commit(FILES)
    mirror = mirror_of(remote)
    mirror.fetch(remote, commit)
    [bare] = tmp_path.glob("cache/*/mirror.git")
    _empty_packs(bare)

    assert _files(mirror.snapshot(remote, commit)) == {"apps/web/cm.yaml": b"kind: ConfigMap\n"}


def _files(snapshot: Snapshot) -> dict[str, bytes]:
    return {
        path.relative_to(snapshot.root).as_posix(): path.read_bytes()
        for path in snapshot.root.rglob("*")
        if path.is_file()
    }
