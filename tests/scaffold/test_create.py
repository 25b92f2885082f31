"""What a new repository looks like, and that it builds."""

import re
import tempfile
from pathlib import Path

import pytest

from gitopskit.manifests.documents import read_documents
from gitopskit.manifests.secrets import find_plaintext
from gitopskit.repository.config import load_config
from gitopskit.repository.layout import Repository, find_repository
from gitopskit.scaffold.answers import RawAnswers, make_answers
from gitopskit.scaffold.create import create_repository, render_repository
from tests.support.generated_repository import GeneratedRepository

ENVIRONMENT_FILES = (
    "apps/api/deployment-patch.yaml",
    "apps/api/kustomization.yaml",
    "apps/web/deployment-patch.yaml",
    "apps/web/kustomization.yaml",
    "base/appliers.yaml",
    "base/kustomization.yaml",
    "base/namespaces.yaml",
    "base/quotas.yaml",
    "kustomization.yaml",
    "registrations/api.yaml",
    "registrations/platform.yaml",
    "registrations/projects.yaml",
    "registrations/web.yaml",
)
FILES = {
    ".gitignore",
    ".gitopskit/answers.yml",
    ".gitopskit/certs/README.md",
    ".gitopskit/config.yaml",
    "README.md",
    *(
        f"apps/{app}/{file}.yaml"
        for app in ("api", "web")
        for file in ("deployment", "kustomization", "service")
    ),
    *(f"clusters/{env}/{file}" for env in ("staging", "prod") for file in ENVIRONMENT_FILES),
    "policies/cluster/image-tags.yaml",
    "policies/cluster/kustomization.yaml",
    "policies/kustomization.yaml",
    "policies/limit-ranges.yaml",
    "policies/network-policies.yaml",
}
BUILDABLE = (
    "apps/web",
    "policies/cluster",
    *(
        f"clusters/{env}{part}"
        for env in ("staging", "prod")
        for part in ("", "/base", "/apps/web", "/apps/api")
    ),
)


def test_the_tree_is_the_layout(built: GeneratedRepository) -> None:
    found = {
        path.relative_to(built.root).as_posix() for path in built.root.rglob("*") if path.is_file()
    }

    assert found == FILES


@pytest.mark.parametrize("folder", BUILDABLE)
def test_every_overlay_and_base_builds(built: GeneratedRepository, folder: str) -> None:
    assert built.build(folder)


def test_an_overlay_holds_what_its_application_needs(built: GeneratedRepository) -> None:
    manifests = built.build("clusters/prod/apps/web")

    assert sorted((each.kind, each.namespace) for each in manifests) == [
        ("ConfigMap", "prod-web"),
        ("Deployment", "prod-web"),
        ("LimitRange", "prod-web"),
        ("NetworkPolicy", "prod-web"),
        ("NetworkPolicy", "prod-web"),
        ("NetworkPolicy", "prod-web"),
        ("Service", "prod-web"),
    ]
    (deployment,) = (each.content for each in manifests if each.kind == "Deployment")
    (settings,) = (each.content for each in manifests if each.kind == "ConfigMap")
    container = deployment["spec"]["template"]["spec"]["containers"][0]
    assert deployment["spec"]["replicas"] == 2
    assert container["image"] == str(built.answers.image)
    assert container["envFrom"] == [
        {"configMapRef": {"name": settings["metadata"]["name"]}},
        {"secretRef": {"name": "web", "optional": True}},
    ]
    assert settings["data"] == {"ENVIRONMENT": "prod", "LOG_LEVEL": "info"}


def test_an_image_by_digest_is_pinned_by_digest(tmp_path: Path) -> None:
    image = "ghcr.io/me/web@sha256:" + "a" * 64
    root = tmp_path / "shop"
    answers = make_answers(RawAnswers(name="shop", image=image, environments=("prod",)))
    create_repository(answers, root)

    manifests = GeneratedRepository(root, answers).build("clusters/prod/apps/web")

    (deployment,) = (each.content for each in manifests if each.kind == "Deployment")
    assert deployment["spec"]["template"]["spec"]["containers"][0]["image"] == image


def test_the_registrations_point_at_what_is_there(built: GeneratedRepository) -> None:
    folder = built.root / "clusters/prod/registrations"
    objects = [
        each.content
        for path in sorted(folder.iterdir())
        for each in read_documents(path.read_text(), path=path.name)
    ]
    applications = {
        each["metadata"]["name"]: (each["spec"]["project"], each["spec"]["source"]["path"])
        for each in objects
        if each["kind"] == "Application"
    }

    assert applications == {
        "api-prod": ("shop", "clusters/prod/apps/api"),
        "platform-prod": ("platform", "clusters/prod/base"),
        "web-prod": ("shop", "clusters/prod/apps/web"),
    }
    assert all((built.root / path).is_dir() for _, path in applications.values())
    assert [each["metadata"]["name"] for each in objects if each["kind"] == "AppProject"] == [
        "platform",
        "shop",
    ]


def test_the_configuration_says_what_was_answered(built: GeneratedRepository) -> None:
    config = load_config(find_repository(built.root / "apps"))

    assert (config.name, config.apps, config.repo_url, config.target_revision) == (
        "shop",
        ("web", "api"),
        built.answers.repo_url,
        "main",
    )
    assert [each.name for each in config.environments] == ["staging", "prod"]


TRACES = re.compile(r"\bnull\b|\[=|=\]|\[%|%\]|_src_path")


def test_no_file_holds_a_null_or_a_trace_of_how_it_was_made(built: GeneratedRepository) -> None:
    folders = {str(Path.cwd()), str(Path.home()), tempfile.gettempdir() + "/gitopskit"}
    for path in filter(Path.is_file, built.root.rglob("*")):
        text = path.read_text()
        assert text.endswith("\n"), path
        assert not text.endswith("\n\n"), path
        assert not TRACES.search(text), path
        assert not any(folder in text for folder in folders), path


def test_no_manifest_holds_a_plaintext_secret(built: GeneratedRepository) -> None:
    for folder in BUILDABLE:
        assert not [finding for each in built.build(folder) for finding in find_plaintext(each)]


def test_the_same_answers_give_the_same_bytes(built: GeneratedRepository) -> None:
    files = render_repository(built.answers)

    assert {built.root / path: content for path, content in files.items()} == {
        path: path.read_bytes() for path in built.root.rglob("*") if path.is_file()
    }


def test_a_repository_may_join_files_that_are_there(tmp_path: Path) -> None:
    (tmp_path / "apps").mkdir()
    (tmp_path / "apps" / "notes.txt").write_text("mine")

    create_repository(make_answers(RawAnswers(name="shop")), tmp_path)

    assert (tmp_path / "apps" / "notes.txt").read_text() == "mine"
    assert load_config(Repository(tmp_path)).name == "shop"
