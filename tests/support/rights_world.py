"""A repository that uses every kind the appliers may write, and definitions of foreign kinds."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from gitopskit.repository.templates import platform_documents

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gitopskit.manifests.json_types import JsonObject

APP_NAMESPACE = "rights-app"
PLAIN_NAMESPACE = "rights-made"
PROJECT = "rights"
SERVER = "https://kubernetes.default.svc"

_POD: JsonObject = {
    "containers": [
        {"name": "main", "image": "registry.example.com/app:1", "command": ["/bin/true"]}
    ]
}
_LABELS = {"app": "all"}
_WORKLOAD: JsonObject = {
    "selector": {"matchLabels": _LABELS},
    "template": {"metadata": {"labels": _LABELS}, "spec": _POD},
}
_JOB: JsonObject = {"template": {"spec": {**_POD, "restartPolicy": "Never"}}}
_ROUTES = ("GRPCRoute", "HTTPRoute", "TCPRoute", "TLSRoute", "UDPRoute")


def app_objects(sealed: JsonObject) -> list[JsonObject]:
    """Return one object of each kind of the applier's role."""
    target = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "all"}
    claim = {
        "accessModes": ["ReadWriteOnce"],
        "resources": {"requests": {"storage": "1Gi"}},
    }
    service = {"name": "all", "port": {"number": 80}}
    return [
        _object("v1", "ConfigMap", data={"key": "value"}),
        _object("v1", "Secret", data={"key": "dmFsdWU="}),
        _object("v1", "Service", spec={"selector": _LABELS, "ports": [{"port": 80}]}),
        _object("v1", "ServiceAccount"),
        _object("v1", "PersistentVolumeClaim", spec=claim),
        _object("v1", "LimitRange", spec={"limits": []}),
        _object("apps/v1", "Deployment", spec=_WORKLOAD),
        _object("apps/v1", "DaemonSet", spec=_WORKLOAD),
        _object("apps/v1", "StatefulSet", spec={**_WORKLOAD, "serviceName": "all"}),
        _object("batch/v1", "Job", spec=_JOB),
        _object(
            "batch/v1", "CronJob", spec={"schedule": "0 0 1 1 *", "jobTemplate": {"spec": _JOB}}
        ),
        _object("networking.k8s.io/v1", "Ingress", spec={"defaultBackend": {"service": service}}),
        _object("networking.k8s.io/v1", "NetworkPolicy", spec={"podSelector": {}}),
        _object("policy/v1", "PodDisruptionBudget", spec={"selector": {"matchLabels": _LABELS}}),
        _object(
            "autoscaling/v2",
            "HorizontalPodAutoscaler",
            spec={"scaleTargetRef": target, "minReplicas": 1, "maxReplicas": 1},
        ),
        _object("external-secrets.io/v1", "ExternalSecret", spec={"a": "b"}),
        _object("external-secrets.io/v1", "SecretStore", spec={"a": "b"}),
        *(_object("gateway.networking.k8s.io/v1", kind, spec={"a": "b"}) for kind in _ROUTES),
        sealed,
    ]


