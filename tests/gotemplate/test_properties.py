"""What holds for every template, whatever it is made of."""

from __future__ import annotations

import re
from typing import Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gitopskit.errors import TemplateFailed
from gitopskit.gotemplate.budget import Budget
from gitopskit.gotemplate.quoting import quote
from gitopskit.gotemplate.template import render, require_template
from tests.support.go_templates import Case, by_us
from tests.support.template_grammar import SHARDS, made_up_cases

_CANARY: Final = "canary-93b1"
_PLACE: Final = re.compile(r"[1-9]\d*:[1-9]\d*")
_VALUES: Final = {"user": _CANARY.encode(), "password": b"\xff" + _CANARY.encode(), "list": b"a,b"}

_TEXTS: Final = st.text(max_size=40)
_TEMPLATES: Final = st.lists(st.sampled_from(SHARDS) | st.text(max_size=3), max_size=25).map(
    "".join
)
_usual = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


@_usual
@given(template=_TEMPLATES)
def test_a_template_comes_to_something_or_is_told_with_its_place(template: str) -> None:
    try:
        output = render(template, name="m", values=_VALUES, budget=Budget())
    except TemplateFailed as error:
        _require_told(error)
        return

    require_template(template, name="m")
    assert output == render(template, name="m", values=_VALUES, budget=Budget())


def _require_told(error: TemplateFailed) -> None:
    assert _PLACE.fullmatch(error.where), error.where
    assert error.what
    assert _CANARY not in f"{error} {error.hint}"


def test_no_error_shows_a_value() -> None:
    cases = [
        Case(case.template, dict.fromkeys(case.values, _CANARY.encode()))
        for case in made_up_cases(3000, seed=6)
    ]

    told = [outcome.problem for case in cases if (outcome := by_us(case)).output is None]

    assert len(told) > 100
    assert [problem for problem in told if "canary" in problem or "93b1" in problem] == []


@_usual
@given(text=st.text().filter(lambda text: "{{" not in text))
def test_a_text_without_actions_is_its_own_result(text: str) -> None:
    assert render(text, name="m", values={}, budget=Budget()) == text.encode()


@_usual
@given(value=st.binary(max_size=40))
def test_a_quoted_text_is_read_as_the_text(value: bytes) -> None:
    try:
        quoted = quote(value).decode()
    except TemplateFailed:
        return  # a character that is newer than this Python

    assert render(f"{{{{ {quoted} }}}}", name="m", values={}, budget=Budget()) == value


@_usual
@given(value=_TEXTS)
@pytest.mark.parametrize(
    "template",
    [
        "{{ .a }}",
        "{{ .a | toJson | fromJson }}",
        "{{ list .a | toPrettyJson | fromJson | first }}",
        "{{ .a | b64enc | b64dec }}",
        "{{ .a | b32enc | b32dec }}",
        '{{ splitList "," .a | join "," }}',
        '{{ regexSplit "," .a -1 | join "," }}',
        '{{ regexReplaceAll "[a-c]" .a "$0" }}',
        '{{ printf "%s" .a }}',
        "{{ print .a }}",
        '{{ range splitList "" .a }}{{ . }}{{ end }}',
        "{{ with dict .a 1 }}{{ keys . | first }}{{ end }}",
        "{{ .a | default .a | coalesce | squote | trimAll `x` | len | not | ternary .a .a }}",
    ],
)
def test_a_value_comes_back_from(template: str, value: str) -> None:
    assert (
        render(template, name="m", values={"a": value.encode()}, budget=Budget()) == value.encode()
    )


@_usual
@given(number=st.integers(-(1 << 63), (1 << 63) - 1))
def test_an_integer_is_what_is_written(number: int) -> None:
    written = [str(number), f"{number:#b}", f"{number:#o}", f"{number:_}"]
    if number >= 0:  # to Go, what has an `e` is a float unless it begins with `0x`
        written.append(f"{number:#x}")

    output = render(
        " ".join(f"{{{{ {text} }}}}" for text in written), name="m", values={}, budget=Budget()
    )

    assert output.split() == [str(number).encode()] * len(written)


@_usual
@given(number=st.floats(allow_nan=False, allow_infinity=False))
def test_a_float_is_printed_so_that_it_reads_back(number: float) -> None:
    printed = render(f"{{{{ {number!r} }}}}", name="m", values={}, budget=Budget())

    assert float(printed) == number
