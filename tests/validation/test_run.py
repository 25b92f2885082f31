from __future__ import annotations

import io
import os
import sys
from datetime import date
from typing import TYPE_CHECKING

import pytest

from gitopskit.errors import InputError
from gitopskit.repository.config import ValidationException
from gitopskit.validation.run import ValidationOptions, validate_paths

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from gitopskit.validation.report import Report

TODAY = date(2026, 11, 23)
OPTIONS = ValidationOptions(today=TODAY)
CONFIG_MAP = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n"
SERVICE = "apiVersion: v1\nkind: Service\nmetadata:\n  name: web\nspec:\n  port: 80\n"


def _found(report: Report, root: Path) -> list[str]:
    return [
        f"{finding.where.removeprefix(f'{root}/')} {finding.rule}: {finding.message}"
        for finding in report.findings
    ]


def test_findings_have_their_place(write: Callable[[dict[str, str]], Path]) -> None:
    root = write({"web.yaml": CONFIG_MAP + "---\n" + SERVICE})

    report = validate_paths([str(root)], OPTIONS)

    assert _found(report, root) == ['web.yaml:10:3 schema: the field "port" is unknown here']
    assert report.findings[0].hint == 'did you mean "ports"?'
    assert report.findings[0].subject == "Service/web"
    assert (report.files, report.documents, report.exit_code) == (1, 2, 1)


def test_a_clean_folder_has_no_findings(write: Callable[[dict[str, str]], Path]) -> None:
    root = write({"a.yaml": CONFIG_MAP, "b/c.json": '{"apiVersion": "v1", "kind": "Namespace",'
                  ' "metadata": {"name": "a"}}'})  # fmt: skip

    report = validate_paths([str(root)], OPTIONS)

    assert (report.findings, report.documents, report.exit_code) == ((), 2, 0)


def test_a_malformed_file_does_not_hide_the_others(
    write: Callable[[dict[str, str]], Path],
) -> None:
    root = write({"a.yaml": "a: [\n", "b.yaml": "\ud7ff", "web.yaml": SERVICE})
    message = "while parsing a flow node, did not find expected node content"

    report = validate_paths([str(root)], OPTIONS)

    assert _found(report, root) == [
        f"a.yaml:2:1 malformed-document: {message}",
        'web.yaml:6:3 schema: the field "port" is unknown here',
    ]
    assert report.exit_code == 2


