"""The registrations are what the reconciler honours, and they permit what they render."""

import pytest

from gitopskit.git.remotes import parse_remote
from gitopskit.manifests.documents import read_documents
from gitopskit.manifests.json_types import JsonObject
from gitopskit.reconciler import application, project
from tests.support.generated_repository import GeneratedRepository


def registrations(built: GeneratedRepository, environment: str) -> dict[str, list[JsonObject]]:
    """Return the objects of an environment's registrations by their kind."""
    found: dict[str, list[JsonObject]] = {}
    for path in sorted((built.root / "clusters" / environment / "registrations").iterdir()):
        for manifest in read_documents(path.read_text(), path=path.name):
            found.setdefault(manifest.kind, []).append(manifest.content)
    return found


@pytest.mark.parametrize("environment", ["staging", "prod"])
def test_each_project_permits_what_its_applications_render(
    built: GeneratedRepository, environment: str
) -> None:
    found = registrations(built, environment)
    projects = {each.name: each for each in map(project.parse, found["AppProject"])}

    for registered in map(application.parse, found["Application"]):
        permitted = projects[registered.project]
        assert permitted.permits_source(built.answers.repo_url)
        for manifest in built.build(registered.source.path):
            ref = manifest.ref
            assert permitted.permits_kind(ref), ref
            assert not ref.namespace or permitted.permits_namespace(ref.namespace), ref


def test_an_app_may_not_write_into_another_environment(built: GeneratedRepository) -> None:
    found = registrations(built, "prod")

    (shop,) = [each for each in map(project.parse, found["AppProject"]) if each.name == "shop"]

    assert not shop.permits_namespace("staging-web")


def test_the_address_is_one_that_can_be_fetched(built: GeneratedRepository) -> None:
    remote = parse_remote(built.answers.repo_url, allow_local=False)

    assert remote.url == built.answers.repo_url
