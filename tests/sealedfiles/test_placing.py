"""Sealed files in the overlays of a repository."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Final

import pytest

from gitopskit.errors import ChangedMeanwhile, GitopskitError, InputError, UnusableKey
from gitopskit.manifests.documents import read_documents
from gitopskit.repository.certificates import write_certificate_of
from gitopskit.repository.layout import Repository
from gitopskit.sealedfiles.environments import SealingEnvironment, sealing_environments
from gitopskit.sealedfiles.placing import PlacingOptions, place, seal_for_environments
from gitopskit.sealedfiles.planned_file import write_planned
from gitopskit.sealing.keys import read_certificate
from gitopskit.sealing.scope import Scope
from gitopskit.sealing.unchanged import Comparison
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


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    """A repository with overlays of one app in two environments, each with a certificate."""
    (tmp_path / ".gitopskit").mkdir()
    (tmp_path / ".gitopskit/config.yaml").write_text(CONFIG)
    repository = Repository(tmp_path)
    for environment, namespace in NAMESPACES.items():
        folder = _overlay(repository, environment)
        folder.mkdir(parents=True)
        (folder / "kustomization.yaml").write_text(
            f"kind: Kustomization\nnamespace: {namespace}  # as configured\nresources:\n  - a\n"
        )
        pair = sealing_pair(NUMBERS[environment])
        write_certificate_of(repository, environment, pair.certificate_pem)
    return repository


def _overlay(repository: Repository, environment: str) -> Path:
    return repository.root / "clusters" / environment / "apps/web"


def _secrets(text: str = MANIFEST) -> tuple[Manifest, ...]:
    return read_documents(text, path="secret.yaml")


def _plan(
    repository: Repository,
    text: str = MANIFEST,
    *,
    environments: tuple[str, ...] = ("staging", "prod"),
    app: str = "web",
    options: PlacingOptions = STRICT,
) -> list[PlannedFile]:
    return seal_for_environments(
        _secrets(text),
        repository=repository,
        environments=environments,
        app=app,
        options=options,
        now=NOW,
    )


def _opened(path: Path, environment: str) -> dict[str, str]:
    keyring = Keyring([private_key_of(sealing_pair(NUMBERS[environment]))])
    (manifest,) = read_documents(path.read_bytes(), path=str(path))
    unsealed = unseal_secret(manifest.content, keyring=keyring)
    assert unsealed.namespace == NAMESPACES[environment]
    return {item: value.reveal().decode() for item, value in unsealed.data.items()}


def _snapshot(repository: Repository) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in repository.root.rglob("*") if path.is_file()}


def test_one_source_opens_in_each_environment_with_its_own_key(repository: Repository) -> None:
    write_planned(_plan(repository))

    for environment in NAMESPACES:
        path = _overlay(repository, environment) / "db.sealed.yaml"
        assert _opened(path, environment) == {"password": "hunter2", "user": "ann"}


def test_the_files_are_listed_in_their_kustomizations(repository: Repository) -> None:
    write_planned(_plan(repository))

    for environment, namespace in NAMESPACES.items():
        assert (_overlay(repository, environment) / "kustomization.yaml").read_text() == (
            f"kind: Kustomization\nnamespace: {namespace}  # as configured\n"
            "resources:\n  - a\n  - db.sealed.yaml\n"
        )


def test_nothing_is_written_while_planning(repository: Repository) -> None:
    before = _snapshot(repository)

    _plan(repository)

    assert _snapshot(repository) == before


def test_each_file_tells_its_environment_and_certificate(repository: Repository) -> None:
    planned = _plan(repository)

    told = [(file.path.name, file.environment, file.age_days) for file in planned]
    assert told == [
        ("db.sealed.yaml", "staging", 12),
        ("kustomization.yaml", "staging", 12),
        ("db.sealed.yaml", "prod", 12),
        ("kustomization.yaml", "prod", 12),
    ]
    certificates = [
        read_certificate(sealing_pair(number).certificate_pem, where="", now=NOW).fingerprint
        for number in (0, 0, 1, 1)
    ]
    assert [file.fingerprint for file in planned] == certificates


def test_an_environment_that_is_named_twice_is_sealed_for_once(repository: Repository) -> None:
    planned = _plan(repository, environments=("prod", "prod"))

    assert [file.path.name for file in planned] == ["db.sealed.yaml", "kustomization.yaml"]


def test_several_secrets_get_a_file_each(repository: Repository) -> None:
    two = f"{MANIFEST}---\n{MANIFEST.replace('name: db', 'name: cache')}"

    write_planned(_plan(repository, two, environments=("prod",)))

    folder = _overlay(repository, "prod")
    assert {path.name for path in folder.iterdir()} == {
        "kustomization.yaml",
        "db.sealed.yaml",
        "cache.sealed.yaml",
    }
    assert (
        (folder / "kustomization.yaml")
        .read_text()
        .endswith("  - a\n  - db.sealed.yaml\n  - cache.sealed.yaml\n")
    )


def test_name_scope_and_file_can_be_chosen_and_the_listing_left_out(
    repository: Repository,
) -> None:
    options = PlacingOptions(
        name="cache", scope=Scope.NAMESPACE_WIDE, file_name="sealed.json", registers=False
    )

    (file,) = _plan(repository, environments=("prod",), options=options)

    (sealed,) = read_documents(file.text, path="sealed.json")
    assert file.path == _overlay(repository, "prod") / "sealed.json"
    assert file.text.startswith("{")
    assert sealed.name == "cache"
    assert sealed.content["metadata"]["annotations"]["sealedsecrets.bitnami.com/namespace-wide"]


def test_an_unchanged_secret_leaves_its_files_untouched(repository: Repository) -> None:
    keyring = Keyring([private_key_of(sealing_pair(number)) for number in NUMBERS.values()])
    options = PlacingOptions(comparison=Comparison(keyring=keyring))
    write_planned(_plan(repository, options=options))

    again = _plan(repository, options=options)

    assert [file.is_change for file in again] == [False] * 4
    assert write_planned(again) == ()


def test_a_changed_value_changes_its_line_only(repository: Repository) -> None:
    keyring = Keyring([private_key_of(sealing_pair(number)) for number in NUMBERS.values()])
    options = PlacingOptions(comparison=Comparison(keyring=keyring), records_keys=False)
    write_planned(_plan(repository, options=options))

    again = _plan(repository, MANIFEST.replace("ann", "bob"), options=options)

    file = again[0]
    old, new = (file.before or b"").decode().splitlines(), file.text.splitlines()
    assert [index for index, line in enumerate(new) if old[index] != line] == [
        next(index for index, line in enumerate(new) if line.strip().startswith("user:"))
    ]


def test_without_a_file_name_the_one_is_taken_that_has_the_secret(repository: Repository) -> None:
    first = replace(STRICT, file_name="sealed-secret.yaml")
    write_planned(_plan(repository, options=first))

    again = _plan(repository, environments=("prod",))

    assert [file.path.name for file in again] == ["sealed-secret.yaml", "kustomization.yaml"]
    assert [file.is_change for file in again] == [True, False]


def test_a_secret_in_another_file_is_not_sealed_a_second_time(repository: Repository) -> None:
    write_planned(_plan(repository))

    with pytest.raises(InputError, match="'db' is in another file of the overlay already"):
        _plan(repository, options=replace(STRICT, file_name="other.yaml"))


def test_what_is_added_leaves_every_other_byte(repository: Repository) -> None:
    write_planned(_plan(repository, options=replace(STRICT, records_keys=False)))
    path = _overlay(repository, "prod") / "db.sealed.yaml"
    path.write_text(f"# ours\n{path.read_text()}")
    more = MANIFEST.replace("password: hunter2, user: ann", "token: abc")
    options = replace(STRICT, extends=True, records_keys=False)

    planned = _plan(repository, more, environments=("prod",), options=options)
    before = path.read_text().splitlines()
    write_planned(planned)

    assert [line for line in path.read_text().splitlines() if "token:" not in line] == before
    assert _opened(path, "prod") == {"password": "hunter2", "user": "ann", "token": "abc"}


def test_a_new_file_is_made_where_there_is_nothing_to_add_to(repository: Repository) -> None:
    write_planned(_plan(repository, environments=("prod",)))

    write_planned(
        _plan(repository, MANIFEST.replace("ann", "bob"), options=replace(STRICT, extends=True))
    )

    for environment in NAMESPACES:
        path = _overlay(repository, environment) / "db.sealed.yaml"
        assert _opened(path, environment) == {"password": "hunter2", "user": "bob"}


def _without_certificate(repository: Repository) -> None:
    (repository.root / ".gitopskit/certs/prod.pem").unlink()


def _without_overlay(repository: Repository) -> None:
    folder = _overlay(repository, "prod")
    (folder / "kustomization.yaml").unlink()
    folder.rmdir()


def _leading_out(repository: Repository) -> None:
    _without_overlay(repository)
    outside = repository.root.parent / "outside"
    outside.mkdir(exist_ok=True)
    _overlay(repository, "prod").symlink_to(outside)


def _kustomization(text: str) -> object:
    def write(repository: Repository) -> None:
        (_overlay(repository, "prod") / "kustomization.yaml").write_text(text)

    return write


def _sealed_file(text: str | bytes) -> object:
    def write(repository: Repository) -> None:
        content = text if isinstance(text, bytes) else text.encode()
        (_overlay(repository, "prod") / "db.sealed.yaml").write_bytes(content)

    return write


def _linked(repository: Repository) -> None:
    (_overlay(repository, "prod") / "db.sealed.yaml").symlink_to(repository.root / "elsewhere")


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
    before = _snapshot(repository)

    with pytest.raises(GitopskitError, match=said):
        _plan(repository)

    assert _snapshot(repository) == before


def test_names_may_change_where_the_scope_lets_them(repository: Repository) -> None:
    path = _overlay(repository, "prod") / "kustomization.yaml"
    path.write_text("namePrefix: a-\n")
    assert _plan(repository, options=replace(STRICT, scope=Scope.NAMESPACE_WIDE))
    path.write_text("namespace: other\n")

    assert _plan(repository, options=replace(STRICT, scope=Scope.CLUSTER_WIDE))


def test_an_expired_certificate_seals_nothing(repository: Repository) -> None:
    with pytest.raises(UnusableKey, match="expired"):
        seal_for_environments(
            _secrets(),
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
        _plan(repository, text, environments=environments, app=app, options=options)


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
    write_planned(_plan(repository, held, options=replace(STRICT, file_name="f.yaml")))

    with pytest.raises(InputError, match=said):
        _plan(repository, text, options=replace(options, extends=True, file_name="f.yaml"))


def test_a_sealed_secret_of_another_namespace_is_not_added_to(repository: Repository) -> None:
    write_planned(_plan(repository))
    text = (_overlay(repository, "staging") / "db.sealed.yaml").read_text()
    (_overlay(repository, "prod") / "db.sealed.yaml").write_text(text)

    with pytest.raises(InputError, match="in namespace 'staging-web', not in 'web-in-prod'"):
        _plan(repository, options=replace(STRICT, extends=True))


def test_one_of_several_sealed_secrets_in_a_file_is_added_to(repository: Repository) -> None:
    write_planned(_plan(repository, MANIFEST.replace("db", "cache"), environments=("prod",)))
    folder = _overlay(repository, "prod")
    (one,) = (
        file.text for file in _plan(repository, environments=("prod",)) if "db" in file.path.name
    )
    both = folder / "cache.sealed.yaml"
    both.write_text(f"{both.read_text()}---\n{one}")

    planned = _plan(repository, environments=("prod",), options=replace(STRICT, extends=True))

    assert [file.path for file in planned] == [both, folder / "kustomization.yaml"]
    assert planned[0].text.startswith(both.read_text().partition("---")[0])
    with pytest.raises(InputError, match="would be lost"):
        _plan(repository, environments=("prod",))


def test_a_place_names_what_is_sealed_there(repository: Repository) -> None:
    write_planned(_plan(repository))
    (_overlay(repository, "prod") / "broken.yaml").write_text("SealedSecret: [")
    (_overlay(repository, "prod") / "deeper").mkdir()
    (_overlay(repository, "prod") / "deeper/x.yaml").write_text(
        (_overlay(repository, "prod") / "db.sealed.yaml").read_text().replace("db", "deep")
    )

    placement = place(repository, environment="prod", app="web")

    assert placement.namespace == "web-in-prod"
    assert {name: held.file_name for name, held in placement.held.items()} == {
        "db": "db.sealed.yaml"
    }
    assert placement.held["db"].sealed.encrypted_data.keys() == {"password", "user"}


def test_environments_tell_their_certificate_or_what_to_do(repository: Repository) -> None:
    first, second, third = sealing_environments(repository, now=NOW)

    assert (first.name, first.age_days, first.problem) == ("staging", 12, "")
    assert first.fingerprint.startswith("SHA256:")
    assert second.fingerprint != first.fingerprint
    assert third == SealingEnvironment(
        name="qa",
        problem="there is no certificate for the environment 'qa'",
        hint="run `gitopskit keys fetch --env qa`",
    )


def test_a_file_that_came_meanwhile_keeps_all_from_being_written(repository: Repository) -> None:
    planned = _plan(repository)
    (_overlay(repository, "prod") / "db.sealed.yaml").write_text("theirs")
    before = _snapshot(repository)

    with pytest.raises(ChangedMeanwhile):
        write_planned(planned)

    assert _snapshot(repository) == before
