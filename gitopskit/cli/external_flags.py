"""The flags of ``gitopskit external emit``, one name for each, so that commands stay readable."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

import typer

Format: TypeAlias = Literal["yaml", "json"]
EngineVersion: TypeAlias = Literal["v1", "v2"]


def _flag(help_text: str, *names: str, metavar: str = "NAME") -> typer.models.OptionInfo:
    option: typer.models.OptionInfo = typer.Option(*names, metavar=metavar, help=help_text)
    return option


_ITEM = "KEY=REMOTE[#PROPERTY][@VERSION]"
_OBJECT = "REMOTE[@VERSION]"
_DATA_HELP = "A key of the Secret and where its value is; may be repeated."
_EXTRACT_HELP = "An object whose fields all become keys; may be repeated."
_SELECTOR = "NAME#KEY"

Name: TypeAlias = Annotated[str, _flag("Of the ExternalSecret, and of the Secret it makes.")]
Namespace: TypeAlias = Annotated[str, _flag("Where all of it is.", "--namespace", "-n")]
Data: TypeAlias = Annotated[list[str] | None, _flag(_DATA_HELP, metavar=_ITEM)]
Extract: TypeAlias = Annotated[list[str] | None, _flag(_EXTRACT_HELP, metavar=_OBJECT)]
StoreName: TypeAlias = Annotated[str, _flag("Of the SecretStore.", "--store")]
Target: TypeAlias = Annotated[str, _flag("Of the Secret to be made; default: --name.")]
Refresh: TypeAlias = Annotated[str, _flag("How often to fetch.", metavar="DURATION")]
Output: TypeAlias = Annotated[Format, typer.Option("--output", "-o", help="yaml or json.")]
WithoutStore: TypeAlias = Annotated[
    bool, typer.Option("--without-store", help="Leave out the SecretStore.")
]
ServiceAccount: TypeAlias = Annotated[str, _flag("Log in as this ServiceAccount.")]

Server: TypeAlias = Annotated[str, _flag("Address of Vault or OpenBao.", metavar="URL")]
Mount: TypeAlias = Annotated[str, _flag("Where the key-value engine is mounted.", metavar="PATH")]
Engine: TypeAlias = Annotated[EngineVersion, typer.Option(help="Version of the key-value engine.")]
VaultNamespace: TypeAlias = Annotated[str, _flag("Namespace inside Vault.")]
AuthMount: TypeAlias = Annotated[str, _flag("Where the login is mounted.", metavar="PATH")]
Role: TypeAlias = Annotated[str, _flag("Kubernetes login: the role that Vault knows.")]
RoleId: TypeAlias = Annotated[str, _flag("AppRole login: the role's id.", metavar="ID")]
SecretId: TypeAlias = Annotated[
    str, _flag("AppRole login: where the secret id is.", metavar=_SELECTOR)
]
Token: TypeAlias = Annotated[str, _flag("Where a token is.", metavar=_SELECTOR)]

Region: TypeAlias = Annotated[str, _flag("Region of the Secrets Manager.")]
RoleArn: TypeAlias = Annotated[str, _flag("Role to take on.", metavar="ARN")]
AccessKeyId: TypeAlias = Annotated[str, _flag("Access key: where its id is.", metavar=_SELECTOR)]
SecretAccessKey: TypeAlias = Annotated[
    str, _flag("Access key: where the key is.", metavar=_SELECTOR)
]

VaultUrl: TypeAlias = Annotated[str, _flag("Address of the Key Vault.", metavar="URL")]
TenantId: TypeAlias = Annotated[str, _flag("Service principal: the tenant.", metavar="ID")]
ClientId: TypeAlias = Annotated[
    str, _flag("Service principal: where its client id is.", metavar=_SELECTOR)
]
ClientSecret: TypeAlias = Annotated[
    str, _flag("Service principal: where its secret is.", metavar=_SELECTOR)
]
ManagedIdentity: TypeAlias = Annotated[
    str, _flag("The node's identity, or `default`.", metavar="ID")
]
