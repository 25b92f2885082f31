"""What a repository says about itself, and what is said about a wrong word in it."""

import json
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as some

from gitopskit.errors import InputError, UnsupportedField
from gitopskit.repository.config import (
    Environment,
    RepositoryConfig,
    ValidationException,
    load_config,
    parse_config,
)
from gitopskit.repository.layout import Repository

HEAD = "apiVersion: gitopskit.io/v1\nkind: Repository\nspec:\n"
MINIMAL = f"{HEAD}  name: shop\n  repoURL: u\n  environments: [{{name: prod}}]\n"


def test_a_configuration_is_read_with_its_defaults(repository: Repository) -> None:
    config = load_config(repository)

    assert config == RepositoryConfig(
        name="shop",
        repo_url="https://git.example.com/shop.git",
        target_revision="main",
        engine="builtin",
        environments=(
            Environment(name="staging"),
            Environment(name="prod", namespace_format="{app}-in-{env}"),
        ),
        apps=("web",),
    )


@pytest.mark.parametrize(
    ("environment", "namespace"),
    [("staging", "staging-web"), ("prod", "web-in-prod")],
    ids=["default format", "own format"],
)
def test_an_environment_names_the_namespace_of_an_app(
    repository: Repository, environment: str, namespace: str
) -> None:
    assert load_config(repository).environment(environment).namespace("web") == namespace


def test_exceptions_of_validation_are_read() -> None:
    text = MINIMAL + (
        "  validation:\n    exceptions:\n"
        "      - {rule: schema, object: Service/prod-web/web, reason: old, expires: 2027-01-31}\n"
    )

    assert parse_config(text, path="c").exceptions == (
        ValidationException(
            rule="schema",
            subject="Service/prod-web/web",
            reason="old",
            expires=date(2027, 1, 31),
        ),
    )


def test_an_unknown_environment_is_told_with_the_known_ones(repository: Repository) -> None:
    with pytest.raises(InputError, match="no environment 'qa'") as caught:
        load_config(repository).environment("qa")

    assert caught.value.hint == "use one of: staging, prod"


def test_a_repository_without_a_configuration_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot read the configuration") as caught:
        load_config(Repository(tmp_path))

    assert caught.value.where.endswith("config.yaml")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "the file must hold one document, not 0 - c"),
        (MINIMAL + "---\n" + MINIMAL, "the file must hold one document, not 2 - c"),
        (MINIMAL.replace("/v1", "/v2"), "apiVersion must be gitopskit.io/v1 - c:1:1"),
        (MINIMAL.replace("kind: R", "kind: r"), "kind must be Repository - c:2:1"),
        (MINIMAL.replace("shop", "Shop"), "the repository name 'Shop' is not a DNS name - c:4:3"),
        (MINIMAL.replace("shop", "7"), "spec.name must be a text that is not empty - c:4:3"),
        (MINIMAL.replace("  repoURL: u\n", ""), "must be a text that is not empty - c:3:1"),
        (f"{HEAD}  - name\n", "spec must be a mapping - c:3:1"),
        (
            f"{HEAD}  name: shop\n  repoURL: u\n",
            "spec.environments must name at least one environment - c:3:1",
        ),
        (
            MINIMAL.replace("[{name: prod}]", "prod"),
            "spec.environments must be a list - c:6:3",
        ),
        (
            MINIMAL.replace("{name: prod}", "prod"),
            "spec.environments.0 must be a mapping - c:6:18",
        ),
        (
            MINIMAL.replace("{name: prod}", "{name: prod}, {name: prod}"),
            "spec.environments names 'prod' twice - c:6:3",
        ),
        (
            MINIMAL.replace("prod}", "prod, namespaceFormat: '{env}'}"),
            "namespaceFormat must contain {app}: each app has its own namespace - c:6:31",
        ),
        (
            MINIMAL.replace("prod}", "prod, namespaceFormat: '{env}_{app}'}"),
            "the namespace 'prod_app' is not a DNS name - c:6:31",
        ),
        (
            MINIMAL + "  engine: flux\n",
            "spec.engine must be builtin, the only engine of this version - c:7:3",
        ),
        (
            MINIMAL
            + "  validation: {exceptions: [{rule: a, object: b, reason: c, expires: soon}]}\n",
            "expires must be a day such as 2027-01-31 - c:7:61",
        ),
    ],
    ids=[
        "empty",
        "two documents",
        "other version",
        "other kind",
        "name in capitals",
        "name is a number",
        "no address",
        "spec is a list",
        "no environments",
        "environments is a text",
        "environment is a text",
        "environment twice",
        "format without app",
        "format is no name",
        "other engine",
        "no day",
    ],
)
def test_a_wrong_word_is_told_with_its_place(text: str, message: str) -> None:
    with pytest.raises(InputError) as caught:
        parse_config(text, path="c")

    assert str(caught.value).endswith(message)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (MINIMAL + "colour: red\n", "colour is no field that this version knows - c:7:1"),
        (
            MINIMAL.replace("prod}", "prod, cluster: eu}"),
            "spec.environments.0.cluster is no field that this version knows - c:6:31",
        ),
    ],
    ids=["at the top", "in a list"],
)
def test_an_unknown_field_is_refused_by_name(text: str, message: str) -> None:
    with pytest.raises(UnsupportedField) as caught:
        parse_config(text, path="c")

    assert str(caught.value) == message
    assert caught.value.hint.startswith("use one of ")


VALUES = some.recursive(
    some.none() | some.booleans() | some.integers() | some.text(max_size=5),
    lambda inner: (
        some.lists(inner, max_size=3)
        | some.dictionaries(
            some.sampled_from(["name", "repoURL", "environments", "apps", "validation", "x"]), inner
        )
    ),
)


@given(spec=VALUES)
def test_whatever_the_file_holds_is_read_or_refused(spec: object) -> None:
    text = json.dumps({"apiVersion": "gitopskit.io/v1", "kind": "Repository", "spec": spec})

    try:
        config = parse_config(text, path="c")
    except InputError as error:
        assert error.where.startswith("c")  # noqa: PT017 -- either outcome is right
    else:
        assert config.environments
