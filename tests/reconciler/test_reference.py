"""The reference of supported fields tells what the code does, in both directions."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Final

from gitopskit.reconciler import application_fields, object_options, project, sync_policy

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from gitopskit.manifests.json_types import JsonValue

PAGE: Final = Path(__file__).parents[2] / "docs/reference/application.md"
ROW: Final = re.compile(r"^\| `([^`]+)` \| (yes|refused) \|", re.MULTILINE)


ON_BY_DEFAULT: Final = frozenset({"ClientSideApplyMigration", "Delete", "Prune", "Validate"})
ALWAYS_ON: Final = frozenset({"RespectIgnoreDifferences", "ServerSideApply"})


def told(section: str) -> dict[str, str]:
    """Return what a section of the page says of each name."""
    text = PAGE.read_text(encoding="utf-8")
    _, _, rest = text.partition(f"\n## {section}\n")
    assert rest, f"docs/reference/application.md has no section {section!r}"
    return dict(ROW.findall(rest.partition("\n## ")[0]))


def judged(names: Iterator[str] | tuple[str, ...], refused: frozenset[str]) -> dict[str, str]:
    return {name: "refused" if name in refused else "yes" for name in names}


def leaves(known: Mapping[str, JsonValue], path: str) -> Iterator[str]:
    """Yield the fields that are told: what is refused whole is told whole."""
    for name, inner in known.items():
        here = f"{path}.{name}"
        if inner and here not in {"spec.sources", *application_fields.NOT_YET}:
            yield from leaves(inner, here)
        else:
            yield here


def test_every_field_of_an_application_is_told() -> None:
    not_yet = application_fields.NOT_YET
    operation = [*leaves(application_fields.OPERATION_FIELDS, "operation")]
    names = [
        *leaves(application_fields.FIELDS, "spec"),
        *(["operation"] if "operation" in not_yet else operation),
    ]

    assert told("Spec") == judged(tuple(names), not_yet)


def test_every_option_of_a_sync_is_told() -> None:
    not_yet = frozenset(it.removeprefix("syncOptions ") for it in application_fields.NOT_YET)
    options = {
        f"{name}={value}"
        for name, values in sync_policy.SYNC_OPTIONS.items()
        for value in values
        if value != ("true" if name in ON_BY_DEFAULT else "false") or name in ALWAYS_ON
    }

    assert told("Options of a sync") == judged(tuple(options), not_yet)


def test_every_annotation_of_an_application_is_told() -> None:
    refused = frozenset(
        name.removeprefix("metadata.annotations[").removesuffix("]")
        for name in application_fields.NOT_YET
    )

    assert told("Annotations of an Application") == judged(application_fields.ANNOTATIONS, refused)


def test_all_that_an_object_may_ask_for_is_told() -> None:
    refused = frozenset(
        name.removeprefix("the option ").removeprefix("the annotation ")
        for name in object_options.NOT_YET
    )

    assert told("What an object asks for") == judged(
        (
            *object_options.ANNOTATIONS,
            *object_options.OPTIONS,
            *object_options.COMPARE_OPTIONS,
        ),
        refused,
    )


def test_every_field_of_a_project_is_told() -> None:
    assert told("AppProject") == judged(tuple(leaves(project.FIELDS, "spec")), frozenset())
