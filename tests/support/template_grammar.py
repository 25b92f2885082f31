"""Templates made up by a grammar: mostly well-typed, so that most of them come to something.

The same seed makes the same templates. Nothing in them is left to chance in Go itself: no clock,
and no order of a map that Go picks anew each time.
"""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Final

from tests.support.go_templates import Case

if TYPE_CHECKING:
    from collections.abc import Iterator

_DEEPEST: Final = 3

_TEXTS: Final = (
    *('""', '"a"', '"b"', '"a,b,,c"', '"Hello World"', '"x=1\\ny=2\\n"', '"grün ẞ ⚡"', "`raw\\n`"),
    *(
        '"  pad "',
        '"0x1F"',
        '"12"',
        '"-3.50"',
        '"1.0"',
        '"true"',
        '"{\\"k\\":[1,null]}"',
        '"a/b.c/"',
    ),
    *('"p@ss\'w\\"ord&<>"', '"aGVsbG8="', '"%d"', '"$1"', '"\\t\\x00"', '"foo_bar-baz"', '"\\xff"'),
)
_PATTERNS: Final = (
    '"a"',
    '"[a-z]+"',
    '"(l+)(o)?"',
    '""',
    '"x*"',
    '"^."',
    '"\\\\s"',
    '"(?i)H"',
    "`\\d+`",
)
_INTEGERS: Final = ("0", "1", "2", "3", "7", "10", "-1", "-4", "0x10", "'a'", "1000")
_FLOATS: Final = ("0.0", "1.5", "2.25", "-0.75", "1e3", "1e21", "3.14159", "100000.0")
_FORMATS: Final = (
    *('"%s"', '"%v"', '"%d"', '"%5s|"', '"%-6v|"', '"%05d"', '"%+d"', '"%x"', '"%q"', '"%8.3f|"'),
    *(
        '"%t"',
        '"%T"',
        '"%.2s"',
        '"%e"',
        '"%g"',
        '"%c"',
        '"%U"',
        '"%o"',
        '"%b"',
        '"%% %v"',
        '"%z"',
        '"%X"',
    ),
)

_GRAMMAR: Final[dict[str, tuple[str, ...]]] = {
    "string": (
        *("upper S", "lower S", "title S", "untitle S", "trim S", "quote A", "squote A", "cat A A"),
        *(
            "trunc I S",
            "substr 0 I S",
            "abbrev I S",
            "abbrevboth I I S",
            "repeat N S",
            "plural S S I",
        ),
        *("indent N S", "nindent N S", "replace S S S", "trimAll S S", "trimPrefix S S"),
        *("trimSuffix S S", "nospace S", "initials S", "swapcase S", "b64enc S", "b32enc S"),
        *("sha256sum S", "sha1sum S", "adler32sum S", "toJson A", "toRawJson A", "toPrettyJson A"),
        *("printf P A", "printf S A A", "print A A", "println A", "html A", "js S", "urlquery S"),
        *("join S L", "toString A", "default S S", "ternary S S B | toString", "base S", "dir S"),
        *("clean S", "ext S", "typeOf A", "kindOf A", "regexFind R S", "regexReplaceAll R S S"),
        *("regexReplaceAllLiteral R S S", "regexQuoteMeta S", "seq N", "seq N N", "seq N N N"),
        *("index . K", "first (splitList S S) | toString", "coalesce S S | toString"),
        *("sortAlpha (keys D) | join S", "b64dec (b64enc S)", "join S (until N)"),
        *("regexSplit R S -1 | toJson", "regexFindAll R S I | toJson", "split S S | toJson"),
        *("splitn S I S | toJson", "or S S", "and S S"),
    ),
    "int": (
        *("len S", "len L", "len D", "int A", "add I I | int", "sub I I | int", "mul I I | int"),
        *("div I I | int", "mod I I | int", "max I I | int", "min I I I | int", "atoi S"),
        *(
            "int64 A | int",
            "floor F | int",
            "index (until 5) I",
            "add1 I | int",
            "toDecimal A | int",
        ),
    ),
    "float": (
        *("addf F F", "subf F F", "mulf F F", "divf F F", "float64 A", "round F N", "ceil F"),
        *("floor F", "maxf F F", "minf F F", "add1f F"),
    ),
    "bool": (
        *("eq S S", "ne I I", "lt I I", "le F F", "gt S S", "ge I I", "eq A A", "not A", "empty A"),
        *("contains S S", "hasPrefix S S", "hasSuffix S S", "regexMatch R S", "has A L"),
        *("hasKey D S", "kindIs S A", "typeIs S A", "all A A", "any A A", "and B B", "or B B"),
        *("deepEqual A A", "eq I I I", "isAbs S"),
    ),
    "list": (
        *("list A A", "list S S S", "splitList S S", "until N", "untilStep N N 2", "append L A"),
        *("prepend L A", "rest L", "initial L", "reverse L", "uniq L", "without L A", "compact L"),
        *("concat L L", "sortAlpha L", "toStrings L", "slice L 0 N", "chunk 2 L", "list"),
        *("pluck S D D", "regexFindAll R S -1", "values (dict S A)", "keys (dict S A)"),
    ),
    "dict": (
        *("dict S A", "dict S A S A", "dict", "merge D D", "mergeOverwrite D D", "pick D S S"),
        *("omit D S", "set D S S", "unset D S", "deepCopy D", 'fromJson "{\\"a\\":{\\"b\\":1}}"'),
        *("default D D",),
    ),
}
"""What makes a value of a type: capitals are replaced by values of other types."""

