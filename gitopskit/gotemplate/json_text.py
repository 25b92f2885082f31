"""JSON both ways, as Go's encoding/json has it.

Source: pkg.go.dev/encoding/json, Marshal and Unmarshal; masterminds.github.io/sprig, "toJson".
"""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NoReturn

from gitopskit.errors import TemplateFailed, TemplateRefused
from gitopskit.gotemplate.floats import in_json
from gitopskit.gotemplate.function import Function, Parameter
from gitopskit.gotemplate.values import Map, Slice

if TYPE_CHECKING:
    from gitopskit.gotemplate.budget import Budget
    from gitopskit.gotemplate.values import Value

_ANY: Final = Parameter.ANY
_STRING: Final = Parameter.STRING

_WORK_PER_BYTE: Final = 8
_SURROGATE: Final = re.compile("[\\ud800-\\udfff]")
_ESCAPED: Final = re.compile(r'[\x00-\x1f"\\\u2028\u2029\udc80-\udcff]')
_ESCAPED_FOR_HTML: Final = re.compile(r'[\x00-\x1f"\\<>&\u2028\u2029\udc80-\udcff]')
_NAMED: Final = dict(zip('\b\f\n\r\t"\\', 'bfnrt"\\', strict=True))
_REPLACEMENT: Final = "\ufffd"


def _from_json(budget: Budget, text: bytes) -> Value:
    """Return the value of a JSON text; of what is no JSON, nothing."""
    try:
        return _must_from_json(budget, text)
    except TemplateRefused:
        raise
    except TemplateFailed:
        return None


def _must_from_json(budget: Budget, text: bytes) -> Value:
    budget.work(_WORK_PER_BYTE * len(text))
    try:
        decoded = json.loads(
            text.decode(), parse_int=_number, parse_float=_number, parse_constant=_refuse_constant
        )
    except UnicodeDecodeError:
        raise TemplateRefused("JSON that is not UTF-8 is not supported") from None
    except RecursionError:
        raise TemplateRefused("the JSON nests too deep") from None
    except ValueError:
        raise TemplateFailed("the text is no JSON") from None
    return _value(decoded, budget)


def _number(text: str) -> float:
    value = float(text)
    if math.isinf(value):
        raise TemplateRefused("a number in JSON that no float holds is not supported")
    return value


def _refuse_constant(_: str) -> NoReturn:
    """Refuse the names for infinities, which JSON does not have.

    Raises:
        ValueError: always.
    """
    raise ValueError


def _value(decoded: Any, budget: Budget) -> Value:  # noqa: ANN401 -- as json.loads returns it
    if isinstance(decoded, str):
        return _bytes(decoded)
    if not isinstance(decoded, dict | list):
        return decoded  # type: ignore[no-any-return]  # a float, a bool or None
    budget.descend()
    budget.items(len(decoded))
    made: Value
    if isinstance(decoded, dict):
        made = Map("any", {_bytes(key): _value(item, budget) for key, item in decoded.items()})
    else:
        made = Slice.of(_value(item, budget) for item in decoded)
    budget.ascend()
    return made


def _bytes(text: str) -> bytes:
    return _SURROGATE.sub(_REPLACEMENT, text).encode()


@dataclass(frozen=True, slots=True)
class _Encoder:
    """Writes values; what is ``escaped`` and whether lines are indented is all the choice."""

    budget: Budget
    escaped: re.Pattern[str]
    is_indented: bool = False

    def encode(self, value: Value, margin: str = "\n") -> str:
        """Return a value as JSON, lines after the first with a margin.

        Raises:
            TemplateFailed: it holds an infinity, or what is no number.
            TemplateRefused: it is too much.
        """
        made = self._encoded(value, margin)
        self.budget.make(len(made))
        return made

    def _encoded(self, value: Value, margin: str) -> str:
        if isinstance(value, bytes):
            return self._text(value)
        if isinstance(value, bool):
            return "true" if value else "false"
        if isinstance(value, float):
            if not math.isfinite(value):
                raise TemplateFailed("an infinity has no JSON")
            return in_json(value)
        if isinstance(value, Slice | Map) and not value.is_nil:
            return self._collection(value, margin)
        return str(int(value)) if isinstance(value, int) else "null"

    def _collection(self, value: Slice | Map, margin: str) -> str:
        self.budget.descend()
        self.budget.items(len(value))
        inner = f"{margin}  " if self.is_indented else ""
        if isinstance(value, Slice):
            begin, end = "[", "]"
            items = [self.encode(item, inner) for item in value]
        else:
            begin, end = "{", "}"
            colon = ": " if self.is_indented else ":"
            pairs = value.in_order()
            items = [f"{self._text(key)}{colon}{self.encode(item, inner)}" for key, item in pairs]
        self.budget.ascend()
        if not items:
            return begin + end
        return f"{begin}{inner}{f',{inner}'.join(items)}{margin if inner else ''}{end}"

    def _text(self, text: bytes) -> str:
        self.budget.work(_WORK_PER_BYTE * len(text))
        return f'"{self.escaped.sub(_escape, text.decode(errors="surrogateescape"))}"'


def _escape(match: re.Match[str]) -> str:
    character = match[0]
    if character in _NAMED:
        return f"\\{_NAMED[character]}"
    if _SURROGATE.match(character):
        return "\\ufffd"
    return f"\\u{ord(character):04x}"


def _to_json(budget: Budget, value: Value) -> bytes:
    return _or_nothing(_Encoder(budget, _ESCAPED_FOR_HTML), value)


def _to_pretty_json(budget: Budget, value: Value) -> bytes:
    return _or_nothing(_Encoder(budget, _ESCAPED_FOR_HTML, is_indented=True), value)


def _or_nothing(encoder: _Encoder, value: Value) -> bytes:
    """Return JSON, or no text at all where there is none: sprig drops the error."""
    try:
        return encoder.encode(value).encode()
    except TemplateRefused:
        raise
    except TemplateFailed:
        return b""


def _must_to_json(budget: Budget, value: Value) -> bytes:
    return _Encoder(budget, _ESCAPED_FOR_HTML).encode(value).encode()


def _must_to_pretty_json(budget: Budget, value: Value) -> bytes:
    return _Encoder(budget, _ESCAPED_FOR_HTML, is_indented=True).encode(value).encode()


def _to_raw_json(budget: Budget, value: Value) -> bytes:
    return _Encoder(budget, _ESCAPED).encode(value).encode()


JSON: Final = {
    "fromJson": Function(_from_json, (_STRING,), is_charged=True),
    "mustFromJson": Function(_must_from_json, (_STRING,), is_charged=True),
    "toJson": Function(_to_json, (_ANY,), is_charged=True),
    "mustToJson": Function(_must_to_json, (_ANY,), is_charged=True),
    "toPrettyJson": Function(_to_pretty_json, (_ANY,), is_charged=True),
    "mustToPrettyJson": Function(_must_to_pretty_json, (_ANY,), is_charged=True),
    "toRawJson": Function(_to_raw_json, (_ANY,), is_charged=True),
    "mustToRawJson": Function(_to_raw_json, (_ANY,), is_charged=True),
}