def test_a_file_in_another_encoding_is_reported(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_bytes(b"\xff\xfea\x00")

    (found,) = validate_paths([str(tmp_path)], OPTIONS).findings

    assert (found.where, found.message) == (f"{tmp_path}/a.yaml", "the text is not UTF-8")


def test_a_plaintext_secret_is_an_error(write: Callable[[dict[str, str]], Path]) -> None:
    text = "apiVersion: v1\nkind: Secret\nmetadata: {name: db}\nstringData: {password: hunter2}\n"
    root = write({"apps/db/secret.yaml": text})

    report = validate_paths([str(root)], OPTIONS)

    (found,) = report.findings
    assert (found.line, found.rule) == (4, "plaintext-secret")
    assert found.hint == f"run `gitopskit seal {root}/apps/db/secret.yaml --in-place`"
    assert "hunter2" not in repr(report) + report.text() + str(report.structured())


@pytest.mark.parametrize(
    ("path", "text"),
    [
        pytest.param("values.yaml", "replicaCount: 1\nimage: {tag: x}\n", id="values of a chart"),
        pytest.param("chart/Chart.yaml", "apiVersion: v2\nname: web\n", id="a chart"),
        pytest.param(".gitopskit/answers.yml", "name: shop\n", id="answers"),
        pytest.param(".github/workflows/ci.yml", "on: [push]\njobs: {}\n", id="a workflow"),
        pytest.param(
            ".gitopskit/config.yaml", "apiVersion: gitopskit.io/v1\nkind: Repository\n", id="config"
        ),
        pytest.param("patch.yaml", "- {op: add, path: /a, value: 1}\n", id="a JSON patch"),
        pytest.param("list.json", "[1, 2]", id="JSON that is no object"),
        pytest.param("tsconfig.json", '{// a comment\n"a": 1}', id="JSON with comments"),
        pytest.param("empty.yaml", "# nothing\n", id="nothing"),
        pytest.param("notes.txt", "a: [", id="a text"),
        pytest.param(".git/config.yaml", "a: [", id="Git's own"),
        pytest.param("mkdocs.yml", "a: !!python/name:x.y ''\n", id="foreign tags"),
    ],
)
def test_what_is_no_manifest_gives_no_false_error(
    write: Callable[[dict[str, str]], Path], path: str, text: str
) -> None:
    assert validate_paths([str(write({path: text}))], OPTIONS).findings == ()


def test_a_token_in_any_file_is_found(write: Callable[[dict[str, str]], Path]) -> None:
    root = write({"values.yaml": "github: {token: ghp_" + "a" * 36 + "}\n"})

    report = validate_paths([str(root)], OPTIONS)

    assert _found(report, root) == [
        "values.yaml:1:10 plaintext-secret: this holds a secret: github token"
    ]


def test_helm_templates_are_left_out_and_named(
    write: Callable[[dict[str, str]], Path],
) -> None:
    root = write({"c/Chart.yaml": "name: c\n", "c/templates/a.yaml": "{{ if x }}\n"})

    report = validate_paths([str(root)], OPTIONS)

    assert [(found.path, found.severity) for found in report.findings] == [
        (f"{root}/c/templates", "info")
    ]
    assert report.exit_code == 0


def test_an_unknown_kind_is_mentioned_once(write: Callable[[dict[str, str]], Path]) -> None:
    text = "apiVersion: example.com/v1\nkind: Thing\nmetadata: {name: a}\n"
    root = write({"a.yaml": text, "b/b.yaml": text.replace("name: a", "name: b")})

    report = validate_paths([str(root)], OPTIONS)

    assert _found(report, root) == [
        "a.yaml:2:1 no-schema: there is no schema for example.com/v1 Thing"
    ]
    assert (report.findings[0].severity, report.exit_code) == ("info", 0)


def test_a_definition_among_the_files_gives_its_schema(
    write: Callable[[dict[str, str]], Path],
) -> None:
    definition = (
        "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\n"
        "metadata: {name: things.example.com}\nspec:\n  group: example.com\n"
        "  names: {kind: Thing, plural: things}\n  scope: Namespaced\n  versions:\n"
        "  - name: v1\n    served: true\n    storage: true\n    schema:\n      openAPIV3Schema:\n"
        "        type: object\n        properties: {spec: {type: string}}\n"
    )
    thing = "apiVersion: example.com/v1\nkind: Thing\nmetadata: {name: a}\nspec: 5\n"
    root = write({"z.yaml": definition, "a.yaml": thing})

    report = validate_paths([str(root)], OPTIONS)

    assert _found(report, root) == ["a.yaml:4:1 schema: this must be a string, not an integer"]


def test_a_broken_definition_is_only_reported(
    write: Callable[[dict[str, str]], Path],
) -> None:
    text = (
        "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\n"
        "metadata: {name: x}\nspec: text\n"
    )

    report = validate_paths([str(write({"a.yaml": text}))], OPTIONS)

    assert [found.message for found in report.findings] == ["this must be a mapping, not a string"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param(
            "apiVersion: bitnami.com/v1alpha1\nkind: SealedSecret\nmetadata: {name: a}\nspec: 5\n",
            "this must be a mapping, not an integer",
            id="SealedSecret",
        ),
        pytest.param(
            "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: a}\nspec: 5\n",
            "this must be a mapping, not an integer",
            id="Application",
        ),
        pytest.param(
            "apiVersion: argoproj.io/v1alpha1\nkind: AppProject\nmetadata: {name: a}\nspec: 5\n",
            "this must be a mapping, not an integer",
            id="AppProject",
        ),
        pytest.param(
            "apiVersion: external-secrets.io/v1\nkind: ExternalSecret\nmetadata: {name: a}\n"
            "spec: {secretStorRef: {name: x}}\n",
            'the field "secretStorRef" is unknown here',
            id="ExternalSecret",
        ),
    ],
)
def test_the_kinds_of_the_toolkit_have_schemas(
    write: Callable[[dict[str, str]], Path], text: str, message: str
) -> None:
    report = validate_paths([str(write({"a.yaml": text}))], OPTIONS)

    assert [found.message for found in report.findings] == [message]


def test_a_list_is_checked_item_by_item(write: Callable[[dict[str, str]], Path]) -> None:
    items = "".join("- " + line if not number else "  " + line
                    for number, line in enumerate(SERVICE.splitlines(keepends=True)))  # fmt: skip
    root = write({"a.yaml": "apiVersion: v1\nkind: List\nitems:\n" + items})

    report = validate_paths([str(root)], OPTIONS)

    assert _found(report, root) == ['a.yaml:9:5 schema: the field "port" is unknown here']


