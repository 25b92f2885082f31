"""What scripts that call kubeseal write beyond our own syntax: spellings of flags, and variables.

kubeseal is a Go program: ``-n=shop`` and ``--validate=false`` are flags with a value, an empty
``--scope`` is none, and what no flag says may come from a variable.

Source: github.com/spf13/pflag; github.com/bitnami-labs/sealed-secrets, pkg/flagenv.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, Any, Final, get_args

from gitopskit.cli import seal_flags
from gitopskit.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping

_TRUE: Final = frozenset({"1", "t", "T", "TRUE", "true", "True"})
_FALSE: Final = frozenset({"0", "f", "F", "FALSE", "false", "False"})
"""Go's words. Source: pkg.go.dev/strconv, ParseBool."""

_OTHER_CLUSTERS: Final = (
    "AS",
    "AS_GROUP",
    "AS_UID",
    "CERTIFICATE_AUTHORITY",
    "CLIENT_CERTIFICATE",
    "CLIENT_KEY",
    "CLUSTER",
    "INSECURE_SKIP_TLS_VERIFY",
    "PASSWORD",
    "PROXY_URL",
    "SERVER",
    "TLS_SERVER_NAME",
    "TOKEN",
    "USER",
    "USERNAME",
)
"""Of kubeseal's flags that say which cluster is asked, or as whom, those that we do not have."""

_RIVALS: Final = {
    "cert": {"env"},
    "sealed_secret_file": {"in_place", "merge_into"},
    "secret_file": {"file"},
}
"""Parameters that no variable sets where one of these is given, which it would contradict."""


@dataclass(slots=True)
class SpelledOut:
    """Arguments in our syntax, word by word, and the parameters that something is said about."""

    words: list[tuple[str, ...]] = field(default_factory=list)
    said: set[str] = field(default_factory=set)

    @property
    def args(self) -> list[str]:
        """Return the arguments as the parser takes them."""
        return [word for group in self.words for word in group]

    def switch(self, option: Any, word: str, value: str) -> None:  # noqa: ANN401 -- typer's own type, which it hides
        """Turn a switch on or off; the last word about it counts."""
        if value in _TRUE:
            self.words.append((word,))
        elif value in _FALSE:
            self.words = [group for group in self.words if group[0] not in option.opts]
            self.words += [tuple(option.secondary_opts[:1])] if option.secondary_opts else []
        else:
            self.words.append((f"{word}={value}",))


def spelled_out(args: Iterable[str], options: Iterable[Any]) -> SpelledOut:
    """Return arguments with what our parser would not take spelled out; it judges all the rest.

    ``options`` are the command's parameters, as typer has them.
    """
    known = {word: option for option in options for word in option.opts if word.startswith("-")}
    result = SpelledOut()
    rest = iter(args)
    for arg in rest:
        word, is_joined, value = arg.partition("=")
        option = known.get(word)
        if option is None:
            result.said.add(known[arg[:2]].name if arg[:2] in known else "file")
            result.words.append((arg, *rest) if arg == "--" else (arg,))
            continue
        result.said.add(option.name)
        if option.is_flag:
            result.switch(option, word, value if is_joined else "true")
        else:
            values = [value] if is_joined else [*islice(rest, 1)]
            result.words += _with_value(option, word, values)
    return result


def defaults_from(variables: Mapping[str, str], *, unless: Collection[str]) -> dict[str, Any]:
    """Return defaults of parameters from kubeseal's variables, named without their prefix.

    ``unless`` are the parameters that flags speak of, which win. An empty variable says nothing,
    and one that is none of kubeseal's flags is not looked at. Lists are separated by commas.

    Raises:
        InputError: a variable cannot be understood; kubeseal passes over it.
    """
    defaults: dict[str, Any] = {}
    for variable, (parameter, read) in _READERS.items():
        value = variables.get(variable)
        is_said = not _RIVALS.get(parameter, set()).union((parameter,)).isdisjoint(unless)
        if value and not is_said:
            defaults[parameter] = read(variable, value)
    return defaults


def require_known_cluster(variables: Mapping[str, str]) -> None:
    """Check that no variable leads kubeseal to a cluster that we would not ask.

    Raises:
        InputError: one does.
    """
    for name in _OTHER_CLUSTERS:
        if variables.get(name):
            raise InputError(
                f"the variable {seal_flags.VARIABLE_PREFIX}{name} sets a flag of kubeseal's that "
                "gitopskit does not have",
                hint="say it in a kubeconfig, name that with --kubeconfig, and unset the variable",
            )


def _with_value(option: Any, word: str, values: list[str]) -> list[tuple[str, ...]]:  # noqa: ANN401 -- typer's own type, which it hides
    """Return an option with its value; nothing is chosen by an empty one."""
    is_nothing = values == [""] and hasattr(option.type, "choices")
    return [] if is_nothing else [(word, *values)]


def _text(_variable: str, value: str) -> str:
    return value


def _list(_variable: str, value: str) -> list[str]:
    return value.split(",")


def _boolean(variable: str, value: str) -> bool:
    if value in _TRUE or value in _FALSE:
        return value in _TRUE
    raise _not_understood(variable, "true or false")


def _scope(variable: str, value: str) -> str:
    return _one_of(get_args(seal_flags.ScopeName), variable, value)


def _format(variable: str, value: str) -> str:
    return _one_of(get_args(seal_flags.FormatName), variable, value)


def _one_of(choices: tuple[str, ...], variable: str, value: str) -> str:
    if value in choices:
        return value
    raise _not_understood(variable, "one of " + ", ".join(choices))


def _not_understood(variable: str, expected: str) -> InputError:
    return InputError(
        f"the variable {seal_flags.VARIABLE_PREFIX}{variable} is not {expected}",
        hint="correct it or unset it; kubeseal would pass over it",
    )


_READERS: Final[dict[str, tuple[str, Callable[[str, str], Any]]]] = {
    "ALLOW_EMPTY_DATA": ("allow_empty_data", _boolean),
    "CERT": ("cert", _text),
    "CONTEXT": ("context", _text),
    "CONTROLLER_NAME": ("controller_name", _text),
    "CONTROLLER_NAMESPACE": ("controller_namespace", _text),
    "FETCH_CERT": ("fetch_cert", _boolean),
    "FORMAT": ("output_format", _format),
    "FROM_FILE": ("from_file", _list),
    "KUBECONFIG": ("kubeconfig", _text),
    "MERGE_INTO": ("merge_into", _text),
    "NAME": ("name", _text),
    "NAMESPACE": ("namespace", _text),
    "RAW": ("raw", _boolean),
    "RECOVERY_PRIVATE_KEY": ("recovery_private_key", _list),
    "RECOVERY_UNSEAL": ("recovery_unseal", _boolean),
    "RE_ENCRYPT": ("re_encrypt", _boolean),
    "ROTATE": ("re_encrypt", _boolean),
    "SCOPE": ("scope", _scope),
    "SEALED_SECRET_FILE": ("sealed_secret_file", _text),
    "SECRET_FILE": ("secret_file", _text),
    "VALIDATE": ("validate", _boolean),
}
"""Of each variable, without its prefix, the parameter that it sets, and how it is read."""
