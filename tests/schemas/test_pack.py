from __future__ import annotations

from importlib.resources import files

import pytest

from gitopskit.errors import InputError
from gitopskit.schemas.pack import LATEST, VERSIONS, load_pack
from tools.build_schema_pack import MINORS, build


@pytest.mark.parametrize("version", VERSIONS)
def test_the_pack_is_what_its_source_gives(version: str) -> None:
    pack = load_pack(version)
    built = build(version)

    assert (pack.kinds, pack.definitions) == (built["kinds"], built["definitions"])


def test_the_versions_are_those_that_are_built() -> None:
    assert VERSIONS == MINORS
    assert LATEST == "1.37"


def test_the_pack_is_small_and_says_whose_it_is() -> None:
    folder = files("gitopskit.schemas") / "pack"

    assert sum(len(file.read_bytes()) for file in folder.iterdir()) < 2_000_000
    assert "Apache License" in (folder / "NOTICE.txt").read_text(encoding="utf-8")


def test_an_unknown_version_is_refused_with_those_there_are() -> None:
    with pytest.raises(InputError, match=r"no schemas of Kubernetes 1\.20") as caught:
        load_pack("1.20")

    assert caught.value.hint == "use one of 1.35, 1.36, 1.37"


def test_a_schema_brings_all_that_it_refers_to() -> None:
    schema = load_pack(LATEST).schema_of("apps/v1", "Deployment")

    assert schema is not None
    assert "io.k8s.api.core.v1.Container" in schema["$defs"]
    assert len(schema["$defs"]) < 250
