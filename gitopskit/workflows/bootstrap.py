"""Bootstrap: once per cluster, with an administrator's rights, what the pull loop needs to start.

Read (what the cluster holds, what a dry run says) -> decide (`install_plan.decide`) -> show ->
write. Running it again changes nothing. Start reading at `plan`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from gitopskit.errors import (
    ApiNotFound,
    EnvironmentFault,
    InputError,
    IntegrityFault,
    OwnershipConflict,
)
from gitopskit.generators.ssh import new_ssh_key
from gitopskit.git.remotes import parse_remote
from gitopskit.kube.resources import CUSTOM_RESOURCE_DEFINITIONS, SECRETS
from gitopskit.manifests.settled_names import APPLICATIONS_NAMESPACE, SYSTEM_NAMESPACE
from gitopskit.repository.layout import certificate_file
from gitopskit.repository.templates import platform_documents
from gitopskit.sealing.keys import (
    KEY_LABEL,
    KEY_LABEL_ACTIVE,
    KeyPair,
    PrivateKey,
    key_secret,
    load_certificate,
    new_sealing_key,
    read_key_secret,
    read_private_keys,
)
from gitopskit.workflows import first_objects
from gitopskit.workflows.install_plan import Step, decide, has_refusal

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from gitopskit.clock import Clock
    from gitopskit.kube.client import KubeClient
    from gitopskit.kube.resources import ResourceType
    from gitopskit.manifests.identity import ObjectRef
    from gitopskit.manifests.json_types import JsonObject
    from gitopskit.redaction import Plaintext
    from gitopskit.workflows.first_objects import FirstObjects

FIELD_MANAGER: Final = "gitopskit-bootstrap"
_PLATFORM_FILES: Final = (
    "namespaces.yaml",
    "crds/sealedsecrets.yaml",
    "crds/applications.yaml",
    "crds/appprojects.yaml",
    "appliers.yaml",
    "unsealer/rbac.yaml",
    "reconciler/rbac.yaml",
)
_DEPLOYMENT_FILES: Final = ("unsealer/deployment.yaml", "reconciler/deployment.yaml")
_ESTABLISHED_TIMEOUT_SECONDS: Final = 30.0
_POLL_SECONDS: Final = 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class Bootstrap:
    """What is asked for: the objects, and the sealing key if one was made before.

    ``sealing_key`` is the PEM of a private key, ``committed_certificate`` that of the certificate
    in the repository, empty where there is none.
    """

    objects: FirstObjects
    sealing_key: Plaintext | None = None
    committed_certificate: bytes = b""


@dataclass(frozen=True, slots=True, kw_only=True)
class BootstrapPlan:
    """The steps, in the order in which they are done, and the certificate to commit.

    ``deploy_key`` is the public line of an SSH key that was made, empty where none was.
    """

    steps: tuple[Step, ...]
    certificate_pem: bytes
    makes_sealing_key: bool
    deploy_key: str = ""


async def plan(api: KubeClient, request: Bootstrap, *, now: datetime) -> BootstrapPlan:
    """Return what bootstrap will do; nothing is written.

    Raises:
        InputError: the image has no tag, or the committed certificate has no key.
        IntegrityFault: the cluster has sealing keys, and the given one, or that of the committed
            certificate, is not among them.
        ApiError: the API server refused or did not answer.
    """
    keys = await _live_keys(api)
    _refuse_another_key(request, keys)
    _refuse_another_certificate(request, keys)
    live = _newest_certificate(keys)
    pair = _pair_to_install(request, live, now=now)
    certificate = pair.certificate_pem if pair else live
    desired = platform_objects(request.objects.image)
    if pair is not None:
        name = f"sealed-secrets-key-{request.objects.environment}"
        desired.append(key_secret(pair, namespace=SYSTEM_NAMESPACE, name=name))
    desired.append(first_objects.certificate_config_map(certificate.decode()))
    objects, deploy_key = await _with_deploy_key(api, request.objects)
    desired.extend(first_objects.git_objects(objects))
    desired.append(first_objects.root_project(objects))
    desired.append(first_objects.root_application(objects))
    steps = [await _step(api, first_objects.labelled(content)) for content in desired]
    return BootstrapPlan(
        steps=tuple(steps),
        certificate_pem=certificate,
        makes_sealing_key=pair is not None and request.sealing_key is None,
        deploy_key=deploy_key,
    )


async def apply(api: KubeClient, steps: Sequence[Step], *, clock: Clock) -> None:
    """Do the steps, in their order; steps that leave an object alone are passed over.

    Raises:
        OwnershipConflict: a step is a refusal; nothing was written.
        ApiError: the API server refused one; those before it are done, run it again.
    """
    if has_refusal(tuple(steps)):
        refused = next(step for step in steps if step.action == "refuse")
        raise OwnershipConflict(
            f"an object {refused.reason}",
            where=str(refused.ref),
            hint="remove or rename it, or install into another cluster",
        )
    for step in steps:
        if step.action in ("create", "update"):
            await _write(api, step, clock=clock)


def platform_objects(image: str) -> list[JsonObject]:
    """Return namespaces, CRDs, roles and, with an image, the controllers' Deployments.

    Raises:
        InputError: the image has neither tag nor digest.
    """
    objects = [content for name in _PLATFORM_FILES for content in _contents(name)]
    if image:
        for name in _DEPLOYMENT_FILES:
            for content in _contents(name):
                is_deployment = content["kind"] == "Deployment"
                objects.append(
                    first_objects.with_image(content, image) if is_deployment else content
                )
    return objects


async def _with_deploy_key(api: KubeClient, objects: FirstObjects) -> tuple[FirstObjects, str]:
    """Return the objects with a new deploy key where ssh is used and nothing knows a key yet."""
    is_ssh = parse_remote(objects.repo_url, allow_local=True).scheme == "ssh"
    if objects.credential is not None or not is_ssh:
        return objects, ""
    try:
        await api.get(SECRETS, first_objects.REPOSITORY_SECRET, APPLICATIONS_NAMESPACE)
    except ApiNotFound:
        pair = new_ssh_key("gitopskit")
        credential = first_objects.GitCredential(ssh_private_key=pair.private_key)
        return replace(objects, credential=credential), pair.public_line
    return objects, ""


def _contents(name: str) -> list[JsonObject]:
    return [manifest.content for manifest in platform_documents(name)]


async def _live_keys(api: KubeClient) -> list[PrivateKey]:
    """Return the cluster's active sealing keys."""
    selector = f"{KEY_LABEL}={KEY_LABEL_ACTIVE}"
    listing = await api.list(SECRETS, SYSTEM_NAMESPACE, label_selector=selector)
    return [read_key_secret(item, where=str(SECRETS.ref_of(item))) for item in listing.items]


