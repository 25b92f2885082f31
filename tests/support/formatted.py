"""Files with SealedSecrets, written as no program would write them: a new layout for each number.

Knows where each envelope stands because it puts it there; nothing of the code under test is used.
Start at ``formatted_file``.
"""

from __future__ import annotations

import base64
import random
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

_COMMENTS: Final = ("# kept", "#", "# owner: team-a  ", "#password: not this one", "# ünïcödé")
_OTHERS: Final = (
    "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: other}\ndata:\n  a: |\n    x\n\n    y\n",
    "# nothing but a comment\n",
    "",
    '{"apiVersion": "v1", "kind": "Service", "metadata": {"name": "s"}}\n',
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where the envelope of an item is written: the text from ``start`` to ``end``."""

    secret: str
    item: str
    start: int
    end: int


@dataclass
class FormattedFile:
    """A text that grows, and where the envelopes in it are."""

    newline: str
    text: str = ""
    places: list[Place] = field(default_factory=list)

    def write(self, text: str) -> None:
        """Add a text, its line ends as the file has them."""
        self.text += text.replace("\n", self.newline)


def formatted_file(number: int) -> FormattedFile:
    """Return the file of that number: one to three documents, at least one a SealedSecret."""
    rng = random.Random(number)  # noqa: S311 -- layouts, not secrets
    file = FormattedFile(newline=rng.choice(["\n", "\n", "\r\n"]))
    if rng.random() < 0.1:
        file.text = "\ufeff"
    kinds = ["sealed", *rng.choices(["sealed", "other"], k=rng.randint(0, 2))]
    rng.shuffle(kinds)
    if rng.random() < 0.3:
        file.write(f"---{rng.choice(['', ' ', ' # first'])}\n")
    for index, kind in enumerate(kinds):
        if index:
            file.write(f"---{rng.choice(['', '', ' # next'])}\n")
        if kind == "other":
            file.write(rng.choice(_OTHERS))
        else:
            _Writer(rng, file, f"db-{index}").document()
    if rng.random() < 0.2:
        file.text = file.text.removesuffix(file.newline)
    return file


class _Writer:
    """Writes one SealedSecret."""

    def __init__(self, rng: random.Random, file: FormattedFile, name: str) -> None:
        self._rng, self._file, self._name = rng, file, name
        self._step = " " * rng.choice([1, 2, 2, 2, 3, 4, 8])
        self._busy = rng.random()
        """How many comments and blank lines there are."""
        self._keeps_blank_lines = False
        """Whether blank lines belong to the value above, which then has no spaces to keep."""

    def document(self) -> None:
        style = self._rng.random()
        if style < 0.15:
            self._flow(self._rng.choice(["", "\n"]))
        else:
            self._block()

    def _block(self) -> None:
        parts: list[Callable[[], None]] = [
            lambda: self._line("", "apiVersion", "bitnami.com/v1alpha1"),
            lambda: self._line("", "kind", "SealedSecret"),
            self._metadata,
            self._spec,
        ]
        self._rng.shuffle(parts)
        for part in parts:
            part()

    def _metadata(self) -> None:
        if self._rng.random() < 0.3:
            self._line("", "metadata", f"{{name: {self._name}, namespace: shop}}")
            return
        self._head("", "metadata")
        fields = [("name", self._name), ("namespace", "shop")]
        self._rng.shuffle(fields)
        for key, value in fields:
            self._line(self._step, key, value)

    def _spec(self) -> None:
        self._head("", "spec")
        parts: list[Callable[[], None]] = [self._items]
        if self._rng.random() < 0.6:
            parts.append(self._template)
        self._rng.shuffle(parts)
        for part in parts:
            part()

    def _template(self) -> None:
        self._head(self._step, "template")
        self._line(self._step * 2, "type", self._rng.choice(["Opaque", "'Opaque'", '"Opaque"']))

    def _items(self) -> None:
        items = self._names()
        if self._rng.random() < 0.2:
            self._margin(self._step)
            self._write(f"{self._step}{self._key('encryptedData')}: {{")
            for index, item in enumerate(items):
                self._write(self._rng.choice([", ", ","]) if index else "")
                self._write(f"{self._key(item)}: ")
                self._quoted(item, self._rng.choice(["'", '"', ""]))
            self._write(f"}}{self._tail()}\n")
            return
        self._head(self._step, "encryptedData")
        for item in items:
            self._item(item)

    def _item(self, item: str) -> None:
        indent = self._step * 2
        self._margin(indent)
        self._write(f"{indent}{self._key(item)}:")
        style = self._rng.choice(["", "", "'", '"', "below", "|", "|-", "|+", ">-"])
        if style[:1] in ("|", ">"):
            self._scalar(item, style, indent)
            return
        self._write(f"\n{indent} " if style == "below" else " " * self._rng.choice([1, 1, 2, 5]))
        self._quoted(item, "" if style == "below" else style)
        self._write(f"{self._tail()}\n")

    def _scalar(self, item: str, style: str, indent: str) -> None:
        """Write a block scalar; a folded one has a single line, or it would hold spaces."""
        self._write(f" {style}{self._tail()}\n")
        encoded = self._envelope()
        width = len(encoded) if style == ">-" else self._rng.choice([16, 64, 76])
        inner = indent + " " * self._rng.choice([1, 2, 4])
        lines = [encoded[start : start + width] for start in range(0, len(encoded), width)]
        self._write(inner)
        self._placed(item, f"\n{inner}".join(lines))
        self._write("\n")
        self._keeps_blank_lines = style == "|+"

    def _flow(self, separator: str) -> None:
        """Write it as JSON, on one line or on many."""
        gap = separator or " "
        self._write(f'{{"apiVersion": "bitnami.com/v1alpha1",{gap}"kind": "SealedSecret",{gap}')
        self._write(f'"metadata": {{"name": "{self._name}", "namespace": "shop"}},{gap}"spec":')
        self._write(f' {{{separator}"encryptedData": {{{separator}')
        for index, item in enumerate(self._names()):
            self._write(f",{gap}" if index else "")
            self._write(f'"{item}": ')
            self._quoted(item, '"')
        self._write(f"{separator}}}{separator}}}{separator}}}\n")

    def _names(self) -> list[str]:
        names = ["password", "user", "tls.key", "API_TOKEN", "a", "0"]
        return self._rng.sample(names[:-1], self._rng.randint(1, 4))

    def _quoted(self, item: str, quote: str) -> None:
        self._write(quote)
        self._placed(item, self._envelope())
        self._write(quote)

    def _placed(self, item: str, written: str) -> None:
        start = len(self._file.text)
        self._write(written)
        end = len(self._file.text)
        self._file.places.append(Place(secret=self._name, item=item, start=start, end=end))

    def _envelope(self) -> str:
        return base64.b64encode(
            b"\x02\x00" + self._rng.randbytes(self._rng.randint(18, 200))
        ).decode()

    def _head(self, indent: str, key: str) -> None:
        self._margin(indent)
        self._write(f"{indent}{self._key(key)}:{self._tail()}\n")

    def _line(self, indent: str, key: str, value: str) -> None:
        self._margin(indent)
        space = " " * self._rng.choice([1, 1, 1, 3])
        self._write(f"{indent}{self._key(key)}:{space}{value}{self._tail()}\n")

    def _key(self, key: str) -> str:
        return self._rng.choice([key, key, key, f'"{key}"', f"'{key}'"])

    def _margin(self, indent: str) -> None:
        """Write what may stand before a line: blank lines and comments of any indentation."""
        while self._rng.random() < self._busy / 3:
            comment = self._rng.choice(_COMMENTS)
            spaces = "" if self._keeps_blank_lines else "   "
            lines = ["\n", f"{indent}{comment}\n", f"{comment}\n", f"{spaces}\n"]
            self._write(self._rng.choice(lines))
        self._keeps_blank_lines = False

    def _tail(self) -> str:
        if self._rng.random() < self._busy / 2:
            return self._rng.choice(["  # why", " # 'quoted'", " #", "  "])
        return ""

    def _write(self, text: str) -> None:
        self._file.write(text)
