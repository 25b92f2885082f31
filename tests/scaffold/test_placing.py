"""New files come whole or not at all, and never over what is there."""

from pathlib import Path, PurePosixPath
from typing import Any

import pytest

from gitopskit.errors import EnvironmentFault, InputError
from gitopskit.scaffold.placing import diff_of, refuse_what_is_in_the_way, write_new_files

FILES = {PurePosixPath("a/one"): b"1\n", PurePosixPath("b/c/two"): b"2\n"}


def test_the_folder_is_made_with_all_above_it(tmp_path: Path) -> None:
    target = tmp_path / "x" / "y"

    refuse_what_is_in_the_way(FILES, target)
    write_new_files(FILES, target)

    assert (target / "a/one").read_bytes() == b"1\n"
    assert (target / "b/c/two").read_bytes() == b"2\n"


def test_all_that_is_in_the_way_is_listed(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a/one").write_text("mine")
    (tmp_path / "b").write_text("mine")

    with pytest.raises(InputError) as caught:
        refuse_what_is_in_the_way(FILES, tmp_path)

    assert caught.value.what.endswith("would be overwritten: a/one, b")


def test_a_long_list_is_cut(tmp_path: Path) -> None:
    files = {PurePosixPath(f"f{number:02}"): b"" for number in range(12)}
    write_new_files(files, tmp_path)

    with pytest.raises(InputError, match=r"f00, .*, f09 and 2 more"):
        refuse_what_is_in_the_way(files, tmp_path)


def test_nothing_is_written_through_a_symbolic_link(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    target = tmp_path / "target"
    target.mkdir()
    (target / "a").symlink_to(elsewhere)

    with pytest.raises(InputError, match="overwritten: a - "):
        refuse_what_is_in_the_way(FILES, target)


def test_a_file_in_place_of_the_folder_is_told(tmp_path: Path) -> None:
    (tmp_path / "shop").write_text("mine")

    with pytest.raises(InputError, match="overwritten: shop - "):
        refuse_what_is_in_the_way(FILES, tmp_path / "shop")


def test_a_failure_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "b").write_text("mine")

    with pytest.raises(EnvironmentFault, match="cannot write the files"):
        write_new_files(FILES, tmp_path)

    assert [path.name for path in tmp_path.iterdir()] == ["b"]


def test_what_came_meanwhile_is_neither_overwritten_nor_removed(tmp_path: Path) -> None:
    (tmp_path / "b/c").mkdir(parents=True)
    (tmp_path / "b/c/two").write_text("mine")

    with pytest.raises(EnvironmentFault) as caught:
        write_new_files(FILES, tmp_path)

    assert caught.value.where.endswith("two")
    assert (tmp_path / "b/c/two").read_text() == "mine"
    assert not (tmp_path / "a").exists()


def test_any_other_failure_leaves_nothing_behind_either(tmp_path: Path) -> None:
    files: dict[PurePosixPath, Any] = {**FILES, PurePosixPath("z"): "text is not bytes"}

    with pytest.raises(TypeError):
        write_new_files(files, tmp_path)

    assert not list(tmp_path.iterdir())


def test_the_diff_shows_every_line_as_new() -> None:
    assert diff_of({PurePosixPath("a"): b"1\n2\n"}) == (
        "--- /dev/null\n+++ b/a\n@@ -0,0 +1,2 @@\n+1\n+2\n"
    )
