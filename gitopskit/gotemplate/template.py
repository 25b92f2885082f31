"""Rendering: one text and its values become bytes, always the same ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gitopskit.errors import TemplateFailed
from gitopskit.gotemplate.budget import Budget
from gitopskit.gotemplate.catalog import FUNCTIONS, require_function
from gitopskit.gotemplate.evaluator import Evaluator
from gitopskit.gotemplate.parser import parse
from gitopskit.gotemplate.places import located
from gitopskit.gotemplate.values import Map

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gitopskit.gotemplate.nodes import Block


def render(text: str, *, name: str, values: Mapping[str, bytes], budget: Budget) -> bytes:
    """Return what a template comes to, which is called ``name`` where it calls itself.

    What is rendered with one budget shares it.

    Raises:
        TemplateFailed: it is malformed, or fails with these values; ``where`` is ``line:column``.
        TemplateRefused: it uses what is not supported, or costs too much.
    """
    called = _encoded(name)
    templates = _parsed(text, called, budget)
    dot = Map("string", {_encoded(key): value for key, value in values.items()})
    return Evaluator(text, templates, functions=FUNCTIONS, budget=budget).render(called, dot)


def require_template(text: str, *, name: str) -> None:
    """Check what can be told of a template without values.

    Raises:
        TemplateFailed: it is malformed; ``where`` is ``line:column``.
        TemplateRefused: it uses a function that is refused, or nests too deep.
    """
    _parsed(text, _encoded(name), Budget())


def _parsed(text: str, name: bytes, budget: Budget) -> dict[bytes, Block]:
    try:
        text.encode()
    except UnicodeEncodeError:
        raise TemplateFailed("the template is no Unicode text", where="1:1") from None
    try:
        return parse(text, name=name, require_function=require_function, budget=budget)
    except TemplateFailed as error:
        raise located(error, "1:1") from None


def _encoded(key: str) -> bytes:
    return key.encode(errors="surrogatepass")