def platform_objects() -> list[JsonObject]:
    """Return one object of each kind of the platform applier's role."""
    subject = {"kind": "ServiceAccount", "name": "gitopskit-applier", "namespace": APP_NAMESPACE}
    role = {
        "apiGroup": "rbac.authorization.k8s.io",
        "kind": "ClusterRole",
        "name": "gitopskit-applier",
    }
    rule = {"apiGroups": ["apps"], "apiVersions": ["v1"], "operations": ["CREATE"]}
    policy = {
        "failurePolicy": "Ignore",
        "matchConstraints": {"resourceRules": [{**rule, "resources": ["deployments"]}]},
        "validations": [{"expression": "true"}],
    }
    applier = {"name": "gitopskit-applier", "namespace": APP_NAMESPACE}
    admission = "admissionregistration.k8s.io/v1"
    return [
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": APP_NAMESPACE}},
        {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": applier},
        {
            "apiVersion": "rbac.authorization.k8s.io/v1",
            "kind": "RoleBinding",
            "metadata": applier,
            "roleRef": role,
            "subjects": [subject],
        },
        {
            "apiVersion": "v1",
            "kind": "ResourceQuota",
            "metadata": {"name": "all", "namespace": APP_NAMESPACE},
            "spec": {"hard": {"pods": "100"}},
        },
        _object(admission, "ValidatingAdmissionPolicy", spec=policy),
        _object(
            admission,
            "ValidatingAdmissionPolicyBinding",
            spec={"policyName": "all", "validationActions": ["Audit"]},
        ),
        _object("scheduling.k8s.io/v1", "PriorityClass", value=7),
    ]


def project(repo_url: str) -> JsonObject:
    """Return an AppProject that allows what this world needs."""
    cluster_kinds = (
        ("", "Namespace"),
        ("admissionregistration.k8s.io", "ValidatingAdmissionPolicy"),
        ("admissionregistration.k8s.io", "ValidatingAdmissionPolicyBinding"),
        ("scheduling.k8s.io", "PriorityClass"),
    )
    return {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "AppProject",
        "metadata": {"name": "platform", "namespace": "argocd"},
        "spec": {
            "sourceRepos": [repo_url],
            "destinations": [{"server": SERVER, "namespace": "*"}],
            "destinationServiceAccounts": [
                {
                    "server": SERVER,
                    "namespace": "*",
                    "defaultServiceAccount": "gitopskit-system:gitopskit-platform-applier",
                }
            ],
            "clusterResourceWhitelist": [{"group": g, "kind": k} for g, k in cluster_kinds],
        },
    }


def closed_project(repo_url: str) -> JsonObject:
    """Return an AppProject for what an administrator installs and Git only compares."""
    return {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "AppProject",
        "metadata": {"name": "closed", "namespace": "argocd"},
        "spec": {
            "sourceRepos": [repo_url],
            "destinations": [{"server": SERVER, "namespace": "kube-system"}],
            "clusterResourceWhitelist": [{"group": "*", "kind": "*"}],
        },
    }


def closed_application(repo_url: str) -> JsonObject:
    """Return an Application that compares the unsealer's rights with Git."""
    made = application("unsealer", repo_url, project="closed", syncPolicy={})
    made["spec"]["destination"] = {"server": SERVER, "namespace": "kube-system"}
    return made


def closed_objects() -> list[JsonObject]:
    """Return what was installed for the unsealer: definition, account, rights."""
    manifests = platform_documents("crds/sealedsecrets.yaml", "unsealer/rbac.yaml")
    return [manifest.content for manifest in manifests]


def tenant_project(repo_url: str) -> JsonObject:
    """Return an AppProject for the application's namespaces."""
    return {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "AppProject",
        "metadata": {"name": PROJECT, "namespace": "argocd"},
        "spec": {
            "sourceRepos": [repo_url],
            "destinations": [
                {"server": SERVER, "namespace": APP_NAMESPACE},
                {"server": SERVER, "namespace": PLAIN_NAMESPACE},
            ],
        },
    }


def application(name: str, repo_url: str, **changes: Any) -> JsonObject:  # noqa: ANN401 -- fields of a spec
    """Return an Application that renders the folder of its name and deletes with its finalizer."""
    spec: JsonObject = {
        "project": PROJECT,
        "source": {"repoURL": repo_url, "targetRevision": "main", "path": name},
        "destination": {"server": SERVER, "namespace": APP_NAMESPACE},
        "syncPolicy": {"automated": {"prune": True, "selfHeal": True, "allowEmpty": True}},
    }
    return {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Application",
        "metadata": {
            "name": name,
            "namespace": "argocd",
            "finalizers": ["resources-finalizer.argocd.argoproj.io"],
        },
        "spec": spec | changes,
    }


def foreign_definitions() -> list[JsonObject]:
    """Return definitions of the kinds that other projects bring, without any schema."""
    kinds = [("external-secrets.io", kind) for kind in ("ExternalSecret", "SecretStore")]
    kinds += [("gateway.networking.k8s.io", kind) for kind in _ROUTES]
    return [_definition(group, kind) for group, kind in kinds]


def files(folder: str, objects: Iterable[JsonObject]) -> dict[str, str | bytes]:
    """Return the objects as files of a folder."""
    return {
        f"{folder}/{number:02}.json": json.dumps(content) for number, content in enumerate(objects)
    }


def marked(objects: Iterable[JsonObject]) -> list[JsonObject]:
    """Return the objects with one more label, so that each has to be patched."""
    return [
        {**content, "metadata": {**content["metadata"], "labels": {"marked": "yes"}}}
        for content in objects
    ]


def _object(api_version: str, kind: str, **content: Any) -> JsonObject:  # noqa: ANN401 -- any field
    return {"apiVersion": api_version, "kind": kind, "metadata": {"name": "all"}, **content}


def _definition(group: str, kind: str) -> JsonObject:
    plural = f"{kind.lower()}s"
    schema = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    version = {
        "name": "v1",
        "served": True,
        "storage": True,
        "schema": {"openAPIV3Schema": schema},
    }
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {
            "name": f"{plural}.{group}",
            "annotations": {"api-approved.kubernetes.io": "unapproved, for tests"},
        },
        "spec": {
            "group": group,
            "scope": "Namespaced",
            "names": {"plural": plural, "kind": kind},
            "versions": [version],
        },
    }
