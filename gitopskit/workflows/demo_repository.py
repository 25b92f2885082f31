"""The offline half of the demo: scaffold, seal, validate, render, unseal with the local key."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from gitopskit.errors import IntegrityFault
from gitopskit.git.authoring import WorkTree
from gitopskit.git.program import Git, GitLimits
from gitopskit.manifests.documents import read_documents
from gitopskit.manifests.edit import set_value
from gitopskit.manifests.snapshot import Snapshot
from gitopskit.manifests.write import dump_documents
from gitopskit.redaction import Plaintext
from gitopskit.render.sources import RenderSource, render
from gitopskit.repository.certificates import write_certificate_of
from gitopskit.repository.layout import Repository, overlay_folder
from gitopskit.scaffold.answers import RawAnswers, make_answers
from gitopskit.scaffold.create import create_repository
from gitopskit.sealing.keys import KeyPair, new_sealing_key, read_certificate, read_private_keys
from gitopskit.sealing.seal import SealOptions, seal_secret
from gitopskit.sealing.unseal import Keyring, unseal_secret
from gitopskit.validation.run import ValidationOptions, validate_paths

if TYPE_CHECKING:
    from datetime import date, datetime
    from pathlib import Path

    from gitopskit.render.programs import Programs

ENVIRONMENT: Final = "prod"
APPLICATION: Final = "web"
NAMESPACE: Final = f"{ENVIRONMENT}-{APPLICATION}"
SECRET_KEY: Final = "PASSWORD"  # noqa: S105 -- the name of an item, not its value

_SEALED_FILE: Final = "sealed-secret.yaml"


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoRepository:
    """What the offline half made: a repository with a sealed value, and what opens it."""

    tree: WorkTree
    keys: KeyPair
    password: Plaintext

    @property
    def overlay(self) -> Path:
        """Return the folder of the example app's overlay."""
        return self.tree.folder / overlay_folder(ENVIRONMENT, APPLICATION)


def scaffold(folder: Path, *, path: str) -> WorkTree:
    """Write a new repository into ``folder/shop``, which is pushed to ``folder/shop.git``."""
    remote = folder / "shop.git"
    answers = make_answers(
        RawAnswers(name="shop", repo_url=str(remote), environments=("staging", ENVIRONMENT))
    )
    create_repository(answers, folder / "shop")
    tree = WorkTree(git=Git(path=path, limits=GitLimits()), folder=folder / "shop", remote=remote)
    tree.create()
    return tree


def seal(tree: WorkTree, *, now: datetime) -> DemoRepository:
    """Make a sealing key, seal a random password to it, and list the file in the overlay."""
    keys = new_sealing_key(now=now)
    write_certificate_of(Repository(tree.folder), ENVIRONMENT, keys.certificate_pem)
    password = Plaintext(secrets.token_urlsafe(18).encode())
    made = DemoRepository(tree=tree, keys=keys, password=password)
    certificate = read_certificate(keys.certificate_pem, where=ENVIRONMENT, now=now)
    secret = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": APPLICATION, "namespace": NAMESPACE},
        "stringData": {SECRET_KEY: password.reveal().decode()},
    }
    sealed = seal_secret(secret, SealOptions(certificate=certificate))
    (made.overlay / _SEALED_FILE).write_text(dump_documents([sealed]), encoding="utf-8")
    kustomization = made.overlay / "kustomization.yaml"
    text = kustomization.read_text(encoding="utf-8")
    listed = set_value(text, document=0, pointer=("resources", 1), value=_SEALED_FILE)
    kustomization.write_text(listed, encoding="utf-8")
    return made


def check(made: DemoRepository, *, programs: Programs, today: date) -> tuple[int, int]:
    """Validate the repository, render an overlay; return documents checked, objects rendered.

    Raises:
        IntegrityFault: there is a finding.
        RenderFailed: the overlay does not build.
    """
    report = validate_paths([str(made.tree.folder)], ValidationOptions(today=today))
    if report.exit_code:
        first = report.findings[0]
        raise IntegrityFault(first.message, where=first.where, hint=first.hint)
    snapshot = Snapshot(revision="working tree", root=made.tree.folder)
    source = RenderSource(path=str(overlay_folder(ENVIRONMENT, APPLICATION)))
    return report.documents, len(render(snapshot, source, programs=programs))


def opens_with_local_key(made: DemoRepository) -> bool:
    """Tell whether the committed SealedSecret gives the password back with the private key."""
    path = made.overlay / _SEALED_FILE
    [manifest] = read_documents(path.read_bytes(), path=_SEALED_FILE)
    keys = read_private_keys(made.keys.private_pem.reveal(), where="the demo's key")
    return unseal_secret(manifest.content, keyring=Keyring(keys)).data[SECRET_KEY] == made.password


def change_log_level(made: DemoRepository) -> str:
    """Commit and push a change of the app's configuration; return the commit."""
    kustomization = made.overlay / "kustomization.yaml"
    text = kustomization.read_text(encoding="utf-8")
    pointer = ("configMapGenerator", 0, "literals", 1)
    changed = set_value(text, document=0, pointer=pointer, value="LOG_LEVEL=debug")
    kustomization.write_text(changed, encoding="utf-8")
    return made.tree.commit_and_push("Log more")
