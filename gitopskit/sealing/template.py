"""Templated items of a SealedSecret: texts in ``spec.template.data`` become values.

Rendering is a step of its own after unsealing, so that who only opens values never renders: the
text of a template is bound to nothing, and what came of it would tell about values.

Source: github.com/bitnami-labs/sealed-secrets v0.40.0, pkg/apis/sealedsecrets/v1alpha1,
SealedSecret.Unseal.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from gitopskit.errors import InputError, TemplateFailed
from gitopskit.gotemplate.budget import Budget
from gitopskit.gotemplate.template import render
from gitopskit.manifests.identity import ObjectRef
from gitopskit.redaction import Plaintext
from gitopskit.sealing.sealed_secret import GROUP, KIND
from gitopskit.sealing.secret_values import require_item_keys

if TYPE_CHECKING:
    from gitopskit.sealing.unseal import UnsealedSecret


def render_template(unsealed: UnsealedSecret, *, where: str = "") -> UnsealedSecret:
    """Return a Secret with its templated items rendered; one without any is returned as it is.

    A template sees all values by key, and the texts of the templates as they are written; of one
    key the sealed value counts, here and in the result. A template that is null drops its key.
    ``where`` is the place named in errors, by default ``kind/namespace/name``.

    Raises:
        TemplateFailed: a template is malformed, or fails; the error names key, line and column.
        TemplateRefused: one uses what is not supported, or they cost too much together.
    """
    texts = unsealed.template_data
    values = {
        key: text.encode(errors="surrogatepass") for key, text in texts.items() if text is not None
    }
    values |= {key: value.reveal() for key, value in unsealed.data.items()}
    budget = Budget()
    data = {key: value for key, value in unsealed.data.items() if texts.get(key, "") is not None}
    for number, (key, text) in enumerate(texts.items(), start=1):
        if text is None:
            continue
        try:
            rendered = Plaintext(render(text, name=key, values=values, budget=budget))
        except TemplateFailed as error:
            what = f"template {_called(key, number)}, {error.where}: {error.what}"
            place = where or _place(unsealed)
            raise type(error)(what, where=place, hint=error.hint) from None
        data.setdefault(key, rendered)
    return replace(unsealed, data=data, template_data={})


def _called(key: str, number: int) -> str:
    """Return a template's key, or its number if no Secret can have the key: it may be a value."""
    try:
        require_item_keys((key,), where="")
    except InputError:
        return f"number {number}"
    return f"`{key}`"


def _place(unsealed: UnsealedSecret) -> str:
    ref = ObjectRef(group=GROUP, kind=KIND, namespace=unsealed.namespace, name=unsealed.name)
    return str(ref)