_TYPES: Final = {
    "S": "string",
    "I": "int",
    "F": "float",
    "B": "bool",
    "L": "list",
    "D": "dict",
}
_LEAVES: Final = {
    "string": _TEXTS,
    "int": _INTEGERS,
    "float": _FLOATS,
    "bool": ("true", "false"),
    "list": ("(list)", '(list 1 "a" nil)', '(list "b" "a")', "(until 3)", '(splitList "," .list)'),
    "dict": ("(dict)", '(dict "a" 1)', '(dict "a" "x" "b" (dict "c" 2))', "(fromJson .json)"),
}
_KEYS: Final = ("user", "password", "list", "json", "empty", "bytes", "number")
_MISSING: Final = (".absent", ".absent.more", ".user.name")


class _Grammar:
    """Makes up one template after the other."""

    def __init__(self, seed: int) -> None:
        """Begin at a seed."""
        self._random = random.Random(seed)  # noqa: S311 -- for templates that are always the same
        self._variables: list[str] = []
        self._root = "."

    def template(self) -> str:
        """Return a template."""
        self._variables, self._root = [], "."
        return "".join(self._statement(0) for _ in range(self._random.randint(1, 4)))

    def values(self) -> dict[str, bytes]:
        """Return values for the keys that templates name."""
        pick = self._random.choice
        return {
            "user": pick([b"root", b"Ann Lee", "jürgen".encode()]),
            "password": pick([b"p@ss'w\"ord", b"<&>", b"0123456789abcdef", b""]),
            "list": pick([b"a,b,c", b"", b"one"]),
            "json": pick([b'{"a":{"b":[1,2.5,"x"]},"c":null}', b"{}", b'{"n":1e3}']),
            "empty": b"",
            "bytes": pick([b"\xff\xfe", b"plain", b"\x00\x01"]),
            "number": pick([b"42", b"-7", b"3.5", b"08"]),
        }

    def _statement(self, depth: int) -> str:
        kinds = ["text", "action", "action", "action", "action", "variable", "comment"]
        if depth < _DEEPEST:
            kinds += ["if", "with", "range", "template"]
        return getattr(self, f"_{self._random.choice(kinds)}")(depth)  # type: ignore[no-any-return]  # of this class

    def _body(self, depth: int) -> str:
        known = len(self._variables)
        body = "".join(self._statement(depth + 1) for _ in range(self._random.randint(1, 2)))
        del self._variables[known:]
        return body

    def _moved_body(self, depth: int) -> str:
        """Return a body in which the dot is something else than the values."""
        around, self._root = self._root, "$." if self._root else ""
        body = self._body(depth)
        self._root = around
        return body

    def _text(self, _: int) -> str:
        return self._random.choice(["text\n", " ", "  key: ", "\n\n", "é", "}} ", "{ ", "- "])

    def _action(self, depth: int) -> str:
        return self._delimited(self._any(depth))

    def _comment(self, _: int) -> str:
        return self._random.choice(["{{/* note */}}", "{{- /* note */ -}}", "{{/*\n*/ -}} "])

    def _variable(self, depth: int) -> str:
        if self._variables and self._random.random() < 0.4:
            name = self._random.choice(self._variables)
            return self._delimited(f"{name} = {self._any(depth)}")
        made = self._delimited(f"$v{len(self._variables)} := {self._any(depth)}")
        self._variables.append(f"$v{len(self._variables)}")
        return made

    def _if(self, depth: int) -> str:
        made = self._delimited(f"if {self._any(depth)}") + self._body(depth)
        if self._random.random() < 0.3:
            made += self._delimited(f"else if {self._any(depth)}") + self._body(depth)
        return made + self._else(depth) + self._delimited("end")

    def _with(self, depth: int) -> str:
        made = self._delimited(f"with {self._any(depth)}") + self._moved_body(depth)
        return made + self._else(depth) + self._delimited("end")

    def _else(self, depth: int) -> str:
        if self._random.random() < 0.5:
            return ""
        return self._delimited("else") + self._body(depth)

    def _range(self, depth: int) -> str:
        what = self._random.choice(["L", "L", "D", "N"])
        over = self._filled(what, depth)
        known = len(self._variables)
        names = self._random.choice(["", "$e := ", "$i, $e := "] if what != "N" else ["", "$e := "])
        begin = self._delimited(f"range {names}{over}")
        self._variables += [name for name in ("$i", "$e") if name in names]
        body = self._moved_body(depth)
        body += self._random.choice(["", "", "{{ break }}", "{{ continue }}"])
        del self._variables[known:]
        return begin + body + self._else(depth) + self._delimited("end")

    def _template(self, depth: int) -> str:
        name = f'"t{self._random.randint(0, 10**6)}"'
        outside = self._variables, self._root
        self._variables, self._root = [], ""
        body = self._body(_DEEPEST)
        self._variables, self._root = outside
        return f"{{{{ block {name} {self._any(depth)} }}}}{body}{{{{ end }}}}"

    def _delimited(self, inside: str) -> str:
        left = self._random.choice(["{{ ", "{{ ", "{{", "{{- "])
        right = self._random.choice([" }}", " }}", "}}", " -}}"])
        return f"{left}{inside}{right}"

    def _any(self, depth: int) -> str:
        return self._value(self._random.choice(list(_GRAMMAR)), depth)

    def _value(self, kind: str, depth: int) -> str:
        chance = self._random.random()
        if chance < 0.01:
            return self._random.choice(_MISSING)
        if chance < 0.05 and self._root != ".":
            return "."
        if kind == "string" and chance < 0.35 and self._root:
            return f"{self._root}{self._random.choice(_KEYS)}"
        if self._variables and chance < 0.1:
            return self._random.choice(self._variables)
        if depth >= _DEEPEST or chance < 0.5:
            return self._random.choice(_LEAVES[kind])
        return self._call(kind, depth)

    def _call(self, kind: str, depth: int) -> str:
        rule = self._random.choice(_GRAMMAR[kind])
        words = [self._filled(word, depth + 1) for word in rule.split(" ")]
        if self._random.random() < 0.2 and not {"|", ")"} & set(rule) and len(words) > 1:
            return f"({words[-1]} | {' '.join(words[:-1])})"
        return f"({' '.join(words)})"

    def _filled(self, word: str, depth: int) -> str:
        bare = word.strip("()")
        if bare in _TYPES:
            return word.replace(bare, self._value(_TYPES[bare], depth))
        if bare == "A":
            return word.replace("A", self._any(depth))
        fixed = {"N": ("0", "1", "2", "3"), "R": _PATTERNS, "P": _FORMATS}
        fixed["K"] = tuple(f'"{key}"' for key in (*_KEYS, "absent"))
        return word.replace(bare, self._random.choice(fixed[bare])) if bare in fixed else word


