"""The table of generators agrees with the parser that it describes."""

from __future__ import annotations

import re

import pytest

from gitopskit.errors import InputError
from gitopskit.generators.known import KNOWN, GeneratorHelp, OptionHelp
from gitopskit.generators.spec import parse_generator

_EXAMPLES = {"MARKS": "!", "NAME": "admin", "HOST": "a.example", "TEXT": "deploy"}
_OPTIONS = [(generator, option) for generator in KNOWN for option in generator.options]
_NUMBERS = [pair for pair in _OPTIONS if pair[1].form[0].isdigit()]


def _ids_of(pairs: list[tuple[GeneratorHelp, OptionHelp]]) -> list[str]:
    return [f"{generator.name}:{option.name}" for generator, option in pairs]


def _values_of(option: OptionHelp) -> list[str]:
    """Return values that the form of an option stands for: the bounds, the choices, or one."""
    if option.form in _EXAMPLES:
        return [_EXAMPLES[option.form]]
    bounds = re.fullmatch(r"(\d+)-(\d+)", option.form)
    return list(bounds.groups()) if bounds else option.form.split("|")


def _text(generator: GeneratorHelp, chosen: dict[str, str]) -> str:
    required = {
        option.name: _values_of(option)[0] for option in generator.options if option.default is None
    }
    options = ",".join(f"{name}={value}" for name, value in (required | chosen).items())
    return f"{generator.name}:{options}" if options else generator.name


@pytest.mark.parametrize(("generator", "option"), _OPTIONS, ids=_ids_of(_OPTIONS))
def test_the_parser_takes_each_option_in_its_form(
    generator: GeneratorHelp, option: OptionHelp
) -> None:
    for value in _values_of(option):
        parse_generator(_text(generator, {option.name: value}))


@pytest.mark.parametrize(("generator", "option"), _NUMBERS, ids=_ids_of(_NUMBERS))
def test_numbers_beyond_the_bounds_in_the_table_are_refused(
    generator: GeneratorHelp, option: OptionHelp
) -> None:
    least, most = map(int, _values_of(option))

    for value in (least - 1, most + 1):
        with pytest.raises(InputError, match=r"cannot|not to be") as caught:
            parse_generator(_text(generator, {option.name: str(value)}))

        assert str(least) in caught.value.hint or str(most) in caught.value.hint


def test_each_generator_and_each_of_its_options_is_explained() -> None:
    names = [generator.name for generator in KNOWN]

    assert len(set(names)) == len(names)
    assert [generator.name for generator in KNOWN if not generator.summary] == []
    assert [option.name for _, option in _OPTIONS if not option.summary] == []
