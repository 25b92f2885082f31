"""One value under one verb of Go's ``printf``, with its flags.

Source: pkg.go.dev/fmt, "Printing", "Flags" and "Format errors".
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from gitopskit.errors import TemplateRefused
from gitopskit.gotemplate import quoting
from gitopskit.gotemplate.floats import shortest, special
from gitopskit.gotemplate.printing import NIL
from gitopskit.gotemplate.values import Map, Slice, is_absent, type_name

if TYPE_CHECKING:
    from gitopskit.gotemplate.budget import Budget
    from gitopskit.gotemplate.values import Value

_INTEGER_FORMATS: Final = {"v": "d", "d": "d", "b": "b", "o": "o", "O": "o", "x": "x", "X": "X"}
_PREFIXES: Final = {"b": "0b", "x": "0x", "X": "0X"}
_FLOAT_PRECISIONS: Final = {"e": 6, "E": 6, "f": 6, "F": 6, "g": None, "G": None, "v": None}
_LEAST_UNICODE_DIGITS: Final = 4
_TWO_TO_64: Final = 1 << 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Directive:
    """A verb, its flags (some of ``#0+-`` and the space), its width and its precision."""

    verb: str
    flags: frozenset[str] = frozenset()
    width: int = 0
    precision: int | None = None

    def pad(self, text: bytes, *, zero: bool | None = None) -> bytes:
        """Return a text filled up to the width, counted in characters."""
        missing = self.width - len(text.decode(errors="surrogateescape"))
        if missing <= 0:
            return text
        if "-" in self.flags:
            return text + b" " * missing
        pads_with_zeros = self.pads_with_zeros if zero is None else zero
        return (b"0" if pads_with_zeros else b" ") * missing + text

    @property
    def pads_with_zeros(self) -> bool:
        """Whether zeros fill it up, which they never do on the right."""
        return "0" in self.flags and "-" not in self.flags


def format_value(value: Value, directive: Directive, budget: Budget) -> bytes:
    """Return a value as a directive prints it, a complaint in Go's words where it cannot.

    Raises:
        TemplateRefused: the directive shows addresses or Go's source, or makes too much.
    """
    budget.make(directive.width + (directive.precision or 0))
    if directive.verb == "p" or (directive.verb == "v" and "#" in directive.flags):
        raise TemplateRefused("`%p` and `%#v` are not supported")
    if directive.verb == "v":
        directive = replace(directive, flags=directive.flags - {"+"})
    if is_absent(value) and directive.verb in "vT":
        return directive.pad(NIL)
    if directive.verb == "T":
        return _text(type_name(value).encode(), directive)
    return _formatted(value, directive, budget)


def _formatted(value: Value, directive: Directive, budget: Budget) -> bytes:
    if isinstance(value, Slice | Map):
        return _collection(value, directive, budget)
    made = None
    if isinstance(value, bytes):
        made = _string(value, directive)
    elif isinstance(value, bool):
        made = _boolean(directive, is_true=value)
    elif isinstance(value, float):
        made = _float(value, directive)
    elif isinstance(value, int):
        made = _integer(value, directive)
    if made is None:
        return _complaint(value, directive, budget)
    budget.make(len(made))
    return made


def _complaint(value: Value, directive: Directive, budget: Budget) -> bytes:
    if is_absent(value):
        return b"%%!%b(<nil>)" % directive.verb.encode()
    shown = _formatted(value, replace(directive, verb="v"), budget)
    return b"%%!%b(%b=%b)" % (directive.verb.encode(), type_name(value).encode(), shown)


def _collection(value: Slice | Map, directive: Directive, budget: Budget) -> bytes:
    budget.descend()
    budget.items(len(value))
    if isinstance(value, Slice):
        pieces = [_item(item, directive, budget) for item in value]
        made = b"[%b]" % b" ".join(pieces)
    else:
        pairs = [
            b"%b:%b" % (_item(key, directive, budget), _item(item, directive, budget))
            for key, item in value.in_order()
        ]
        made = b"map[%b]" % b" ".join(pairs)
    budget.ascend()
    return made


def _item(value: Value, directive: Directive, budget: Budget) -> bytes:
    return NIL if value is None else _formatted(value, directive, budget)


def _boolean(directive: Directive, *, is_true: bool) -> bytes | None:
    if directive.verb not in "tv":
        return None
    return directive.pad(b"true" if is_true else b"false")


def _string(value: bytes, directive: Directive) -> bytes | None:
    match directive.verb:
        case "v" | "s":
            return _text(value, directive)
        case "q":
            return _quoted(_truncated(value, directive), directive)
        case "x" | "X":
            return _hexadecimal(value[: directive.precision], directive)
    return None


def _text(value: bytes, directive: Directive) -> bytes:
    return directive.pad(_truncated(value, directive))


def _truncated(value: bytes, directive: Directive) -> bytes:
    if directive.precision is None:
        return value
    characters = value.decode(errors="surrogateescape")[: directive.precision]
    return characters.encode(errors="surrogateescape")


def _quoted(value: bytes, directive: Directive) -> bytes:
    if "#" in directive.flags and quoting.can_backquote(value):
        return directive.pad(b"`%b`" % value)
    return directive.pad(quoting.quote(value, is_ascii="+" in directive.flags))


def _hexadecimal(value: bytes, directive: Directive) -> bytes:
    prefix = "0x" if "#" in directive.flags else ""
    if " " in directive.flags:
        made = " ".join(f"{prefix}{byte:02x}" for byte in value)
    else:
        made = f"{prefix}{value.hex()}" if value else ""
    return directive.pad((made.upper() if directive.verb == "X" else made).encode())


def _integer(value: int, directive: Directive) -> bytes | None:
    match directive.verb:
        case "c":
            return directive.pad(quoting.rune(value).encode())
        case "q":
            return directive.pad(quoting.quote_rune(value, is_ascii="+" in directive.flags))
        case "U":
            return _unicode(value, directive)
    if directive.verb not in _INTEGER_FORMATS:
        return None
    if directive.precision == 0 and value == 0:
        return directive.pad(b"", zero=False)
    base = _INTEGER_FORMATS[directive.verb]
    sign = _sign(directive, is_negative=value < 0)
    least = directive.precision
    if least is None:
        least = directive.width - len(sign) if directive.pads_with_zeros else 0
    digits = f"{abs(value):{base}}".zfill(least)
    return directive.pad(f"{sign}{_prefix(digits, directive)}{digits}".encode(), zero=False)


def _prefix(digits: str, directive: Directive) -> str:
    prefix = ""
    if "#" in directive.flags:
        prefix = _PREFIXES.get(directive.verb, "")
        if directive.verb in "oO" and not digits.startswith("0"):
            prefix = "0"
    return f"0o{prefix}" if directive.verb == "O" else prefix


def _unicode(value: int, directive: Directive) -> bytes:
    if "#" in directive.flags:
        raise TemplateRefused("`%#U` is not supported")
    least = max(_LEAST_UNICODE_DIGITS, directive.precision or 0)
    return directive.pad(f"U+{value % _TWO_TO_64:0{least}X}".encode(), zero=False)


def _float(value: float, directive: Directive) -> bytes | None:
    verb = directive.verb
    if verb in "bxX" or "#" in directive.flags:
        raise TemplateRefused(f"`%{verb}` of a float64, or with `#`, is not supported")
    if verb not in _FLOAT_PRECISIONS:
        return None
    sign = _sign(directive, is_negative=math.copysign(1, value) < 0)
    if not math.isfinite(value):
        return _special(value, directive)
    precision = directive.precision
    if precision is None:
        precision = _FLOAT_PRECISIONS[verb]
    if precision is None:
        digits = shortest(abs(value))
    else:
        digits = f"{abs(value):.{precision}{verb.lower().replace('v', 'g')}}"
    if verb in "EG":
        digits = digits.upper()
    if directive.pads_with_zeros:
        digits = digits.zfill(directive.width - len(sign))
    return directive.pad(f"{sign}{digits}".encode())


def _special(value: float, directive: Directive) -> bytes:
    name = special(value).lstrip("+-")
    sign = _sign(directive, is_negative=value < 0)
    if math.isinf(value) and not sign:
        sign = "+"
    return directive.pad(f"{sign}{name}".encode(), zero=False)


def _sign(directive: Directive, *, is_negative: bool) -> str:
    if is_negative:
        return "-"
    if "+" in directive.flags:
        return "+"
    return " " if " " in directive.flags else ""
