"""What `--help` and `--version` import, and what they must not."""

import subprocess
import sys

import pytest

_HEAVY = (
    "boto3",
    "botocore",
    "hvac",
    "azure",
    "copier",
    "questionary",
    "aiohttp",
    "kubernetes_asyncio",
    "cryptography",
    "jsonschema_rs",
)


@pytest.mark.parametrize("argument", ["--help", "--version"])
def test_a_quick_answer_imports_nothing_heavy(argument: str) -> None:
    run = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "gitopskit", argument],
        check=True,
        capture_output=True,
        text=True,
    )

    imported = {line.rpartition("|")[2].strip() for line in run.stderr.splitlines()}
    assert "gitopskit" in imported
    assert [name for name in _HEAVY if name in imported] == []
