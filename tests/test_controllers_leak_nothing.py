"""A secret value goes through both controllers, success and failure, and shows nowhere.

The same value is a password of a Git server, an item of a SealedSecret, an item of a Secret kept
in Git, and stands in objects that the API server or kustomize refuses. It may be in Secrets, and
in no log, event, status, condition, ConfigMap, temporary file, argument or environment.
"""

from __future__ import annotations

import base64
import signal
import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from gitopskit.clock import SystemClock
from gitopskit.errors import ApiNotFound
from gitopskit.kube.resources import APPLICATIONS, CONFIG_MAPS, EVENTS, SEALED_SECRETS, SECRETS
from gitopskit.sealing.keys import key_secret, new_sealing_key, read_certificate
from gitopskit.sealing.seal import SealOptions, seal_secret
from tests.support.audit import read_requests
from tests.support.canary import Canary, Watch
from tests.support.gitrepo import SourceRepository
from tests.support.gitserver import GitServer, serve_git
from tests.support.polling import eventually
from tests.support.reconciling import World, config_map, text

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator
    from pathlib import Path

    from gitopskit.controlplane.server import ControlPlane
    from gitopskit.kube.client import KubeClient
    from gitopskit.manifests.json_types import JsonObject

_WORD = "canary-7Zq-in-the-coal-mine-93b1"
CANARY = Canary(_WORD.encode())
_ENCODED = base64.b64encode(CANARY.value).decode()


def _secret(name: str, **content: object) -> JsonObject:
    body = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name}}
    return body | {"data": {"password": _ENCODED}} | content


def _sealed(name: str, namespace: str, certificate_pem: bytes) -> JsonObject:
    now = SystemClock().now_utc()
    certificate = read_certificate(certificate_pem, where="test", now=now)
    content = _secret(name)
    content["metadata"]["namespace"] = namespace
    return seal_secret(content, SealOptions(certificate=certificate))


class _Scene:
    """Everything that holds the value, and the Applications that bring it into the cluster."""

    def __init__(self, world: World, server: GitServer, name: str) -> None:
        self._world = world
        self._server = server
        self._name = name
        self.url = server.url("shop.git")

    async def set_up(self) -> None:
        world, namespace = self._world, self._world.namespace
        now = SystemClock().now_utc()
        pair, unknown = (new_sealing_key(now=now, size_bits=2048) for _ in range(2))
        key = key_secret(pair, namespace="kube-system", name=self._name)
        await world.admin.create(SECRETS, key, field_manager="test")
        foreign = _secret("foreign", metadata={"name": "foreign", "namespace": namespace})
        await world.admin.create(SECRETS, foreign, field_manager="test")
        world.repository.commit(
            {
                "good/all.yaml": text(
                    _sealed("opened", namespace, pair.certificate_pem),
                    _sealed("unopened", namespace, unknown.certificate_pem),
                    _sealed("foreign", namespace, pair.certificate_pem),
                    _secret("plain"),
                    config_map("fine"),
                ),
                "refused/all.yaml": text(
                    _secret("half", type="kubernetes.io/tls", data={"tls.crt": _ENCODED}),
                    _secret("wrong", immutable=_WORD),
                    _secret("worse", data={"password": _WORD}),
                    _secret("worst", data={"not a key " + _WORD: _ENCODED}),
                ),
                "broken/kustomization.yaml": "resources: [all.yaml]\n",
                "broken/all.yaml": f"apiVersion: v1\nkind: Secret\ndata: {{a: {_ENCODED}\n",
                "generated/kustomization.yaml": (
                    f"secretGenerator:\n  - name: x\n    literals: [a={_WORD}, b]\n"
                ),
            }
        )
        await self._register()

    async def _register(self) -> None:
        world = self._world
        trust = {"localhost": self._server.ca_pem}
        await world.admin.apply(
            CONFIG_MAPS,
            {
                "apiVersion": "v1",
                "kind": "ConfigMap",
                "metadata": {"name": "argocd-tls-certs-cm", "namespace": "argocd"},
                "data": trust,
            },
            field_manager="test",
            force=True,
        )
        for suffix, url, password in (
            ("right", self.url, _WORD),
            ("wrong", self._server.url("other.git"), _WORD + "-but-wrong"),
        ):
            credential = {
                "type": "git",
                "url": url,
                "username": "reader",
                "password": password,
            }
            metadata = {
                "name": f"{self._name}-{suffix}",
                "namespace": "argocd",
                "labels": {"argocd.argoproj.io/secret-type": "repository"},
            }
            body = {"apiVersion": "v1", "kind": "Secret", "metadata": metadata}
            await world.admin.create(
                SECRETS, body | {"stringData": credential}, field_manager="test"
            )
        await world.project(self._name, sourceRepos=[self.url, self._server.url("other.git")])
        for path in ("good", "refused", "broken", "generated"):
            await world.application(
                f"{self._name}-{path}",
                project=self._name,
                source={"repoURL": self.url, "targetRevision": "main", "path": path},
            )
        await world.application(
            f"{self._name}-denied",
            project=self._name,
            source={"repoURL": self._server.url("other.git"), "path": "good"},
        )

    async def has_played(self) -> bool:
        """Tell whether every success and every failure has happened."""
        world = self._world
        try:
            opened = await world.admin.get(SECRETS, "opened", world.namespace)
            plain = await world.admin.get(SECRETS, "plain", world.namespace)
        except ApiNotFound:
            return False
        sealed = await world.admin.list(SEALED_SECRETS, world.namespace)
        failed = [
            item["metadata"]["name"]
            for item in sealed.items
            for condition in (item.get("status") or {}).get("conditions") or []
            if condition["status"] == "False"
        ]
        told = [
            bool(await world.conditions(f"{self._name}-{path}"))
            for path in ("refused", "broken", "generated", "denied")
        ]
        return (
            opened["data"] == plain["data"] == {"password": _ENCODED}
            and sorted(failed) == ["foreign", "unopened"]
            and all(told)
            and await self._is_told_by_events()
        )

    async def _is_told_by_events(self) -> bool:
        """Tell whether both controllers have come to the last that they tell, their Events."""
        events = [
            event
            for place in ("argocd", self._world.namespace)
            for event in (await self._world.admin.list(EVENTS, place)).items
        ]
        told = {event["regarding"].get("name") for event in events}
        return {f"{self._name}-good", "opened", "unopened", "foreign"} <= told


