"""What quick commands import, and what they must not."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.sealing import sealing_pair, write_pair

_IMPORTS = [sys.executable, "-X", "importtime", "-m", "gitopskit"]
_MANIFEST = """\
apiVersion: v1
kind: Secret
metadata: {name: database, namespace: shop}
stringData: {password: correct-horse}
"""

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


_NOT_FOR_SEALING = {
    "cryptography.x509",
    "cryptography.hazmat.primitives.hpke",
    "cryptography.hazmat.primitives.asymmetric.mlkem",
    "cryptography.hazmat.primitives.asymmetric.x25519",
    "aiohttp",
    "email.utils",
    "socket",
    "asyncio",
}


def _unmeasured() -> dict[str, str]:
    """Return the environment without what makes coverage import modules of its own."""
    return {name: text for name, text in os.environ.items() if not name.startswith("COVERAGE_")}


@pytest.mark.parametrize("argument", ["--help", "--version"])
def test_a_quick_answer_imports_nothing_heavy(argument: str) -> None:
    run = subprocess.run(
        [*_IMPORTS, argument],
        check=True,
        capture_output=True,
        text=True,
        env=_unmeasured(),
    )

    imported = {line.rpartition("|")[2].strip() for line in run.stderr.splitlines()}
    assert "gitopskit" in imported
    assert [name for name in _HEAVY if name in imported] == []


def test_sealing_goes_without_what_takes_long_to_import(tmp_path: Path) -> None:
    _, certificate = write_pair(sealing_pair(), tmp_path)
    (tmp_path / "secret.yaml").write_text(_MANIFEST)

    run = subprocess.run(
        [*_IMPORTS, "seal", str(tmp_path / "secret.yaml"), "--cert", str(certificate)],
        check=True,
        capture_output=True,
        text=True,
        env=_unmeasured(),
    )

    imported = {line.rpartition("|")[2].strip() for line in run.stderr.splitlines()}
    assert "cryptography.hazmat.primitives.asymmetric.rsa" in imported
    assert imported & _NOT_FOR_SEALING == set()
