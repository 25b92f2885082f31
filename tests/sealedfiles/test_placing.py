"""Sealed files in the overlays of a repository."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from gitopskit.errors import InputError
from gitopskit.manifests.documents import read_documents
from gitopskit.sealedfiles.environments import SealingEnvironment, sealing_environments
from gitopskit.sealedfiles.placing import PlacingOptions, place
from gitopskit.sealedfiles.planned_file import write_planned
from gitopskit.sealing.keys import read_certificate
from gitopskit.sealing.scope import Scope
from gitopskit.sealing.unchanged import Comparison
from gitopskit.sealing.unseal import Keyring
from tests.support.placing import (
    MANIFEST,
    NAMESPACES,
    NOW,
    NUMBERS,
    STRICT,
    opened_in,
    overlay_of,
    placing_repository,
    plan,
    snapshot_of,
)
from tests.support.sealing import private_key_of, sealing_pair

if TYPE_CHECKING:
    from pathlib import Path

    from gitopskit.repository.layout import Repository


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    """A repository with overlays of one app in two environments, each with a certificate."""
    return placing_repository(tmp_path)


def test_one_source_opens_in_each_environment_with_its_own_key(repository: Repository) -> None:
    write_planned(plan(repository))

    for environment in NAMESPACES:
        path = overlay_of(repository, environment) / "db.sealed.yaml"
        assert opened_in(path, environment) == {"password": "hunter2", "user": "ann"}


def test_the_files_are_listed_in_their_kustomizations(repository: Repository) -> None:
    write_planned(plan(repository))

    for environment, namespace in NAMESPACES.items():
        assert (overlay_of(repository, environment) / "kustomization.yaml").read_text() == (
            f"kind: Kustomization\nnamespace: {namespace}  # as configured\n"
            "resources:\n  - a\n  - db.sealed.yaml\n"
        )


def test_nothing_is_written_while_planning(repository: Repository) -> None:
    before = snapshot_of(repository)

    plan(repository)

    assert snapshot_of(repository) == before


def test_each_file_tells_its_environment_and_certificate(repository: Repository) -> None:
    planned = plan(repository)

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
    planned = plan(repository, environments=("prod", "prod"))

    assert [file.path.name for file in planned] == ["db.sealed.yaml", "kustomization.yaml"]


def test_several_secrets_get_a_file_each(repository: Repository) -> None:
    two = f"{MANIFEST}---\n{MANIFEST.replace('name: db', 'name: cache')}"

    write_planned(plan(repository, two, environments=("prod",)))

    folder = overlay_of(repository, "prod")
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

    (file,) = plan(repository, environments=("prod",), options=options)

    (sealed,) = read_documents(file.text, path="sealed.json")
    assert file.path == overlay_of(repository, "prod") / "sealed.json"
    assert file.text.startswith("{")
    assert sealed.name == "cache"
    assert sealed.content["metadata"]["annotations"]["sealedsecrets.bitnami.com/namespace-wide"]


def test_an_unchanged_secret_leaves_its_files_untouched(repository: Repository) -> None:
    keyring = Keyring([private_key_of(sealing_pair(number)) for number in NUMBERS.values()])
    options = PlacingOptions(comparison=Comparison(keyring=keyring))
    write_planned(plan(repository, options=options))

    again = plan(repository, options=options)

    assert [file.is_change for file in again] == [False] * 4
    assert write_planned(again) == ()


def test_a_changed_value_changes_its_line_only(repository: Repository) -> None:
    keyring = Keyring([private_key_of(sealing_pair(number)) for number in NUMBERS.values()])
    options = PlacingOptions(comparison=Comparison(keyring=keyring), records_keys=False)
    write_planned(plan(repository, options=options))

    again = plan(repository, MANIFEST.replace("ann", "bob"), options=options)

    file = again[0]
    old, new = (file.before or b"").decode().splitlines(), file.text.splitlines()
    assert [index for index, line in enumerate(new) if old[index] != line] == [
        next(index for index, line in enumerate(new) if line.strip().startswith("user:"))
    ]


def test_without_a_file_name_the_one_is_taken_that_has_the_secret(repository: Repository) -> None:
    first = replace(STRICT, file_name="sealed-secret.yaml")
    write_planned(plan(repository, options=first))

    again = plan(repository, environments=("prod",))

    assert [file.path.name for file in again] == ["sealed-secret.yaml", "kustomization.yaml"]
    assert [file.is_change for file in again] == [True, False]


def test_a_secret_in_another_file_is_not_sealed_a_second_time(repository: Repository) -> None:
    write_planned(plan(repository))

    with pytest.raises(InputError, match="'db' is in another file of the overlay already"):
        plan(repository, options=replace(STRICT, file_name="other.yaml"))


def test_what_is_added_leaves_every_other_byte(repository: Repository) -> None:
    write_planned(plan(repository, options=replace(STRICT, records_keys=False)))
    path = overlay_of(repository, "prod") / "db.sealed.yaml"
    path.write_text(f"# ours\n{path.read_text()}")
    more = MANIFEST.replace("password: hunter2, user: ann", "token: abc")
    options = replace(STRICT, extends=True, records_keys=False)

    planned = plan(repository, more, environments=("prod",), options=options)
    before = path.read_text().splitlines()
    write_planned(planned)

    assert [line for line in path.read_text().splitlines() if "token:" not in line] == before
    assert opened_in(path, "prod") == {"password": "hunter2", "user": "ann", "token": "abc"}


def test_a_new_file_is_made_where_there_is_nothing_to_add_to(repository: Repository) -> None:
    write_planned(plan(repository, environments=("prod",)))

    write_planned(
        plan(repository, MANIFEST.replace("ann", "bob"), options=replace(STRICT, extends=True))
    )

    for environment in NAMESPACES:
        path = overlay_of(repository, environment) / "db.sealed.yaml"
        assert opened_in(path, environment) == {"password": "hunter2", "user": "bob"}


def test_one_of_several_sealed_secrets_in_a_file_is_added_to(repository: Repository) -> None:
    write_planned(plan(repository, MANIFEST.replace("db", "cache"), environments=("prod",)))
    folder = overlay_of(repository, "prod")
    (one,) = (
        file.text for file in plan(repository, environments=("prod",)) if "db" in file.path.name
    )
    both = folder / "cache.sealed.yaml"
    both.write_text(f"{both.read_text()}---\n{one}")

    planned = plan(repository, environments=("prod",), options=replace(STRICT, extends=True))

    assert [file.path for file in planned] == [both, folder / "kustomization.yaml"]
    assert planned[0].text.startswith(both.read_text().partition("---")[0])
    with pytest.raises(InputError, match="would be lost"):
        plan(repository, environments=("prod",))


def test_a_place_names_what_is_sealed_there(repository: Repository) -> None:
    write_planned(plan(repository))
    (overlay_of(repository, "prod") / "broken.yaml").write_text("SealedSecret: [")
    (overlay_of(repository, "prod") / "deeper").mkdir()
    (overlay_of(repository, "prod") / "deeper/x.yaml").write_text(
        (overlay_of(repository, "prod") / "db.sealed.yaml").read_text().replace("db", "deep")
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
