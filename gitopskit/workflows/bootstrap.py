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
    OwnershipConflict,
)
from gitopskit.generators.ssh import new_ssh_key
from gitopskit.git.remotes import parse_remote
from gitopskit.kube.resources import CONFIG_MAPS, CUSTOM_RESOURCE_DEFINITIONS, NAMESPACES, SECRETS
from gitopskit.manifests.identity import ObjectRef, apply_rank
from gitopskit.manifests.settled_names import (
    APPLICATIONS_NAMESPACE,
    CERTIFICATE_CONFIG_MAP,
    KNOWN_HOSTS_CONFIG_MAP,
)
from gitopskit.sealing.keys import (
    CERTIFICATE_ITEM,
    KEY_LABEL,
    KEY_LABEL_ACTIVE,
    PrivateKey,
    read_key_secret,
)
from gitopskit.workflows import first_key, first_objects
from gitopskit.workflows.first_key import FirstKey
from gitopskit.workflows.install_plan import Step, decide, has_refusal, put_off
from gitopskit.workflows.platform_objects import platform_objects, unsealer_namespace

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from gitopskit.clock import Clock
    from gitopskit.kube.client import KubeClient
    from gitopskit.kube.resources import ResourceType
    from gitopskit.manifests.json_types import JsonObject
    from gitopskit.redaction import Plaintext
    from gitopskit.workflows.first_objects import FirstObjects

FIELD_MANAGER: Final = "gitopskit-bootstrap"
_ESTABLISHED_TIMEOUT_SECONDS: Final = 30.0
_POLL_SECONDS: Final = 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class Bootstrap:
    """What is asked for: the objects, and the sealing key if one was made before.

    ``sealing_key`` is the PEM of a private key, ``committed_certificate`` that of the certificate
    in the repository, empty where there is none. ``unsealer`` are the objects that the repository
    holds for it; empty means the usual ones.
    """

    objects: FirstObjects
    unsealer: tuple[JsonObject, ...] = ()
    sealing_key: Plaintext | None = None
    committed_certificate: bytes = b""

    @property
    def first_key(self) -> FirstKey:
        """Return what is known of the sealing key."""
        return FirstKey(
            environment=self.objects.environment,
            private_pem=self.sealing_key,
            committed_certificate=self.committed_certificate,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class BootstrapPlan:
    """The steps, in the order in which they are done, and the certificate to commit.

    ``deploy_key`` is the public line of an SSH key that was made, empty where none was.
    """

    steps: tuple[Step, ...]
    certificate_pem: bytes
    makes_sealing_key: bool
    unsealer_namespace: str
    deploy_key: str = ""

    @property
    def is_due(self) -> bool:
        """Tell whether the cluster differs from what bootstrap would make of it."""
        return any(step.action not in {"unchanged", "keep"} for step in self.steps)


async def plan(api: KubeClient, request: Bootstrap, *, now: datetime) -> BootstrapPlan:
    """Return what bootstrap will do; nothing is written.

    Raises:
        InputError: the image has no tag, the committed certificate has no key, the first key
            would have no backup where one is required, or nothing says which host keys an ssh
            repository's server has.
        IntegrityFault: the cluster has sealing keys, and the given one, or that of the committed
            certificate, is not among them.
        ApiError: the API server refused or did not answer.
    """
    await _require_host_keys(api, request.objects)
    desired = platform_objects(request.objects.image, request.unsealer)
    place = unsealer_namespace(desired)
    keys = await _live_keys(api, place)
    first_key.refuse_another_key(request.first_key, keys)
    first_key.refuse_another_certificate(request.first_key, keys)
    published = await _published_certificate(api, place)
    live = first_key.certificate_in_use(keys, published)
    first_key.refuse_key_without_backup(request.first_key, live, desired)
    pair = first_key.pair_to_install(request.first_key, live, now=now)
    certificate = pair.certificate_pem if pair else live
    if pair is not None:
        desired.append(first_key.key_to_write(pair, request.first_key, namespace=place, now=now))
    desired.append(first_objects.certificate_config_map(certificate.decode(), namespace=place))
    objects, deploy_key = await _with_deploy_key(api, request.objects)
    desired.extend(first_objects.git_objects(objects))
    desired.append(first_objects.root_project(objects))
    desired.append(first_objects.root_application(objects))
    desired.sort(key=lambda content: apply_rank(ObjectRef.of(content)))
    missing = await _missing_namespaces(api, desired)
    steps = [
        put_off(content)
        if content["metadata"].get("namespace") in missing
        else await _step(api, first_objects.labelled(content))
        for content in desired
    ]
    return BootstrapPlan(
        steps=tuple(steps),
        certificate_pem=certificate,
        makes_sealing_key=pair is not None and request.sealing_key is None,
        unsealer_namespace=place,
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


async def _require_host_keys(api: KubeClient, objects: FirstObjects) -> None:
    remote = parse_remote(objects.repo_url, allow_local=True)
    if remote.scheme != "ssh" or objects.known_hosts:
        return
    try:
        await api.get(CONFIG_MAPS, KNOWN_HOSTS_CONFIG_MAP, APPLICATIONS_NAMESPACE)
    except ApiNotFound as error:
        raise InputError(
            "nothing says which host keys the repository's server has",
            where=objects.repo_url,
            hint=f"run `ssh-keyscan {remote.host} > known_hosts`, compare it with what the"
            " server's owner publishes, and pass `--git-known-hosts known_hosts`",
        ) from error


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


async def _live_keys(api: KubeClient, namespace: str) -> list[PrivateKey]:
    """Return the cluster's active sealing keys."""
    selector = f"{KEY_LABEL}={KEY_LABEL_ACTIVE}"
    listing = await api.list(SECRETS, namespace, label_selector=selector)
    return [read_key_secret(item, where=str(SECRETS.ref_of(item))) for item in listing.items]


async def _published_certificate(api: KubeClient, namespace: str) -> bytes:
    """Return the certificate that an unsealer published, empty where none did."""
    try:
        live = await api.get(CONFIG_MAPS, CERTIFICATE_CONFIG_MAP, namespace)
    except ApiNotFound:
        return b""
    return str((live.get("data") or {}).get(CERTIFICATE_ITEM) or "").encode()


async def _missing_namespaces(api: KubeClient, desired: Sequence[JsonObject]) -> set[str]:
    """Return the namespaces that are neither there nor among what is installed."""
    refs = [ObjectRef.of(content) for content in desired]
    made = {ref.name for ref in refs if ref.kind == NAMESPACES.kind}
    missing: set[str] = set()
    for name in {ref.namespace for ref in refs if ref.namespace} - made:
        try:
            await api.get(NAMESPACES, name)
        except ApiNotFound:
            missing.add(name)
    return missing


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
