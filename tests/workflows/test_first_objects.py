"""The objects that bootstrap writes, as values."""

import base64
from typing import Any

import pytest

from gitopskit.errors import InputError
from gitopskit.redaction import Plaintext
from gitopskit.workflows import first_objects
from gitopskit.workflows.first_objects import FirstObjects, GitCredential


def _request(**changes: Any) -> FirstObjects:  # noqa: ANN401 -- any field of the request
    values: dict[str, Any] = {
        "environment": "prod",
        "repo_url": "https://git.example.com/shop.git",
        "target_revision": "main",
    }
    return FirstObjects(**(values | changes))


def test_the_root_application_renders_the_registrations_of_its_environment() -> None:
    application = first_objects.root_application(_request())

    assert application["metadata"]["name"] == "root-prod"
    assert application["spec"]["source"]["path"] == "clusters/prod/registrations"
    assert application["spec"]["project"] == "gitopskit-root"


def test_the_root_project_reads_one_repository_and_writes_two_kinds() -> None:
    spec = first_objects.root_project(_request())["spec"]

    assert spec["sourceRepos"] == ["https://git.example.com/shop.git"]
    assert [entry["kind"] for entry in spec["namespaceResourceWhitelist"]] == [
        "Application",
        "AppProject",
    ]
    assert "clusterResourceWhitelist" not in spec


def test_no_git_object_is_made_where_none_is_needed() -> None:
    assert first_objects.git_objects(_request()) == []


def test_a_password_becomes_a_repository_secret_of_argo_cd() -> None:
    credential = GitCredential(username="bot", password=Plaintext(b"s3cret"))

    [secret] = first_objects.git_objects(_request(credential=credential))

    assert secret["metadata"]["labels"]["argocd.argoproj.io/secret-type"] == "repository"
    decoded = {key: base64.b64decode(value) for key, value in secret["data"].items()}
    assert decoded == {
        "type": b"git",
        "url": b"https://git.example.com/shop.git",
        "username": b"bot",
        "password": b"s3cret",
    }


def test_an_ssh_key_and_the_trust_of_hosts_are_kept_apart() -> None:
    credential = GitCredential(ssh_private_key=Plaintext(b"key"))
    request = _request(
        credential=credential,
        known_hosts="git.example.com ssh-ed25519 AAAA",
        git_ca_pem="PEM",
        git_host="git.example.com",
    )

    hosts, certificates, secret = first_objects.git_objects(request)

    assert hosts["data"] == {"ssh_known_hosts": "git.example.com ssh-ed25519 AAAA"}
    assert certificates["data"] == {"git.example.com": "PEM"}
    assert "sshPrivateKey" in secret["data"]


@pytest.mark.parametrize(
    ("image", "message"),
    [
        ("", "no image was given"),
        ("registry.example.com/gitopskit", "does not say which build it is"),
        ("registry.example.com:5000/gitopskit", "does not say which build it is"),
        ("registry.example.com/gitopskit:latest", "does not say which build it is"),
    ],
    ids=["empty", "bare", "a port is no tag", "latest"],
)
def test_an_image_that_does_not_say_which_build_it_is_is_refused(image: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        first_objects.require_pinned_image(image)


def test_the_placeholder_alone_is_replaced_by_the_image() -> None:
    containers = [{"name": "a", "image": "IMAGE"}, {"name": "b", "image": "other:1"}]
    deployment = {"spec": {"template": {"spec": {"containers": containers}}}}

    changed = first_objects.with_image(deployment, "example.com/gitopskit:0.1.0")

    images = [c["image"] for c in changed["spec"]["template"]["spec"]["containers"]]
    assert images == ["example.com/gitopskit:0.1.0", "other:1"]
    assert containers[0]["image"] == "IMAGE"
