"""Which login a few loose answers mean; pure.

Each backend knows several logins. The answers that are given decide, and must be those of exactly
one of them. An answer of the form ``NAME#KEY`` names the item of a Secret.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gitopskit.errors import InputError
from gitopskit.externalsecrets.stores import (
    AwsAccessKey,
    AwsServiceAccount,
    AzureManagedIdentity,
    AzureServicePrincipal,
    AzureWorkloadIdentity,
    VaultAppRole,
    VaultKubernetes,
    VaultToken,
    parse_secret_key,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gitopskit.externalsecrets.stores import AwsAuth, AzureAuth, VaultAuth


def vault_login(
    *,
    role: str = "",
    service_account: str = "",
    role_id: str = "",
    secret_id: str = "",
    token: str = "",
    mount: str = "",
) -> VaultAuth:
    """Return the login of a role (Kubernetes), of a role id (AppRole), or a token.

    Raises:
        InputError: the answers are those of no login, or of several.
    """
    chosen = _choose(
        {
            "--role": (role, service_account),
            "--role-id and --secret-id": (role_id, secret_id),
            "--token": (token,),
        }
    )
    if chosen == "--token":
        if mount:
            raise InputError("a token is not mounted anywhere", hint="leave out `--auth-mount`")
        return VaultToken(token=parse_secret_key(token, what="--token"))
    if chosen == "--role":
        return VaultKubernetes(
            role=role, service_account=service_account, mount=mount or "kubernetes"
        )
    credential = parse_secret_key(secret_id, what="--secret-id")
    return VaultAppRole(role_id=role_id, secret_id=credential, mount=mount or "approle")


def aws_login(
    *, service_account: str = "", access_key_id: str = "", secret_access_key: str = ""
) -> AwsAuth | None:
    """Return the login of a ServiceAccount or of an access key; None is the operator's identity.

    Raises:
        InputError: the answers are those of several logins.
    """
    answers = {
        "--service-account": (service_account,),
        "--access-key-id and --secret-access-key": (access_key_id, secret_access_key),
    }
    if not any(map(any, answers.values())):
        return None
    if _choose(answers) == "--service-account":
        return AwsServiceAccount(name=service_account)
    return AwsAccessKey(
        access_key_id=parse_secret_key(access_key_id, what="--access-key-id"),
        secret_access_key=parse_secret_key(secret_access_key, what="--secret-access-key"),
    )


def azure_login(
    *,
    service_account: str = "",
    tenant_id: str = "",
    client_id: str = "",
    client_secret: str = "",
    identity: str = "",
) -> AzureAuth:
    """Return the login of a ServiceAccount, of a service principal, or of the node's identity.

    ``identity`` is a client id, or ``default`` for the only one that the node has.

    Raises:
        InputError: the answers are those of no login, or of several.
    """
    chosen = _choose(
        {
            "--service-account": (service_account,),
            "--tenant-id, --client-id and --client-secret": (tenant_id, client_id, client_secret),
            "--managed-identity": (identity,),
        }
    )
    if chosen == "--service-account":
        return AzureWorkloadIdentity(service_account=service_account)
    if chosen == "--managed-identity":
        return AzureManagedIdentity(identity_id="" if identity == "default" else identity)
    return AzureServicePrincipal(
        tenant_id=tenant_id,
        client_id=parse_secret_key(client_id, what="--client-id"),
        client_secret=parse_secret_key(client_secret, what="--client-secret"),
    )


def _choose(answers: Mapping[str, tuple[str, ...]]) -> str:
    given = [name for name, values in answers.items() if any(values)]
    if len(given) != 1:
        raise InputError(
            f"{' and '.join(given)} are different logins" if given else "the login is missing",
            hint="pass one of: " + "; ".join(answers),
        )
    return given[0]
