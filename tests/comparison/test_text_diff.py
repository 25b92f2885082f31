"""What changed between two texts."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gitopskit.comparison.text_diff import unified_diff

if TYPE_CHECKING:
    from pathlib import Path

_TEXTS = st.lists(st.sampled_from(["a", "b", "c\r", ""]), max_size=8).map("\n".join)


def test_a_changed_line_is_shown_with_its_surroundings() -> None:
    diff = unified_diff("a\nb\nc\n", "a\nx\nc\n", path="f.yaml")

    assert diff == "--- a/f.yaml\n+++ b/f.yaml\n@@ -1,3 +1,3 @@\n a\n-b\n+x\n c\n"


def test_equal_texts_differ_in_nothing() -> None:
    assert unified_diff("a\r\nb", "a\r\nb", path="f") == ""


def test_a_new_file_has_no_old_side() -> None:
    assert unified_diff("", "a\n", path="f").startswith("--- /dev/null\n+++ b/f\n")


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(before=_TEXTS, after=_TEXTS)
def test_patch_makes_one_text_of_the_other(tmp_path: Path, before: str, after: str) -> None:
    if not before or not after:
        return
    file = tmp_path / "f"
    file.write_bytes(before.encode())
    diff = unified_diff(before, after, path="f")

    if diff:
        command = ["git", "apply", "--whitespace=nowarn", "-"]
        subprocess.run(command, input=diff.encode(), cwd=tmp_path, check=True)

    assert file.read_bytes() == after.encode()