def made_up_cases(count: int, *, seed: int) -> Iterator[Case]:
    """Yield so many templates with values."""
    grammar = _Grammar(seed)
    for _ in range(count):
        yield Case(grammar.template(), grammar.values())


def damaged(template: str, chance: random.Random) -> str:
    """Return a template in which pieces are lost, repeated elsewhere, or put in."""
    for _ in range(chance.randint(1, 4)):
        here, there = sorted(chance.randint(0, len(template)) for _ in range(2))
        lost = chance.randint(1, 6)
        template = chance.choice(
            [
                template[:here] + chance.choice(SHARDS) + template[here:],
                template[:here] + template[here + lost :],
                template[:here] + template[there : there + 20] + template[here:],
            ]
        )
    return template


SHARDS: Final = (
    *("{{", "}}", " ", "|", "(", ")", "$x", "$", " := ", " = ", ",", ".", ".user", "if ", "else "),
    *("end", "range ", "with ", "define ", '"t"', "template ", "block ", "nil", "true", "1", "0x"),
    *("'a'", "`", '"', "/*", "*/", "- ", " -", "-", "\n", "é", "²", "{{end}}", "{{else}}", "e3"),
    *("{{break}}", "break", "continue", "_", "%", "\\", "printf ", "list ", "dict ", "index "),
)
