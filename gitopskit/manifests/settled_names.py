"""The names in a cluster that users' manifests, roles and scripts refer to: they never change.

Pure. Source: docs/architecture.md, "Names, for ever"; the ``argocd`` names are Argo CD's.
"""

from __future__ import annotations

from typing import Final

SYSTEM_NAMESPACE: Final = "gitopskit-system"
"""Where the reconciler runs, with the inventories."""

UNSEALER_NAMESPACE: Final = "kube-system"
"""Where the unsealer runs, with the sealing keys, unless another namespace is chosen."""

UNSEALER_SERVICE: Final = "sealed-secrets-controller"
"""The unsealer's Service, where kubeseal looks for one. Source: kubeseal, its default flags."""

APPLICATIONS_NAMESPACE: Final = "argocd"
"""Where Applications, AppProjects and repository Secrets are."""

ROOT_PROJECT: Final = "gitopskit-root"
APPLIER: Final = "gitopskit-applier"
PLATFORM_APPLIER: Final = "gitopskit-platform-applier"

CERTIFICATE_CONFIG_MAP: Final = "gitopskit-sealing-certificate"
"""The ConfigMap, with the item ``tls.crt``, in which a cluster publishes its certificate."""

HYBRID_KEY_LABEL: Final = "gitopskit.io/sealing-key"
HYBRID_KEY_TYPE: Final = HYBRID_KEY_LABEL
"""Label and type of Secrets with hybrid sealing keys; the label's values are those of RSA keys."""

KEY_RECORDS_ANNOTATION: Final = "gitopskit.io/sealing-keys"
"""The annotation of a SealedSecret that says which key each of its items was sealed to."""

OWN_SERVER: Final = "https://kubernetes.default.svc"
"""The address by which an Application names the cluster that it is in."""

SECRET_TYPE_LABEL: Final = "argocd.argoproj.io/secret-type"  # noqa: S105 -- a label, no secret
KNOWN_HOSTS_CONFIG_MAP: Final = "argocd-ssh-known-hosts-cm"
KNOWN_HOSTS_KEY: Final = "ssh_known_hosts"
TLS_CERTIFICATES_CONFIG_MAP: Final = "argocd-tls-certs-cm"
GPG_KEYS_CONFIG_MAP: Final = "argocd-gpg-keys-cm"
"""Source: Argo CD, operator-manual/declarative-setup."""
