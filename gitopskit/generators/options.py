"""The options of a generator as text, ``name=value`` between commas, and the values they have.

What a person wrote here may be a secret in the wrong place, so no error quotes any of it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeVar

from gitopskit.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from gitopskit.generators.known import GeneratorHelp, OptionHelp

Choice = TypeVar("Choice", bound=str)

_WHOLE_NUMBER: Final = re.compile(r"[0-9]{1,6}")
_TRUTHS: Final = {"yes": True, "true": True, "no": False, "false": False}
_VALUE_NAMES: Final = frozenset(
    {"value", "password", "passwd", "passphrase", "pass", "secret", "data"}
)
"""What people call the value itself; other people see the arguments of a program."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """Values by option, as text: those given, else the defaults."""

    generator: str
    values: Mapping[str, tuple[str, ...]]

    def texts(self, name: str) -> tuple[str, ...]:
        """Return the values of an option that may be repeated."""
        return self.values[name]

    def text(self, name: str) -> str:
        """Return the value of an option."""
        return self.values[name][0]

    def number(self, name: str) -> int:
        """Return the value of an option as a whole number, whose bounds are not checked.

        Raises:
            InputError: it is none, or has more than six digits.
        """
        text = self.text(name)
        if not _WHOLE_NUMBER.fullmatch(text):
            raise self._unusable(name, "is not a whole number", "use digits, six at most")
        return int(text)

    def truth(self, name: str) -> bool:
        """Return whether an option says yes.

        Raises:
            InputError: it says neither yes nor no.
        """
        return _TRUTHS[self.choice(name, tuple(_TRUTHS))]

    def choice(self, name: str, choices: Sequence[Choice]) -> Choice:
        """Return the choice that the value of an option is.

        Raises:
            InputError: it is none of them.
        """
        text = self.text(name)
        for choice in choices:
            if choice == text:
                return choice
        raise self._unusable(name, "is none of the choices", f"use {', '.join(choices)}")

    def _unusable(self, name: str, why: str, hint: str) -> InputError:
        return InputError(
            f"the option `{name}` of the generator `{self.generator}` {why}", hint=hint
        )


def read_options(text: str | None, *, generator: GeneratorHelp) -> Options:
    """Return the options in a text, which is None where there are none.

    Raises:
        InputError: a part is not ``name=value``, the generator has no such option, one is given
            twice or is missing, or one would hold the secret value itself.
    """
    given: dict[str, tuple[str, ...]] = {}
    for number, part in enumerate([] if text is None else text.split(","), start=1):
        place = f"option {number} of the generator `{generator.name}`"
        name, value = _read_part(part, place=place, generator=generator)
        option = _option_of(name, place=place, generator=generator)
        if name in given and not option.is_repeatable:
            raise InputError(f"{place} was given before", hint=f"give `{name}` once")
        given[name] = (*given.get(name, ()), value)
    values = {
        option.name: given.get(option.name) or _default_of(option, generator=generator)
        for option in generator.options
    }
    return Options(generator=generator.name, values=values)


def _read_part(part: str, *, place: str, generator: GeneratorHelp) -> tuple[str, str]:
    name, equals, value = part.partition("=")
    if equals and name.strip().lower() in _VALUE_NAMES:
        raise InputError(
            f"{place} would hold a secret value, where others can read it",
            hint="a value belongs on standard input or at a hidden prompt",
        )
    if not value:
        raise InputError(
            f"{place} is not of the form NAME=VALUE",
            hint=f"{_options_of(generator)}; a comma ends a value",
        )
    return name, value


def _option_of(name: str, *, place: str, generator: GeneratorHelp) -> OptionHelp:
    for option in generator.options:
        if option.name == name:
            return option
    raise InputError(f"{place} is not known", hint=_options_of(generator))


def _default_of(option: OptionHelp, *, generator: GeneratorHelp) -> tuple[str, ...]:
    if option.default is None:
        raise InputError(
            f"the generator `{generator.name}` needs the option `{option.name}`",
            hint=f"write {generator.name}:{option.name}={option.form}",
        )
    return (option.default,)


def _options_of(generator: GeneratorHelp) -> str:
    options = ", ".join(f"{option.name}={option.form}" for option in generator.options)
    return f"its options are {options}" if options else "it has no options"
