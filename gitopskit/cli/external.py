"""``gitopskit external``: manifests for secrets that live in Vault, AWS or Azure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import typer

from gitopskit.cli import external_flags as flags
from gitopskit.cli import output

if TYPE_CHECKING:
    from gitopskit.externalsecrets.stores import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wanted:
    """The flags that every backend has."""

    name: str
    namespace: str
    data: list[str] | None
    extract: list[str] | None
    store: str
    without_store: bool
    target: str
    refresh: str
    output: flags.Format


def register(app: typer.Typer) -> None:
    """Add the group to the application."""
    group = typer.Typer(help="Manifests for secrets that live in Vault, AWS or Azure.")
    emit = typer.Typer(help="Print a SecretStore and an ExternalSecret; takes no secret value.")
    emit.command("vault")(emit_vault)
    emit.command("aws")(emit_aws)
    emit.command("azure")(emit_azure)
    group.add_typer(emit, name="emit")
    app.add_typer(group, name="external")


def emit_vault(  # noqa: PLR0913 -- one parameter per flag
    *,
    name: flags.Name,
    namespace: flags.Namespace,
    server: flags.Server,
    data: flags.Data = None,
    extract: flags.Extract = None,
    mount: flags.Mount = "secret",
    engine: flags.Engine = "v2",
    vault_namespace: flags.VaultNamespace = "",
    role: flags.Role = "",
    service_account: flags.ServiceAccount = "",
    role_id: flags.RoleId = "",
    secret_id: flags.SecretId = "",
    token: flags.Token = "",
    auth_mount: flags.AuthMount = "",
    store: flags.StoreName = "vault",
    without_store: flags.WithoutStore = False,
    target: flags.Target = "",
    refresh: flags.Refresh = "1h",
    output_format: flags.Output = "yaml",
) -> None:
    """Fetch from a key-value engine of Vault or OpenBao.

    The login is one of: --role (with or without --service-account), --role-id with --secret-id,
    --token.
    """
    from gitopskit.externalsecrets import logins, stores

    auth = logins.vault_login(
        role=role,
        service_account=service_account,
        role_id=role_id,
        secret_id=secret_id,
        token=token,
        mount=auth_mount,
    )
    vault = stores.VaultStore(
        server=server, auth=auth, mount=mount, engine=engine, vault_namespace=vault_namespace
    )
    wanted = _Wanted(
        name=name,
        namespace=namespace,
        data=data,
        extract=extract,
        store=store,
        without_store=without_store,
        target=target,
        refresh=refresh,
        output=output_format,
    )
    _print(vault, wanted)


def emit_aws(  # noqa: PLR0913 -- one parameter per flag
    *,
    name: flags.Name,
    namespace: flags.Namespace,
    region: flags.Region,
    data: flags.Data = None,
    extract: flags.Extract = None,
    service_account: flags.ServiceAccount = "",
    access_key_id: flags.AccessKeyId = "",
    secret_access_key: flags.SecretAccessKey = "",
    role_arn: flags.RoleArn = "",
    store: flags.StoreName = "aws",
    without_store: flags.WithoutStore = False,
    target: flags.Target = "",
    refresh: flags.Refresh = "1h",
    output_format: flags.Output = "yaml",
) -> None:
    """Fetch from AWS Secrets Manager.

    The login is one of: --service-account, --access-key-id with --secret-access-key, or none: then
    the operator's own identity is used.
    """
    from gitopskit.externalsecrets import logins, stores

    auth = logins.aws_login(
        service_account=service_account,
        access_key_id=access_key_id,
        secret_access_key=secret_access_key,
    )
    wanted = _Wanted(
        name=name,
        namespace=namespace,
        data=data,
        extract=extract,
        store=store,
        without_store=without_store,
        target=target,
        refresh=refresh,
        output=output_format,
    )
    _print(stores.AwsStore(region=region, auth=auth, role_arn=role_arn), wanted)


def emit_azure(  # noqa: PLR0913 -- one parameter per flag
    *,
    name: flags.Name,
    namespace: flags.Namespace,
    vault_url: flags.VaultUrl,
    data: flags.Data = None,
    extract: flags.Extract = None,
    service_account: flags.ServiceAccount = "",
    tenant_id: flags.TenantId = "",
    client_id: flags.ClientId = "",
    client_secret: flags.ClientSecret = "",
    managed_identity: flags.ManagedIdentity = "",
    store: flags.StoreName = "azure",
    without_store: flags.WithoutStore = False,
    target: flags.Target = "",
    refresh: flags.Refresh = "1h",
    output_format: flags.Output = "yaml",
) -> None:
    """Fetch from an Azure Key Vault.

    The login is one of: --service-account (workload identity), --tenant-id with --client-id and
    --client-secret (service principal), --managed-identity.
    """
    from gitopskit.externalsecrets import logins, stores

    auth = logins.azure_login(
        service_account=service_account,
        tenant_id=tenant_id,
        client_id=client_id,
        client_secret=client_secret,
        identity=managed_identity,
    )
    wanted = _Wanted(
        name=name,
        namespace=namespace,
        data=data,
        extract=extract,
        store=store,
        without_store=without_store,
        target=target,
        refresh=refresh,
        output=output_format,
    )
    _print(stores.AzureStore(vault_url=vault_url, auth=auth), wanted)


def _print(store: Store, wanted: _Wanted) -> None:
    from gitopskit.externalsecrets import emit, references
    from gitopskit.manifests import write

    manifests = emit.emit(
        emit.EmitOptions(
            name=wanted.name,
            namespace=wanted.namespace,
            store_name=wanted.store,
            store=store,
            items=tuple(map(references.parse_item, wanted.data or ())),
            extracts=tuple(map(references.parse_remote, wanted.extract or ())),
            target_name=wanted.target,
            refresh_interval=wanted.refresh,
        )
    )
    printed = manifests[1:] if wanted.without_store else manifests
    if wanted.output == "json":
        output.print_result("".join(map(write.dump_json, printed)))
    else:
        output.print_result(write.dump_documents(printed))
