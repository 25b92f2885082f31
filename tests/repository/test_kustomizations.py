"""One more resource in a kustomization, and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as some

from gitopskit.errors import InputError, MalformedDocument
from gitopskit.manifests.documents import read_value
from gitopskit.repository.kustomizations import (
    Naming,
    kustomization_file,
    read_naming,
    register_resource,
)

if TYPE_CHECKING:
    from pathlib import Path

_HEAD = "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n"
_NEW = "db.sealed.yaml"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            f"{_HEAD}# why\nresources:\n  - a.yaml  # first\n# then\nimages: []\n",
            f"{_HEAD}# why\nresources:\n  - a.yaml  # first\n  - {_NEW}\n# then\nimages: []\n",
        ),
        (f"{_HEAD}resources:\n- ../base\n", f"{_HEAD}resources:\n- ../base\n- {_NEW}\n"),
        (f"{_HEAD}resources: [a.yaml]\n", f'{_HEAD}resources: [a.yaml, "{_NEW}"]\n'),
        (f"{_HEAD}resources: []\n", f'{_HEAD}resources: ["{_NEW}"]\n'),
        (f"{_HEAD}images: []\n", f"{_HEAD}images: []\nresources:\n- {_NEW}\n"),
        ("resources:\r\n  - a.yaml\r\n", f"resources:\r\n  - a.yaml\r\n  - {_NEW}\r\n"),
        ('{"resources": ["a"]}', f'{{"resources": ["a", "{_NEW}"]}}'),
    ],
    ids=["comments", "not indented", "flow", "empty list", "no list", "line ends", "JSON"],
)
def test_a_file_is_added_and_all_else_stays(before: str, after: str) -> None:
    assert register_resource(before, _NEW) == after


@pytest.mark.parametrize("head", [_HEAD, _HEAD.replace("Kustomization", "Component"), ""])
def test_resources_without_a_value_get_a_list(head: str) -> None:
    registered = register_resource(f"{head}resources:\nimages: []\n", _NEW)

    content = read_value(registered, path="k")
    assert isinstance(content, dict)
    assert content["resources"] == [_NEW]
    assert content["images"] == []


@pytest.mark.parametrize("listed", [_NEW, f"./{_NEW}", f"'{_NEW}'", f"x/../{_NEW}"])
def test_what_is_listed_is_not_listed_again(listed: str) -> None:
    text = f"{_HEAD}resources:\n  - {listed}\n"

    assert register_resource(text, _NEW) == text


@given(
    names=some.lists(
        some.from_regex(r"[a-z0-9~:#-]{1,12}\.sealed\.yaml", fullmatch=True), unique=True
    )
)
def test_all_that_is_added_is_listed_in_its_order(names: list[str]) -> None:
    text = f"{_HEAD}resources:\n  - ../base\n"

    for name in names:
        text = register_resource(text, name)

    content = read_value(text, path="k")
    assert isinstance(content, dict)
    assert content["resources"] == ["../base", *names]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("apiVersion: v1\nkind: ConfigMap\n", "this is a ConfigMap, not a Kustomization"),
        ("apiVersion: v1\n", "this is a manifest, not a Kustomization"),
        (
            "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\n",
            "not a Kustomization",
        ),
        ("apiVersion: kustomize.config.k8s.io\n", "not a Kustomization"),
        ("", "one document, and the file has 0"),
        (f"{_HEAD}---\n{_HEAD}", "one document, and the file has 2"),
        (f"{_HEAD}resources: a.yaml\n", "`resources` is not a list of paths"),
        (f"{_HEAD}resources: [{{a: b}}]\n", "`resources` is not a list of paths"),
        ("a: &a [x]\nresources: *a\n", "behind an anchor, an alias"),
    ],
    ids=[
        "another kind",
        "no kind",
        "Flux",
        "no version",
        "empty",
        "two documents",
        "text",
        "objects",
        "alias",
    ],
)
def test_what_is_no_kustomization_is_refused(text: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        register_resource(text, _NEW, path="kustomization.yaml")


def test_what_cannot_be_read_is_told_with_its_place() -> None:
    with pytest.raises(MalformedDocument) as caught:
        register_resource("resources: [", _NEW, path="overlay/kustomization.yaml")

    assert caught.value.where.startswith("overlay/kustomization.yaml:1:")


def test_what_it_does_to_names_is_read() -> None:
    text = f"{_HEAD}namespace: shop\nnamePrefix: a-\nnameSuffix: -z\n"

    assert read_naming(text) == Naming(namespace="shop", prefix="a-", suffix="-z")
    assert read_naming(_HEAD) == Naming()


@pytest.mark.parametrize("name", ["kustomization.yaml", "kustomization.yml", "Kustomization"])
def test_the_kustomization_of_a_folder_is_found(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text(_HEAD)

    assert kustomization_file(tmp_path) == tmp_path / name


def test_a_folder_needs_exactly_one_kustomization(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="has no kustomization"):
        kustomization_file(tmp_path)
    for name in ("kustomization.yaml", "kustomization.yml"):
        (tmp_path / name).write_text(_HEAD)

    with pytest.raises(InputError, match="has several") as caught:
        kustomization_file(tmp_path)

    assert caught.value.hint == "keep one of kustomization.yaml, kustomization.yml"
