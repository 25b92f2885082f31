"""What is refused before anything is sealed into an overlay."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from gitopskit.errors import ChangedMeanwhile, GitopskitError, InputError, UnusableKey
from gitopskit.sealedfiles.placing import PlacingOptions, seal_for_environments
from gitopskit.sealedfiles.planned_file import write_planned
from gitopskit.sealing.scope import Scope
from tests.support.placing import (
    MANIFEST,
    STRICT,
    overlay_of,
    placing_repository,
    plan,
    secrets_in,
    snapshot_of,
)
from tests.support.sealing import BORN

if TYPE_CHECKING:
    from pathlib import Path

    from gitopskit.repository.layout import Repository


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    """A repository with overlays of one app in two environments, each with a certificate."""
    return placing_repository(tmp_path)


def _without_certificate(repository: Repository) -> None:
    (repository.root / ".gitopskit/certs/prod.pem").unlink()


def _without_overlay(repository: Repository) -> None:
    folder = overlay_of(repository, "prod")
    (folder / "kustomization.yaml").unlink()
    folder.rmdir()


def _leading_out(repository: Repository) -> None:
    _without_overlay(repository)
    outside = repository.root.parent / "outside"
    outside.mkdir(exist_ok=True)
    overlay_of(repository, "prod").symlink_to(outside)


def _kustomization(text: str) -> object:
    def write(repository: Repository) -> None:
        (overlay_of(repository, "prod") / "kustomization.yaml").write_text(text)

    return write


def _sealed_file(text: str | bytes) -> object:
    def write(repository: Repository) -> None:
        content = text if isinstance(text, bytes) else text.encode()
        (overlay_of(repository, "prod") / "db.sealed.yaml").write_bytes(content)

    return write


def _linked(repository: Repository) -> None:
    (overlay_of(repository, "prod") / "db.sealed.yaml").symlink_to(repository.root / "elsewhere")


@pytest.mark.parametrize(
    ("prepare", "said"),
    [
        (_without_certificate, "no certificate for the environment 'prod'"),
        (_without_overlay, "'web' has no overlay in the environment 'prod'"),
        (_leading_out, "the overlay leads out of the repository"),
        (_kustomization(""), "a kustomization is one document"),
        (_kustomization("kind: ConfigMap"), "not a Kustomization"),
        (_kustomization("namespace: other"), "puts all into namespace 'other'"),
        (_kustomization("namePrefix: a-"), "the kustomization renames what it lists"),
        (_kustomization("nameSuffix: -z"), "the kustomization renames what it lists"),
        (_sealed_file("kind: ConfigMap\nmetadata: {name: db}\n"), "would be lost"),
        (_sealed_file(b"\xff\xfe\xfa"), "UTF-8"),
        (_linked, "the file is a link"),
    ],
    ids=[
        "no certificate",
        "no overlay",
        "link out",
        "empty kustomization",
        "no kustomization",
        "another namespace",
        "prefix",
        "suffix",
        "another object",
        "no text",
        "link",
    ],
)
def test_one_environment_that_fails_keeps_all_from_being_planned(
    repository: Repository, prepare: object, said: str
) -> None:
    assert callable(prepare)
    prepare(repository)
    before = snapshot_of(repository)

    with pytest.raises(GitopskitError, match=said):
        plan(repository)

    assert snapshot_of(repository) == before


def test_names_may_change_where_the_scope_lets_them(repository: Repository) -> None:
    path = overlay_of(repository, "prod") / "kustomization.yaml"
    path.write_text("namePrefix: a-\n")
    assert plan(repository, options=replace(STRICT, scope=Scope.NAMESPACE_WIDE))
    path.write_text("namespace: other\n")

    assert plan(repository, options=replace(STRICT, scope=Scope.CLUSTER_WIDE))


def test_an_expired_certificate_seals_nothing(repository: Repository) -> None:
    with pytest.raises(UnusableKey, match="expired"):
        seal_for_environments(
            secrets_in(),
            repository=repository,
            environments=["staging"],
            app="web",
            options=STRICT,
            now=BORN + timedelta(days=4000),
        )


@pytest.mark.parametrize(
    ("text", "environments", "app", "options", "said"),
    [
        (MANIFEST, ("nowhere",), "web", STRICT, "no environment 'nowhere'"),
        (MANIFEST, (), "web", STRICT, "no environment is named"),
        (MANIFEST, ("prod",), "shop", STRICT, "there is no app 'shop' in this repository"),
        (
            MANIFEST.replace("{name: db", "{namespace: staging-web, name: db"),
            ("staging", "prod"),
            "web",
            STRICT,
            "in namespace 'staging-web', and 'web' is in 'web-in-prod' in the environment 'prod'",
        ),
        (MANIFEST.replace("name: db, ", ""), ("prod",), "web", STRICT, "missing metadata.name"),
        (MANIFEST.replace("Secret", "ConfigMap"), ("prod",), "web", STRICT, "not a Secret"),
        (f"{MANIFEST}---\n{MANIFEST}", ("prod",), "web", STRICT, "two Secrets are called 'db'"),
        (
            f"{MANIFEST}---\n{MANIFEST}",
            ("prod",),
            "web",
            PlacingOptions(name="one"),
            "several Secrets cannot all have",
        ),
        (MANIFEST, ("prod",), "web", PlacingOptions(file_name="../x.yaml"), "cannot be called"),
        (MANIFEST, ("prod",), "web", PlacingOptions(file_name="x.txt"), "cannot be called"),
        (
            MANIFEST,
            ("prod",),
            "web",
            PlacingOptions(file_name="kustomization.yaml"),
            "cannot be called",
        ),
        (f"{MANIFEST}type: kubernetes.io/tls\n", ("prod",), "web", STRICT, "needs tls.crt and tls"),
    ],
    ids=[
        "environment",
        "no environment",
        "app",
        "namespace",
        "no name",
        "kind",
        "one name twice",
        "one name for two",
        "folder",
        "suffix",
        "kustomization",
        "type",
    ],
)
def test_what_cannot_be_placed_is_refused(
    repository: Repository,
    text: str,
    environments: tuple[str, ...],
    app: str,
    options: PlacingOptions,
    said: str,
) -> None:
    with pytest.raises(InputError, match=said):
        plan(repository, text, environments=environments, app=app, options=options)


@pytest.mark.parametrize(
    ("held", "text", "options", "said"),
    [
        (MANIFEST.replace("db", "cache"), MANIFEST, STRICT, "holds no SealedSecret 'db'"),
        (MANIFEST, MANIFEST, PlacingOptions(scope=Scope.CLUSTER_WIDE), "has the scope strict"),
        (
            MANIFEST,
            f"{MANIFEST}type: kubernetes.io/tls\n",
            STRICT,
            "has the type Opaque, which cannot become kubernetes.io/tls",
        ),
    ],
    ids=["name", "scope", "type"],
)
def test_what_does_not_fit_is_not_added(
    repository: Repository, held: str, text: str, options: PlacingOptions, said: str
) -> None:
    write_planned(plan(repository, held, options=replace(STRICT, file_name="f.yaml")))

    with pytest.raises(InputError, match=said):
        plan(repository, text, options=replace(options, extends=True, file_name="f.yaml"))


def test_a_sealed_secret_of_another_namespace_is_not_added_to(repository: Repository) -> None:
    write_planned(plan(repository))
    text = (overlay_of(repository, "staging") / "db.sealed.yaml").read_text()
    (overlay_of(repository, "prod") / "db.sealed.yaml").write_text(text)

    with pytest.raises(InputError, match="in namespace 'staging-web', not in 'web-in-prod'"):
        plan(repository, options=replace(STRICT, extends=True))


def test_a_file_that_came_meanwhile_keeps_all_from_being_written(repository: Repository) -> None:
    planned = plan(repository)
    (overlay_of(repository, "prod") / "db.sealed.yaml").write_text("theirs")
    before = snapshot_of(repository)

    with pytest.raises(ChangedMeanwhile):
        write_planned(planned)

    assert snapshot_of(repository) == before
