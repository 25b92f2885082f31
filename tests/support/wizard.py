"""A person who answers the questions of a wizard, and a repository to answer them in."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Final, TypeAlias

from gitopskit.manifests.documents import read_documents
from gitopskit.repository.certificates import write_certificate_of
from gitopskit.repository.layout import Repository
from gitopskit.scaffold.answers import RawAnswers, make_answers
from gitopskit.scaffold.create import create_repository
from gitopskit.sealing.unseal import Keyring, unseal_secret
from tests.support.canary import Canary
from tests.support.generated_repository import GeneratedRepository
from tests.support.sealing import private_key_of, sealing_pair

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from tests.support.terminal import Terminal

ENTER: Final = "\r"
DOWN: Final = "\x1b[B"
ERASE: Final = "\x15"
SPACE: Final = " "

Step: TypeAlias = tuple[str, str]
"""What is waited for, and the keys that are pressed then."""

CANARY: Final = Canary(b'canary-"k7\\Zq $HOME-93b1')
VALUE: Final = CANARY.value.decode()
"""What is typed where a hidden value is asked for; it must show nowhere."""

OVERLAYS: Final = {"staging": "clusters/staging/apps/web", "prod": "clusters/prod/apps/web"}

_COMMAND: Final = "The same without questions:\n"


def repository_with_certificates(folder: Path, *environments: str) -> GeneratedRepository:
    """Make a repository with the environments staging and prod, and certificates for some."""
    answers = make_answers(RawAnswers(name="shop"))
    create_repository(answers, folder)
    for environment in environments:
        number = answers.environments.index(environment)
        pem = sealing_pair(number).certificate_pem
        write_certificate_of(Repository(folder), environment, pem)
    return GeneratedRepository(folder, answers)


def walk(terminal: Terminal, steps: Sequence[Step]) -> None:
    """Answer one question after the other."""
    for question, keys in steps:
        terminal.expect(question)
        terminal.type(keys)


def new_secret(name: str) -> list[Step]:
    """Return the answers for a new Secret of type Opaque in both environments of the only app."""
    return [
        ("Environments", f"{SPACE}{DOWN}{SPACE}{ENTER}"),
        ("App", ENTER),
        ("Name of the Secret", f"{ERASE}{name}{ENTER}"),
        ("Type", ENTER),
    ]


def typed(key: str, value: str) -> list[Step]:
    """Return the answers for a value that is typed."""
    return [
        ("ey", f"{key}{ENTER}"),
        (f"Value of {key}", ENTER),
        ("hidden: ", f"{value}{ENTER}"),
        ("the same again: ", f"{value}{ENTER}"),
    ]


LAST_STEPS: Final[list[Step]] = [
    ("Another key", ENTER),
    ("Scope", ENTER),
    ("File in the overlay", ENTER),
    ("Write this", "y"),
]
"""No more values, the strictest scope, the usual file, and yes."""


def told_commands(terminal: Terminal) -> list[list[str]]:
    """Return the arguments of the commands that the wizard told in the end."""
    told = terminal.shown.partition(_COMMAND)[2].partition("What was typed")[0]
    lines = told.replace("\\\n", "").strip().splitlines()
    return [shlex.split(line.strip().removeprefix("gitopskit ")) for line in lines]


def files_in(folder: Path) -> dict[str, bytes]:
    """Return what every file below a folder holds."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def opened_with(path: Path, number: int) -> dict[str, str]:
    """Return what the sealing key of that number opens in a file."""
    (manifest,) = read_documents(path.read_bytes(), path=path.name)
    keyring = Keyring([private_key_of(sealing_pair(number))])
    unsealed = unseal_secret(manifest.content, keyring=keyring)
    return {item: value.reveal().decode() for item, value in unsealed.data.items()}