@pytest.mark.parametrize("metadata", ["{}", "{labels: {a: b}}", ""])
def test_an_object_needs_a_name(write: Callable[[dict[str, str]], Path], metadata: str) -> None:
    root = write({"a.yaml": f"apiVersion: v1\nkind: ConfigMap\nmetadata: {metadata}\n"})

    report = validate_paths([str(root)], OPTIONS)

    assert _found(report, root) == ["a.yaml:3:1 missing-name: this ConfigMap has no name"]


def test_a_generated_name_is_one(write: Callable[[dict[str, str]], Path]) -> None:
    text = "apiVersion: batch/v1\nkind: Job\nmetadata: {generateName: a-}\nspec: {template: {}}\n"

    assert validate_paths([str(write({"a.yaml": text}))], OPTIONS).findings == ()


def test_patches_of_a_kustomization_may_be_partial(
    write: Callable[[dict[str, str]], Path],
) -> None:
    patch = (
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\n"
        "spec:\n  replica: 2\n  template: {spec: {containers: [{name: web, $patch: delete}]}}\n"
    )
    root = write(
        {
            "base/kustomization.yaml": "resources: []\n",
            "over/kustomization.yaml": "resources: [../base]\npatches: [{path: p/../patch.yaml}]\n",
            "over/patch.yaml": patch,
        }
    )

    report = validate_paths([str(root)], OPTIONS)

    assert _found(report, root) == [
        'over/patch.yaml:5:3 schema: the field "replica" is unknown here'
    ]


def test_the_same_object_twice_in_a_folder_is_an_error(
    write: Callable[[dict[str, str]], Path],
) -> None:
    root = write({"x/a.yaml": CONFIG_MAP, "x/b.yaml": CONFIG_MAP, "y/a.yaml": CONFIG_MAP})

    report = validate_paths([str(root)], OPTIONS)

    assert _found(report, root) == [
        f"x/b.yaml:1:1 duplicate-object: ConfigMap/a is at {root}/x/a.yaml:1:1 too"
    ]


def test_only_what_a_kustomization_lists_is_rendered(
    write: Callable[[dict[str, str]], Path],
) -> None:
    root = write(
        {"kustomization.yaml": "resources: [a.yaml]\n", "a.yaml": CONFIG_MAP, "b.yaml": CONFIG_MAP}
    )

    assert validate_paths([str(root)], OPTIONS).findings == ()


@pytest.mark.parametrize(
    ("expires", "subject", "hints"),
    [
        pytest.param(TODAY, "Service/web", [], id="until today"),
        pytest.param(
            date(2026, 11, 22),
            "Service/web",
            ['the exception ended on 2026-11-22; did you mean "ports"?'],
            id="ended",
        ),
        pytest.param(TODAY, "Service/other", ['did you mean "ports"?'], id="of another object"),
    ],
)
def test_exceptions_cover_a_rule_of_an_object_until_a_day(
    write: Callable[[dict[str, str]], Path], expires: date, subject: str, hints: list[str]
) -> None:
    exception = ValidationException(rule="schema", subject=subject, reason="x", expires=expires)
    options = ValidationOptions(today=TODAY, exceptions=(exception,))

    report = validate_paths([str(write({"a.yaml": SERVICE}))], options)

    assert [found.hint for found in report.findings] == hints


def test_a_path_that_does_not_exist_is_refused() -> None:
    with pytest.raises(InputError, match="no such file or folder") as caught:
        validate_paths(["nowhere"], OPTIONS)

    assert caught.value.where == "nowhere"
    assert caught.value.hint


def test_a_file_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").symlink_to("gone.yaml")

    with pytest.raises(InputError, match="cannot read the file") as caught:
        validate_paths([str(tmp_path)], OPTIONS)

    assert caught.value.where == f"{tmp_path}/a.yaml"
    assert caught.value.hint


def test_standard_input_is_a_file_called_dash(monkeypatch: pytest.MonkeyPatch) -> None:
    stdin = io.TextIOWrapper(io.BytesIO(SERVICE.encode()))
    monkeypatch.setattr(sys, "stdin", stdin)

    (found,) = validate_paths(["-"], OPTIONS).findings

    assert found.where == "-:6:3"


def test_a_pipe_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe.yaml"
    os.mkfifo(pipe)

    with pytest.raises(InputError) as caught:
        validate_paths([str(tmp_path)], OPTIONS)

    assert str(caught.value) == f"this is not a regular file - {pipe}"


def test_a_file_without_an_end_is_not_read_whole(tmp_path: Path) -> None:
    endless = tmp_path / "endless.yaml"
    with endless.open("wb") as file:
        file.truncate(1 << 40)

    report = validate_paths([str(tmp_path)], OPTIONS)

    assert _found(report, tmp_path) == [
        "endless.yaml malformed-document: the text is larger than 32 MiB"
    ]
