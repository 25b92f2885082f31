"""What scripts that call kubeseal write, understood as kubeseal understands it."""

from __future__ import annotations

import re
from typing import Any

import pytest
import typer

from gitopskit.cli.app import build_app
from gitopskit.cli.group_with_default import OWN_COMMAND
from gitopskit.cli.seal_spellings import defaults_from, require_known_cluster, spelled_out
from gitopskit.errors import InputError


@pytest.fixture(scope="module")
def options() -> list[Any]:
    """The parameters of `gitopskit seal`, as typer has them."""
    command: Any = typer.main.get_command(build_app(("seal",)))
    parameters: list[Any] = command.commands["seal"].commands[OWN_COMMAND].params
    return parameters


@pytest.mark.parametrize(
    ("written", "understood"),
    [
        (["-n=shop"], ["-n", "shop"]),
        (["-n", "shop"], ["-n", "shop"]),
        (["-nshop"], ["-nshop"]),
        (["-n="], ["-n", ""]),
        (["--cert=a=b"], ["--cert", "a=b"]),
        (["--cert", "--raw=false"], ["--cert", "--raw=false"]),
        (["--cert"], ["--cert"]),
        (["--scope", ""], []),
        (["--scope="], []),
        (["--scope", "strict"], ["--scope", "strict"]),
        (["-o", ""], []),
        (["--raw"], ["--raw"]),
        (["--raw=true"], ["--raw"]),
        (["--raw=T"], ["--raw"]),
        (["--raw=false"], []),
        (["--raw", "--raw=0"], []),
        (["--raw=0", "--raw"], ["--raw"]),
        (["--rotate", "--re-encrypt=f"], []),
        (["--raw=yes"], ["--raw=yes"]),
        (["--record-keys=false"], ["--no-record-keys"]),
        (["--", "-n=shop", "--raw=true"], ["--", "-n=shop", "--raw=true"]),
        (["a=b", "-", "--nonsense=1", "-z=1"], ["a=b", "-", "--nonsense=1", "-z=1"]),
    ],
    ids=" ".join,
)
def test_arguments_are_spelled_out(
    options: list[Any], written: list[str], understood: list[str]
) -> None:
    assert spelled_out(written, options).args == understood


@pytest.mark.parametrize(
    ("written", "said"),
    [
        (["--scope", "strict", "-n=shop"], {"scope", "namespace"}),
        (["-oyaml"], {"output_format"}),
        (["--raw=false"], {"raw"}),
        (["--scope", ""], {"scope"}),
        (["secret.yaml"], {"file"}),
        (["--", "-n"], {"file"}),
        (["--cert", "a"], {"cert"}),
    ],
    ids=" ".join,
)
def test_what_is_said_is_known(options: list[Any], written: list[str], said: set[str]) -> None:
    assert spelled_out(written, options).said == said


@pytest.mark.parametrize("word", ["1", "t", "T", "TRUE", "true", "True"])
def test_gos_words_for_true_are_understood(word: str) -> None:
    assert defaults_from({"RAW": word}, unless=()) == {"raw": True}


@pytest.mark.parametrize("word", ["0", "f", "F", "FALSE", "false", "False"])
def test_gos_words_for_false_are_understood(word: str) -> None:
    assert defaults_from({"RAW": word}, unless=()) == {"raw": False}


@pytest.mark.parametrize(
    ("variables", "defaults"),
    [
        ({"CERT": "a,b", "NAMESPACE": "shop"}, {"cert": "a,b", "namespace": "shop"}),
        ({"FORMAT": "yaml", "SCOPE": "strict"}, {"output_format": "yaml", "scope": "strict"}),
        ({"RECOVERY_PRIVATE_KEY": "a,b"}, {"recovery_private_key": ["a", "b"]}),
        ({"ROTATE": "1"}, {"re_encrypt": True}),
        ({"SCOPE": "", "RAW": "", "CERT": ""}, {}),
        ({"FILE": "a", "ENV": "b", "OUTPUT_FORMAT": "yaml", "IN_PLACE": "1", "VERSION": "2"}, {}),
    ],
    ids=["texts", "choices", "list", "deprecated", "empty", "none of kubeseal's"],
)
def test_variables_are_defaults(variables: dict[str, str], defaults: dict[str, Any]) -> None:
    assert defaults_from(variables, unless=()) == defaults


@pytest.mark.parametrize(
    ("variable", "said"),
    [
        ("SCOPE", "scope"),
        ("CERT", "cert"),
        ("CERT", "env"),
        ("SECRET_FILE", "file"),
        ("SEALED_SECRET_FILE", "in_place"),
        ("SEALED_SECRET_FILE", "merge_into"),
    ],
)
def test_a_flag_wins_over_a_variable(variable: str, said: str) -> None:
    assert defaults_from({variable: "nonsense"}, unless={said}) == {}


@pytest.mark.parametrize(
    ("variable", "value", "message"),
    [
        ("RAW", "yes", "SEALED_SECRETS_RAW is not true or false"),
        ("SCOPE", "Strict", "SEALED_SECRETS_SCOPE is not one of strict, namespace-wide, cluster"),
        ("FORMAT", "text", "SEALED_SECRETS_FORMAT is not one of json, yaml"),
    ],
)
def test_a_variable_that_cannot_be_understood_is_refused(
    variable: str, value: str, message: str
) -> None:
    with pytest.raises(InputError, match=f"^the variable {message}"):
        defaults_from({variable: value}, unless=())


@pytest.mark.parametrize("name", ["SERVER", "CLUSTER", "TOKEN", "AS"])
def test_a_variable_that_leads_to_another_cluster_is_refused(name: str) -> None:
    with pytest.raises(InputError, match=f"SEALED_SECRETS_{name} sets a flag") as caught:
        require_known_cluster({name: "hunter2"})

    assert re.search("hunter2", repr(caught.value) + caught.value.hint) is None


def test_other_variables_lead_to_no_other_cluster() -> None:
    require_known_cluster({"SERVER": "", "CONTEXT": "prod", "NAME": "db"})
