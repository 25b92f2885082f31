"""What no SealedSecret may make: a Secret that would give its author rights they lack. Pure.

Checked on the Secret that would be written, not on the template: in the form before 2019 the
labels and the type are among what is sealed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from gitopskit.errors import UnsupportedField
from gitopskit.manifests.settled_names import HYBRID_KEY_LABEL
from gitopskit.sealing.keys import KEY_LABEL
from gitopskit.unsealer.decide import TOKEN_TYPE

if TYPE_CHECKING:
    from gitopskit.sealing.unseal import UnsealedSecret

JOINING_TYPE: Final = "bootstrap.kubernetes.io/token"
"""With such a Secret in ``kube-system`` a machine joins the cluster, as a group that it names.

Source: kubernetes.io/docs, "Authenticating with Bootstrap Tokens".
"""

_HINTS: Final = {
    TOKEN_TYPE: "let a pod mount a projected token instead",
    JOINING_TYPE: "make it with `kubeadm token create`",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowed:
    """Where the sealing keys are, how their names begin, and whether tokens may be asked for.

    ``key_prefix`` is the name of the key Secret that needs no label, ``key_labels`` are the labels
    by which the others are found.
    """

    key_namespace: str
    key_prefix: str = "sealed-secrets-key"
    key_labels: frozenset[str] = frozenset({KEY_LABEL, HYBRID_KEY_LABEL})
    token_secrets: bool = False


def require_allowed(secret: UnsealedSecret, allowed: Allowed) -> None:
    """Check that a Secret neither plants a sealing key nor is a token of Kubernetes.

    Raises:
        UnsupportedField: it does.
    """
    if secret.type in _HINTS and not allowed.token_secrets:
        raise UnsupportedField(
            f"the type {secret.type} is not made",
            hint=f"{_HINTS[secret.type]}, or run the unsealer with `--allow-token-secrets`",
        )
    if secret.namespace == allowed.key_namespace:
        _require_no_key(secret, allowed)


def _require_no_key(secret: UnsealedSecret, allowed: Allowed) -> None:
    planted = allowed.key_labels & (secret.metadata.get("labels") or {}).keys()
    if planted:
        raise UnsupportedField(
            f"in this namespace no Secret is made with the label {min(planted)}",
            hint="create sealing keys with `gitopskit keys new`",
        )
    if secret.name == allowed.key_prefix:
        raise UnsupportedField(
            f"in this namespace a Secret named {secret.name} would be a sealing key",
            hint="give the SealedSecret another name",
        )
