"""The objects that bootstrap writes because the reconciler may not create them for itself.

Pure: values in, Kubernetes objects out. What they are for is told in docs/architecture.md; the
names are settled for ever. The reconciler never writes them; `bootstrap --dry-run` tells drift.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from gitopskit.errors import InputError
from gitopskit.manifests import settled_names
from gitopskit.manifests.settled_names import (
    APPLICATIONS_NAMESPACE,
    OWN_SERVER,
    ROOT_PROJECT,
    SYSTEM_NAMESPACE,
)
from gitopskit.sealing.keys import CERTIFICATE_ITEM

if TYPE_CHECKING:
    from gitopskit.manifests.json_types import JsonObject
    from gitopskit.redaction import Plaintext

MANAGED_BY: Final = {"app.kubernetes.io/managed-by": "gitopskit"}
"""The label by which bootstrap knows what it installed.

Source: kubernetes.io/docs, "Recommended Labels".
"""
REPOSITORY_SECRET: Final = "gitopskit-repository"  # noqa: S105 -- the name of a Secret

_PLATFORM_APPLIER: Final = f"{SYSTEM_NAMESPACE}:{settled_names.PLATFORM_APPLIER}"
_PLACEHOLDER_IMAGE: Final = "IMAGE"


@dataclass(frozen=True, slots=True, kw_only=True)
class GitCredential:
    """How the controllers reach the repository: a user's password, or an SSH private key."""

    username: str = ""
    password: Plaintext | None = None
    ssh_private_key: Plaintext | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstObjects:
    """What to install: where the repository is, and what reads it.

    ``image`` is empty where the controllers run outside the cluster. ``known_hosts`` and
    ``git_ca_pem`` are public data in Argo CD's formats; empty where not needed.
    """

    environment: str
    repo_url: str
    target_revision: str
    image: str = ""
    credential: GitCredential | None = None
    known_hosts: str = ""
    git_host: str = ""
    git_ca_pem: str = ""


def root_project(request: FirstObjects) -> JsonObject:
    """Return the only AppProject that may write Applications and AppProjects."""
    return {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "AppProject",
        "metadata": _metadata(ROOT_PROJECT, APPLICATIONS_NAMESPACE),
        "spec": {
            "description": "registrations: the Applications and AppProjects of this cluster",
            "sourceRepos": [request.repo_url],
            "destinations": [{"server": OWN_SERVER, "namespace": APPLICATIONS_NAMESPACE}],
            "destinationServiceAccounts": [
                {
                    "server": OWN_SERVER,
                    "namespace": APPLICATIONS_NAMESPACE,
                    "defaultServiceAccount": _PLATFORM_APPLIER,
                }
            ],
            "namespaceResourceWhitelist": [
                {"group": "argoproj.io", "kind": "Application"},
                {"group": "argoproj.io", "kind": "AppProject"},
            ],
        },
    }


def root_application(request: FirstObjects) -> JsonObject:
    """Return the Application that renders ``clusters/<environment>/registrations``."""
    return {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Application",
        "metadata": _metadata(f"root-{request.environment}", APPLICATIONS_NAMESPACE),
        "spec": {
            "project": ROOT_PROJECT,
            "source": {
                "repoURL": request.repo_url,
                "targetRevision": request.target_revision,
                "path": f"clusters/{request.environment}/registrations",
                "directory": {"recurse": True},
            },
            "destination": {"server": OWN_SERVER, "namespace": APPLICATIONS_NAMESPACE},
            "syncPolicy": {
                "automated": {"prune": True, "selfHeal": True, "allowEmpty": False},
                "retry": {
                    "limit": 5,
                    "backoff": {"duration": "5s", "factor": 2, "maxDuration": "3m"},
                },
            },
        },
    }


def git_objects(request: FirstObjects) -> list[JsonObject]:
    """Return the repository Secret and the trust of hosts, in Argo CD's forms.

    Source: Argo CD's documentation, "Declarative Setup" (repositories, SSH known hosts, TLS
    certificates).
    """
    objects: list[JsonObject] = []
    if request.known_hosts:
        objects.append(
            _config_map(
                settled_names.KNOWN_HOSTS_CONFIG_MAP,
                APPLICATIONS_NAMESPACE,
                {settled_names.KNOWN_HOSTS_KEY: request.known_hosts},
            )
        )
    if request.git_ca_pem:
        objects.append(
            _config_map(
                settled_names.TLS_CERTIFICATES_CONFIG_MAP,
                APPLICATIONS_NAMESPACE,
                {request.git_host: request.git_ca_pem},
            )
        )
    if request.credential is not None:
        objects.append(_repository_secret(request.repo_url, request.credential))
    return objects


def certificate_config_map(certificate_pem: str, *, namespace: str) -> JsonObject:
    """Return the ConfigMap from which `gitopskit keys fetch` reads the certificate."""
    name = settled_names.CERTIFICATE_CONFIG_MAP
    return _config_map(name, namespace, {CERTIFICATE_ITEM: certificate_pem})


def with_image(content: JsonObject, image: str) -> JsonObject:
    """Return a Deployment with the controllers' image in place of the placeholder.

    Raises:
        InputError: the image is empty or has neither a tag nor a digest.
    """
    require_pinned_image(image)
    template = content["spec"]["template"]
    containers = [
        {**container, "image": image} if container["image"] == _PLACEHOLDER_IMAGE else container
        for container in template["spec"]["containers"]
    ]
    pod = {**template, "spec": {**template["spec"], "containers": containers}}
    return {**content, "spec": {**content["spec"], "template": pod}}


def require_pinned_image(image: str) -> None:
    """Check that an image says which build it is.

    Raises:
        InputError: the image is empty, has a space, or has neither a digest nor a tag other than
            latest.
    """
    name = image.rpartition("/")[2]
    is_pinned = ("@" in name or ":" in name) and not name.endswith((":latest", ":", "@"))
    if not is_pinned or len(image.split()) != 1:
        raise InputError(
            f"the image {image!r} does not say which build it is"
            if image
            else "no image was given",
            hint="pass `--image REGISTRY/NAME:TAG` or `…@sha256:DIGEST` of an image built from"
            " the Dockerfile",
        )


def labelled(content: JsonObject) -> JsonObject:
    """Return the object with the label by which bootstrap knows its own."""
    metadata = content["metadata"]
    labels = {**(metadata.get("labels") or {}), **MANAGED_BY}
    return {**content, "metadata": {**metadata, "labels": labels}}


def _metadata(name: str, namespace: str) -> JsonObject:
    return {"name": name, "namespace": namespace, "labels": dict(MANAGED_BY)}


def _config_map(name: str, namespace: str, data: dict[str, str]) -> JsonObject:
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": _metadata(name, namespace),
        "data": data,
    }


def _repository_secret(url: str, credential: GitCredential) -> JsonObject:
    values = {"type": b"git", "url": url.encode()}
    if credential.username:
        values["username"] = credential.username.encode()
    if credential.password is not None:
        values["password"] = credential.password.reveal()
    if credential.ssh_private_key is not None:
        values["sshPrivateKey"] = credential.ssh_private_key.reveal()
    metadata = _metadata(REPOSITORY_SECRET, APPLICATIONS_NAMESPACE)
    metadata["labels"][settled_names.SECRET_TYPE_LABEL] = "repository"
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": metadata,
        "type": "Opaque",
        "data": {key: base64.b64encode(value).decode() for key, value in values.items()},
    }
