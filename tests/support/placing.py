"""A repository whose overlays Secrets are sealed into."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from gitopskit.manifests.documents import read_documents
from gitopskit.repository.certificates import write_certificate_of
from gitopskit.repository.layout import Repository
from gitopskit.sealedfiles.placing import PlacingOptions, seal_for_environments
from gitopskit.sealing.unseal import Keyring, unseal_secret
from tests.support.sealing import BORN, private_key_of, sealing_pair

if TYPE_CHECKING:
    from pathlib import Path

    from gitopskit.manifests.documents import Manifest
    from gitopskit.sealedfiles.planned_file import PlannedFile

NOW: Final = BORN + timedelta(days=12, hours=5)
CONFIG: Final = """\
apiVersion: gitopskit.io/v1
kind: Repository
spec:
  name: shop
  repoURL: https://git.example.com/shop.git
  environments:
    - name: staging
    - name: prod
      namespaceFormat: "{app}-in-{env}"
    - name: qa
  apps: [{name: web}, {name: api}]
"""
MANIFEST: Final = """\
apiVersion: v1
kind: Secret
metadata: {name: db, labels: {team: a}}
stringData: {password: hunter2, user: ann}
"""
NAMESPACES: Final = {"staging": "staging-web", "prod": "web-in-prod"}
NUMBERS: Final = {"staging": 0, "prod": 1}
STRICT: Final = PlacingOptions()


def placing_repository(folder: Path) -> Repository:
    """A repository with overlays of one app in two environments, each with a certificate."""
    (folder / ".gitopskit").mkdir()
    (folder / ".gitopskit/config.yaml").write_text(CONFIG)
    repository = Repository(folder)
    for environment, namespace in NAMESPACES.items():
        folder = overlay_of(repository, environment)
        folder.mkdir(parents=True)
        (folder / "kustomization.yaml").write_text(
            f"kind: Kustomization\nnamespace: {namespace}  # as configured\nresources:\n  - a\n"
        )
        pair = sealing_pair(NUMBERS[environment])
        write_certificate_of(repository, environment, pair.certificate_pem)
    return repository


def overlay_of(repository: Repository, environment: str) -> Path:
    """Return the overlay of the app in an environment."""
    return repository.root / "clusters" / environment / "apps/web"


def secrets_in(text: str = MANIFEST) -> tuple[Manifest, ...]:
    """Return the Secrets in a text."""
    return read_documents(text, path="secret.yaml")


def plan(
    repository: Repository,
    text: str = MANIFEST,
    *,
    environments: tuple[str, ...] = ("staging", "prod"),
    app: str = "web",
    options: PlacingOptions = STRICT,
) -> list[PlannedFile]:
    """Return what Secrets become in these environments."""
    return seal_for_environments(
        secrets_in(text),
        repository=repository,
        environments=environments,
        app=app,
        options=options,
        now=NOW,
    )


def opened_in(path: Path, environment: str) -> dict[str, str]:
    """Return what the key of an environment opens in a file, in its namespace."""
    keyring = Keyring([private_key_of(sealing_pair(NUMBERS[environment]))])
    (manifest,) = read_documents(path.read_bytes(), path=str(path))
    unsealed = unseal_secret(manifest.content, keyring=keyring)
    assert unsealed.namespace == NAMESPACES[environment]
    return {item: value.reveal().decode() for item, value in unsealed.data.items()}


def snapshot_of(repository: Repository) -> dict[Path, bytes]:
    """Return what every file holds."""
    return {path: path.read_bytes() for path in repository.root.rglob("*") if path.is_file()}
