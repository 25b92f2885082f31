"""Rendering: one text and its values become bytes, always the same ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gitopskit.errors import TemplateFailed
from gitopskit.gotemplate.catalog import FUNCTIONS, require_function
from gitopskit.gotemplate.evaluator import Evaluator
from gitopskit.gotemplate.parser import parse
from gitopskit.gotemplate.values import Map

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gitopskit.gotemplate.budget import Budget


def render(text: str, *, name: str, values: Mapping[str, bytes], budget: Budget) -> bytes:
    """Return what a template comes to, which is called ``name`` where it calls itself.

    What is rendered with one budget shares it.

    Raises:
        TemplateFailed: it is malformed, or fails with these values; ``where`` is ``line:column``.
        TemplateRefused: it uses what is not supported, or costs too much.
    """
    if not (text.isascii() or _is_unicode(text)):
        raise TemplateFailed("the template is no Unicode text", where="1:1")
    called = name.encode(errors="surrogatepass")
    templates = parse(text, name=called, require_function=require_function)
    dot = Map(
        "string", {key.encode(errors="surrogatepass"): value for key, value in values.items()}
    )
    evaluator = Evaluator(text, templates, functions=FUNCTIONS, budget=budget)
    return evaluator.render(called, dot)


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
