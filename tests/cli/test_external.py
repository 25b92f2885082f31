"""`gitopskit external emit` on the command line."""

import json

import pytest

from gitopskit.cli import app
from gitopskit.manifests.documents import read_documents

COMMON = ("--name=db", "--namespace=prod-web")


def emit(*arguments: str) -> int:
    return app.run(["external", "emit", *arguments])


@pytest.mark.parametrize(
    ("backend", "flags"),
    [
        ("vault", ("--server=https://vault.example.com", "--role=web", "--data=A=app/db")),
        ("aws", ("--region=eu-central-1", "--data=A=app/db")),
        ("azure", ("--vault-url=https://a.vault.azure.net", "--managed-identity=default")),
    ],
    ids=["vault", "aws", "azure"],
)
def test_a_store_and_a_secret_are_printed(
    capsys: pytest.CaptureFixture[str], backend: str, flags: tuple[str, ...]
) -> None:
    assert emit(backend, *COMMON, *flags, "--extract=all") == 0

    printed = capsys.readouterr()
    manifests = read_documents(printed.out, path="-")
    assert [(each.kind, each.name) for each in manifests] == [
        ("SecretStore", backend),
        ("ExternalSecret", "db"),
    ]
    assert printed.err == ""


def test_the_store_may_be_left_out(capsys: pytest.CaptureFixture[str]) -> None:
    flags = ("--region=eu-central-1", "--data=A=b", "--without-store", "--store=main")

    assert emit("aws", *COMMON, *flags, "-o", "json") == 0

    (secret,) = [json.loads(capsys.readouterr().out)]
    assert secret["kind"] == "ExternalSecret"
    assert secret["spec"]["secretStoreRef"]["name"] == "main"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("aws", *COMMON, "--region=eu-central-1"), "error: there is nothing to fetch"),
        (("azure", *COMMON, "--vault-url=https://a.b", "--data=A=b"), "the login is missing"),
        (("vault", "--name=db"), "missing option '--namespace'"),
    ],
    ids=["nothing", "no login", "no namespace"],
)
def test_what_is_missing_is_told(
    capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], said: str
) -> None:
    assert emit(*arguments) == 2

    printed = capsys.readouterr()
    assert said in printed.err
    assert printed.out == ""


def test_a_password_in_a_url_is_not_repeated(capsys: pytest.CaptureFixture[str]) -> None:
    flags = ["--name", "web", "-n", "prod-web", "--role", "web", "--data", "A=b"]
    url = "https://me:correct-horse@vault.example.com"

    assert app.run(["external", "emit", "vault", *flags, "--server", url]) == 2

    assert "'https://***@vault.example.com' cannot be" in capsys.readouterr().err