@contextmanager
def _controllers(
    watch: Watch, folder: Path, kubeconfig_of: Callable[[str, str], Path]
) -> Iterator[list[Path]]:
    commands = {
        ("kube-system", "gitopskit-unsealer"): ["unsealer", "run", "--log-level=debug"],
        ("gitopskit-system", "gitopskit-reconciler"): [
            "reconciler",
            "run",
            "--log-level=debug",
            "--poll-seconds=0.5",
            f"--cache-dir={folder / 'cache'}",
        ],
    }
    children, logs = [], []
    for (namespace, account), arguments in commands.items():
        log = folder / f"{account}.log"
        logs.append(log)
        kubeconfig = kubeconfig_of(account, namespace)
        with log.open("wb") as output:
            children.append(
                subprocess.Popen(
                    [sys.executable, "-m", "gitopskit", *arguments],
                    env=watch.environment({"KUBECONFIG": str(kubeconfig)}),
                    stdout=output,
                    stderr=output,
                )
            )
    try:
        yield logs
    finally:
        for child in children:
            child.send_signal(signal.SIGTERM)
        for child in children:
            child.wait(timeout=20)


async def _look_at_cluster(watch: Watch, admin: KubeClient, namespace: str) -> None:
    for kind, place in (
        (APPLICATIONS, "argocd"),
        (EVENTS, "argocd"),
        (EVENTS, namespace),
        (EVENTS, "default"),
        (SEALED_SECRETS, namespace),
        (CONFIG_MAPS, "gitopskit-system"),
        (CONFIG_MAPS, "kube-system"),
        (CONFIG_MAPS, namespace),
    ):
        watch.look_at_objects(kind.plural, (await admin.list(kind, place)).items)


@pytest.mark.timeout(150)
async def test_a_value_that_passes_both_controllers_shows_nowhere(
    platform: ControlPlane,
    admin: KubeClient,
    namespace: str,
    service_account_kubeconfig: Callable[[str, str], Path],
    tmp_path: Path,
) -> None:
    served = tmp_path / "served"
    world = World(
        admin=admin,
        namespace=namespace,
        repository=SourceRepository.create(served / "shop.git"),
        cache_dir=tmp_path / "cache",
    )
    SourceRepository.create(served / "other.git").commit({"good/a.yaml": text(config_map("a"))})
    await world.prepare_namespace(namespace)
    watch = Watch(CANARY, tmp_path / "watch")
    with serve_git(served, tmp_path, username="reader", password=_WORD) as server:
        scene = _Scene(world, server, namespace)
        await scene.set_up()
        with _controllers(watch, tmp_path, service_account_kubeconfig) as logs:
            await _until(scene.has_played, world, namespace, logs)

    await _look_at_cluster(watch, admin, namespace)
    for request in read_requests(platform.audit_log_path):
        watch.look("URL", request.path, request.path.encode())
    for log in logs:
        assert b'"ready"' in log.read_bytes()
        watch.look("log", log.name, log.read_bytes())
    watch.look_around()
    await world.clean_up()
    assert watch.leaks == []


async def _until(
    has_played: Callable[[], Awaitable[bool]], world: World, name: str, logs: list[Path]
) -> None:
    try:
        await eventually(has_played, timeout_seconds=60)
    except TimeoutError as error:
        states = {
            path: await world.conditions(f"{name}-{path}")
            for path in ("good", "refused", "broken", "generated", "denied")
        }
        ends = [log.read_text()[-1500:] for log in logs]
        raise AssertionError(f"{states}\n{ends}") from error