def _refuse_another_key(request: Bootstrap, keys: Sequence[PrivateKey]) -> None:
    """Refuse a key that the cluster would not get: what is sealed to it would never be opened."""
    if request.sealing_key is None or not keys:
        return
    [given, *_] = read_private_keys(request.sealing_key.reveal(), where="--sealing-key")
    if given.fingerprint not in {key.fingerprint for key in keys}:
        raise IntegrityFault(
            "the cluster has a sealing key already, and it is not the one given",
            where="--sealing-key",
            hint="add the key to the cluster as a Secret of its own, or leave out `--sealing-key`"
            " and seal to the cluster's certificate (`gitopskit keys fetch`)",
        )


def _refuse_another_certificate(request: Bootstrap, keys: Sequence[PrivateKey]) -> None:
    """Refuse a committed certificate that would be replaced, and what it sealed never opened."""
    if not request.committed_certificate or not keys:
        return
    where = _certificate_place(request)
    committed = load_certificate(request.committed_certificate, where=where)
    if committed.fingerprint not in {key.fingerprint for key in keys}:
        raise IntegrityFault(
            "the repository's certificate is not of a sealing key that the cluster has",
            where=where,
            hint="add its key to the cluster as a Secret of its own, or remove the certificate and"
            " seal the values again",
        )


def _certificate_place(request: Bootstrap) -> str:
    return str(certificate_file(request.objects.environment))


