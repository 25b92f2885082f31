"""Templates: one comes to bytes, always the same, or is refused with a place and without a value.

The input is a template, and after a zero byte a value that it can refer to.
"""

from __future__ import annotations

import re
from typing import Final

from gitopskit.errors import TemplateFailed
from gitopskit.gotemplate.budget import LARGEST_OUTPUT_BYTES, Budget
from gitopskit.gotemplate.template import render
from tests.fuzz.judgement import require_told

_PLACE: Final = re.compile(r"[1-9]\d*:[1-9]\d*")
_CANARY: Final = "canary-5d1e"
_VALUES: Final = {
    "password": _CANARY.encode(),
    "list": b"a,b,,c",
    "json": b'{"a":{"b":[1,2.5,"x"]},"c":null}',
}


def check(data: bytes) -> None:
    """Raise where rendering fails with another error, shows a value, or is not repeatable."""
    template, _, value = data.partition(b"\0")
    text = template.decode(errors="replace")
    values = _VALUES | {"v": value}
    try:
        output = render(text, name="m", values=values, budget=Budget())
    except TemplateFailed as error:
        _require_discreet(error)
        return
    assert len(output) <= LARGEST_OUTPUT_BYTES
    assert output == render(text, name="m", values=values, budget=Budget())


def _require_discreet(error: TemplateFailed) -> None:
    require_told(error)
    assert _PLACE.fullmatch(error.where), error.where
    assert _CANARY not in f"{error} {error.hint}"
