"""One value sealed on its own, to be put into a manifest by hand or by another program.

Source: github.com/bitnami-labs/sealed-secrets, cmd/kubeseal, ``--raw``.
"""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

from gitopskit.errors import InputError
from gitopskit.manifests.names import require_dns_label, require_dns_subdomain
from gitopskit.sealing.envelope import seal_value
from gitopskit.sealing.scope import Binding, Scope
from gitopskit.sealing.secret_values import require_sizes_fit

if TYPE_CHECKING:
    from gitopskit.redaction import Plaintext
    from gitopskit.sealing.keys import SealingCertificate


def raw_binding(*, name: str, namespace: str, scope: Scope) -> Binding:
    """Return the place that a value is sealed for; names that the scope does not need are dropped.

    Raises:
        InputError: the scope needs a name or a namespace that is not given, or that no Secret has.
    """
    if scope is Scope.CLUSTER_WIDE:
        return Binding(scope=scope, namespace="", name="")
    if not namespace:
        raise _missing("--namespace", scope)
    require_dns_label(namespace, what="namespace of the Secret")
    if scope is Scope.NAMESPACE_WIDE:
        return Binding(scope=scope, namespace=namespace, name="")
    if not name:
        raise _missing("--name", scope)
    require_dns_subdomain(name, what="name of the Secret")
    return Binding(scope=scope, namespace=namespace, name=name)


def raw_blob(value: Plaintext, *, certificate: SealingCertificate, binding: Binding) -> str:
    """Return a value sealed for a place, in base64 without a line break.

    Raises:
        InputError: it has more than 1 MiB.
    """
    require_sizes_fit([len(value)], where="")
    blob = seal_value(value, public_key=certificate.public_key, label=binding.label)
    return base64.b64encode(blob).decode()


def _missing(flag: str, scope: Scope) -> InputError:
    return InputError(
        f"must provide the {flag} flag with --raw and --scope {scope.value}",
        hint="a value opens only in the place that it is sealed for",
    )
