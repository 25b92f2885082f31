"""Which functions there are: the code, the page for users, and the reason of each refusal."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

import pytest

from gitopskit.errors import TemplateFailed, TemplateRefused
from gitopskit.gotemplate.catalog import FUNCTIONS, REFUSED
from gitopskit.gotemplate.template import require_template

_PAGE: Final = Path(__file__).parents[2] / "docs" / "howto" / "templates.md"
_NAME: Final = re.compile(r"`(\w+)`")


def _section(heading: str) -> str:
    _, _, rest = _PAGE.read_text(encoding="utf-8").partition(f"\n## {heading}\n")
    return rest.partition("\n## ")[0]


def _names_in_lists(section: str, mark: str) -> list[str]:
    """Return the names in the paragraphs that begin with a word in bold."""
    paragraphs = re.findall(
        rf"^{mark}\*\*.*?(?=^{mark}\*\*|\n\n|\Z)", section, re.DOTALL | re.MULTILINE
    )
    return [name for each in paragraphs for name in _NAME.findall(each.partition(". ")[0])]


def test_the_page_lists_the_functions() -> None:
    listed = _names_in_lists(_section("Functions"), "")

    assert sorted(listed) == sorted(FUNCTIONS)


def test_the_page_lists_what_is_refused() -> None:
    listed = _names_in_lists(_section("What is refused"), r"\* ")

    assert sorted(listed) == sorted(REFUSED)


@pytest.mark.parametrize("name", REFUSED)
def test_a_refused_function_is_named_with_the_reason(name: str) -> None:
    with pytest.raises(TemplateRefused) as caught:
        require_template(f"{{{{ if .never }}}}{{{{ {name} }}}}{{{{ end }}}}", name="m")

    assert caught.value.what == f"`{name}` is refused: {REFUSED[name]}"
    assert caught.value.where == "1:19"
    assert "docs/howto/templates.md" in caught.value.hint


def test_a_function_that_nobody_has_is_a_mistake_and_not_refused() -> None:
    with pytest.raises(TemplateFailed, match="there is no function `toYaml`") as caught:
        require_template("{{ toYaml . }}", name="m")

    assert not isinstance(caught.value, TemplateRefused)


def test_a_template_without_fault_is_told_without_values() -> None:
    require_template("{{ .a | quote }}{{ index .b 3 }}", name="m")