def _newest_certificate(keys: Sequence[PrivateKey]) -> bytes:
    """Return the PEM of the newest certificate, empty where there is none."""
    dated = [key for key in keys if key.not_before_utc is not None]
    newest = max(dated, key=lambda key: str(key.not_before_utc), default=None)
    return newest.certificate_pem if newest else b""


def _pair_to_install(request: Bootstrap, live: bytes, *, now: datetime) -> KeyPair | None:
    if live:
        return None
    where = _certificate_place(request)
    if request.sealing_key is None and request.committed_certificate:
        raise InputError(
            "the repository holds a certificate, but neither the cluster nor you have its key",
            where=where,
            hint="pass `--sealing-key FILE`, or remove the certificate and seal the values again",
        )
    if request.sealing_key is None:
        return new_sealing_key(now=now)
    return _given_pair(request.sealing_key, request.committed_certificate, where=where)


def _given_pair(private_pem: Plaintext, certificate_pem: bytes, *, where: str) -> KeyPair:
    certificate = load_certificate(certificate_pem, where=where)
    [key, *_] = read_private_keys(private_pem.reveal(), where="--sealing-key")
    if key.fingerprint != certificate.fingerprint:
        raise InputError(
            "the sealing key given is not that of the committed certificate",
            where=where,
            hint="pass the key that was made together with this certificate",
        )
    return KeyPair(private_pem=private_pem, certificate_pem=certificate.pem)


async def _step(api: KubeClient, desired: JsonObject) -> Step:
    kinds = await api.kinds()
    group, _, _ = desired["apiVersion"].rpartition("/")
    kind = kinds.find(group, desired["kind"])
    if kind is None:
        return decide(desired, None, None)
    metadata = desired["metadata"]
    try:
        live = await api.get(kind, metadata["name"], metadata.get("namespace", ""))
    except ApiNotFound:
        return decide(desired, None, None)
    step = decide(desired, live, None)
    if step.action != "update":
        return step
    dry_run = await api.apply(kind, desired, field_manager=FIELD_MANAGER, force=True, dry_run=True)
    return decide(desired, live, dry_run.content)


async def _write(api: KubeClient, step: Step, *, clock: Clock) -> None:
    kind = await _served_kind(api, step.ref, clock=clock)
    await api.apply(kind, step.desired, field_manager=FIELD_MANAGER, force=step.action == "update")
    if step.ref.kind == CUSTOM_RESOURCE_DEFINITIONS.kind:
        await _wait_established(api, step.ref.name, clock=clock)


async def _served_kind(api: KubeClient, ref: ObjectRef, *, clock: Clock) -> ResourceType:
    """Return where a kind is served; a new one may take a moment to be discovered."""
    deadline = clock.monotonic_seconds() + _ESTABLISHED_TIMEOUT_SECONDS
    kind = (await api.kinds()).find(ref.group, ref.kind)
    while kind is None and clock.monotonic_seconds() < deadline:
        await clock.sleep(_POLL_SECONDS)
        kind = (await api.kinds(refresh=True)).find(ref.group, ref.kind)
    if kind is None:
        raise EnvironmentFault(
            f"the API server does not serve the kind {ref.kind} of the group {ref.group!r}",
            where=str(ref),
            hint="look at its CustomResourceDefinition's conditions with `kubectl describe crd`",
        )
    return kind


async def _wait_established(api: KubeClient, name: str, *, clock: Clock) -> None:
    deadline = clock.monotonic_seconds() + _ESTABLISHED_TIMEOUT_SECONDS
    while clock.monotonic_seconds() < deadline:
        live = await api.get(CUSTOM_RESOURCE_DEFINITIONS, name)
        conditions = (live.get("status") or {}).get("conditions") or []
        if any(c["type"] == "Established" and c["status"] == "True" for c in conditions):
            return
        await clock.sleep(_POLL_SECONDS)
    raise EnvironmentFault(
        f"the kind was not served within {_ESTABLISHED_TIMEOUT_SECONDS:g} s",
        where=f"CustomResourceDefinition/{name}",
        hint="look at its conditions with `kubectl describe crd`",
    )
