"""Answers from a file: the same format as ``.gitopskit/answers.yml`` of a generated repository."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from gitopskit.errors import InputError
from gitopskit.manifests.documents import read_documents
from gitopskit.repository.fields import Fields
from gitopskit.scaffold.answers import RawAnswers

_KNOWN: Final = frozenset(
    {
        "template",
        "version",
        "name",
        "apps",
        "environments",
        "repoURL",
        "targetRevision",
        "image",
    }
)
_TEMPLATE: Final = "repository"


def read_answers(text: str | bytes, *, path: str) -> RawAnswers:
    """Return the answers that a file holds, unchecked; what it does not answer stays empty.

    ``template`` and ``version`` may be there, as in a recorded file; the version is not checked.

    Raises:
        InputError: it is malformed, has an unknown field, or is for another template.
    """
    documents = read_documents(text, path=path)
    if len(documents) != 1:
        raise InputError(f"the file must hold one document, not {len(documents)}", where=path)
    fields = Fields.of(documents[0], known=_KNOWN)
    if fields.text("template", default=_TEMPLATE) != _TEMPLATE:
        raise fields.wrong("template", f"must be {_TEMPLATE}")
    return RawAnswers(
        name=fields.text("name", default=""),
        repo_url=fields.text("repoURL", default=""),
        image=fields.text("image", default=""),
        apps=fields.texts("apps"),
        environments=fields.texts("environments"),
        target_revision=fields.text("targetRevision", default=""),
    )


def merge(first: RawAnswers, second: RawAnswers) -> RawAnswers:
    """Return the first answers, with the second for what the first leave open."""
    return replace(
        second,
        **{
            name: value
            for name in RawAnswers.__slots__  # a slotted dataclass names its fields there
            if (value := getattr(first, name))
        },
    )
