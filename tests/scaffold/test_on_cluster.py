"""What is generated runs: under enforced Pod Security, quotas, limits and the image policy."""

import itertools
from collections.abc import Iterator

import pytest

from gitopskit.controlplane.server import ControlPlane
from gitopskit.errors import ProcessFailed
from gitopskit.scaffold.answers import RawAnswers, make_answers
from gitopskit.scaffold.create import create_repository
from tests.support import cluster
from tests.support.generated_repository import GeneratedRepository
from tests.support.polling import eventually

_numbers = itertools.count(1)


@pytest.fixture(scope="module")
def applied(
    platform: ControlPlane, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[GeneratedRepository]:
    """A whole environment of two apps, written by the accounts that the reconciler impersonates."""
    environment = f"scaffold{next(_numbers)}"
    root = tmp_path_factory.mktemp("repositories") / "shop"
    raw = RawAnswers(name="shop", apps=("web", "api"), environments=(environment,))
    repository = GeneratedRepository(root, make_answers(raw))
    create_repository(repository.answers, root)
    accounts = {
        "base": "gitopskit-system:gitopskit-platform-applier",
        "apps/web": f"{environment}-web:gitopskit-applier",
        "apps/api": f"{environment}-api:gitopskit-applier",
    }
    for folder, account in accounts.items():
        user = f"--as=system:serviceaccount:{account}"
        stdin = repository.kustomize(f"clusters/{environment}/{folder}")
        cluster.kubectl(platform, "apply", "--server-side", user, "--filename=-", stdin=stdin)
    yield repository
    everything = repository.kustomize(f"clusters/{environment}")
    cluster.kubectl(platform, "delete", "--wait=false", "--filename=-", stdin=everything)


@pytest.mark.parametrize("app", ["web", "api"])
def test_every_app_becomes_available(
    platform: ControlPlane, applied: GeneratedRepository, app: str
) -> None:
    (environment,) = applied.answers.environments
    namespace = f"--namespace={environment}-{app}"
    wait = "--for=condition=Available"

    said = cluster.kubectl(platform, "wait", wait, namespace, "--timeout=60s", f"deployment/{app}")

    assert said.decode() == f"deployment.apps/{app} condition met\n"


def test_pod_security_is_enforced_where_the_apps_run(
    platform: ControlPlane, applied: GeneratedRepository
) -> None:
    (environment,) = applied.answers.environments
    pod = (
        b'{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "privileged"},'
        b' "spec": {"containers": [{"name": "web", "image": "web:1"}]}}'
    )

    with pytest.raises(ProcessFailed, match="violates PodSecurity"):
        cluster.kubectl(
            platform, "apply", f"--namespace={environment}-web", "--filename=-", stdin=pod
        )


@pytest.mark.parametrize(
    "image",
    ["web", "web:latest", "host.example.com:5000/web"],
    ids=["no tag", "latest", "port only"],
)
async def test_the_image_policy_refuses_an_image_of_no_known_build(
    platform: ControlPlane, applied: GeneratedRepository, image: str
) -> None:
    (environment,) = applied.answers.environments
    arguments = (f"--namespace={environment}-web", "deployment/web", f"web={image}")

    def is_refused() -> bool:
        try:
            cluster.kubectl(platform, "set", "image", "--dry-run=server", *arguments)
        except ProcessFailed as error:
            return "needs a digest, or a tag other than latest" in str(error)
        return False

    await eventually(is_refused)  # a policy takes a moment before it works


def test_the_registrations_are_accepted_under_the_shipped_definitions(
    platform: ControlPlane, applied: GeneratedRepository
) -> None:
    (environment,) = applied.answers.environments
    folder = applied.root / "clusters" / environment / "registrations"

    said = cluster.kubectl(
        platform, "create", "--dry-run=server", "--validate=strict", f"--filename={folder}"
    )

    assert len(said.splitlines()) == 5
