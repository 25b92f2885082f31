"""What `gitopskit external emit` writes is accepted under the operator's own definitions.

The definitions lie outside this repository, in ``../shared/crds/external-secrets``; where that
folder is absent these tests are skipped and say so.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from gitopskit.cli import app
from gitopskit.controlplane.server import ControlPlane
from gitopskit.errors import ProcessFailed
from tests.support import cluster

DEFINITIONS = Path(__file__).parents[2].parent / "shared" / "crds" / "external-secrets"
KINDS = ("secretstores", "externalsecrets")

pytestmark = pytest.mark.skipif(
    not DEFINITIONS.is_dir(),
    reason="../shared/crds/external-secrets is absent: the operator's definitions are not here",
)

VAULT = ("vault", "--server", "https://vault.example.com:8200")
AWS = ("aws", "--region", "eu-central-1")
AZURE = ("azure", "--vault-url", "https://shop.vault.azure.net")
TENANT = "0f8fad5b-d9cb-469f-a165-70867728950e"


@pytest.fixture(scope="module")
def operator_namespace(control_plane: ControlPlane, namespace: str) -> Iterator[str]:
    """A namespace in a cluster that has the operator's definitions."""
    files = [f"--filename={DEFINITIONS}/external-secrets.io_{kind}.yaml" for kind in KINDS]
    cluster.kubectl(control_plane, "apply", "--server-side", *files)
    cluster.wait_established(control_plane, *files)
    yield namespace
    cluster.kubectl(control_plane, "delete", "--wait=false", *files)


@pytest.mark.parametrize(
    "flags",
    [
        (*VAULT, "--role=web", "--data=A=app/db#password@3", "--extract=app/all"),
        (*VAULT, "--role=web", "--service-account=web", "--engine=v1", "--data=A=app/db"),
        (*VAULT, "--role-id=id", "--secret-id=login#id", "--vault-namespace=t", "--data=A=b"),
        (*VAULT, "--token=login#token", "--mount=team/kv", "--data=A=b", "--refresh=15m"),
        (*AWS, "--data=A=prod/db#password@AWSPREVIOUS"),
        (*AWS, "--service-account=web", "--data=A=prod/db", "--target=other"),
        (
            *AWS,
            "--access-key-id=login#id",
            "--secret-access-key=login#key",
            "--role-arn=arn:aws:iam::123456789012:role/web",
            "--extract=prod/db",
        ),
        (*AZURE, "--service-account=web", "--data=A=db-password"),
        (*AZURE, "--managed-identity=default", "--data=A=cert/site"),
        (
            *AZURE,
            f"--tenant-id={TENANT}",
            "--client-id=login#id",
            "--client-secret=login#secret",
            "--data=A=db-password",
        ),
    ],
    ids=[
        "vault kubernetes",
        "vault account",
        "vault approle",
        "vault token",
        "aws operator",
        "aws account",
        "aws key",
        "azure account",
        "azure identity",
        "azure principal",
    ],
)
@pytest.mark.parametrize("output", ["yaml", "json"])
def test_the_api_server_accepts_what_is_written(
    control_plane: ControlPlane,
    operator_namespace: str,
    capfdbinary: pytest.CaptureFixture[bytes],
    flags: tuple[str, ...],
    output: str,
) -> None:
    backend, *rest = flags
    common = ("--name=db", f"--namespace={operator_namespace}", f"--output={output}")
    assert app.run(["external", "emit", backend, *common, *rest]) == 0
    written = capfdbinary.readouterr().out

    said = cluster.kubectl(
        control_plane,
        "create",
        "--dry-run=server",
        "--validate=strict",
        "--filename=-",
        stdin=written,
    )

    assert said.decode().splitlines() == [
        f"secretstore.external-secrets.io/{backend} created (server dry run)",
        "externalsecret.external-secrets.io/db created (server dry run)",
    ]


def test_these_definitions_refuse_what_is_wrong(
    control_plane: ControlPlane, operator_namespace: str
) -> None:
    wrong = b"""{"apiVersion": "external-secrets.io/v1", "kind": "SecretStore",
        "metadata": {"name": "a"}, "spec": {"provider": {"valt": {}}}}"""

    with pytest.raises(ProcessFailed, match="valt"):
        cluster.kubectl(
            control_plane,
            "create",
            f"--namespace={operator_namespace}",
            "--dry-run=server",
            "--validate=strict",
            "--filename=-",
            stdin=wrong,
        )
