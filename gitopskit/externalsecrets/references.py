"""What is fetched: ``KEY=REMOTE[#PROPERTY][@VERSION]``, and what each backend accepts in it.

Pure. The checks are for what the operator takes silently and then reads differently than meant.

Source: documentation and source of external-secrets 2.9 for the three providers; naming rules of
AWS Secrets Manager (CreateSecret) and Azure Key Vault ("Object identifiers").
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from gitopskit.errors import InputError
from gitopskit.externalsecrets.stores import AwsStore, VaultStore

if TYPE_CHECKING:
    from gitopskit.externalsecrets.stores import Store
    from gitopskit.manifests.json_types import JsonObject

_SECRET_KEY: Final = re.compile(r"[-._a-zA-Z0-9]{1,253}")
_PROPERTY_HAZARDS: Final = "*?#|@"
"""Characters that the operator reads as a query, not as part of a field's name (gjson)."""

_VAULT_PATH: Final = re.compile(r"[A-Za-z0-9 ._~+=:@-]+(/[A-Za-z0-9 ._~+=:@-]+)*")
_VAULT_VERSION: Final = re.compile(r"[1-9][0-9]*")
_AWS_NAME: Final = re.compile(r"[A-Za-z0-9/_+=.@-]{1,512}")
_AWS_ARN: Final = re.compile(
    r"arn:[a-z-]+:secretsmanager:[a-z0-9-]+:\d{12}:secret:[A-Za-z0-9/_+=.@-]{1,519}"
)
_AWS_SUFFIX: Final = re.compile(r".*-[A-Za-z0-9]{6}")
_AWS_STAGE: Final = re.compile(r"[A-Za-z0-9/_+=.@-]{1,256}")
_UUID: Final = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_AZURE_KEY: Final = re.compile(r"((secret|key|cert)/)?[0-9a-zA-Z-]{1,127}")
_AZURE_VERSION: Final = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoteReference:
    """An object in a backend; an empty property is the whole, an empty version the newest."""

    key: str
    property: str = ""
    version: str = ""

    def to_content(self) -> JsonObject:
        """Return the reference as an ExternalSecret holds it."""
        parts = {"key": self.key, "property": self.property, "version": self.version}
        return {name: value for name, value in parts.items() if value}


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One key of the Secret to be made, and where its value comes from."""

    key: str
    remote: RemoteReference


def parse_item(text: str) -> Item:
    """Return what ``KEY=REMOTE[#PROPERTY][@VERSION]`` means.

    Raises:
        InputError: it has another form, or the key cannot be one of a Secret.
    """
    key, separator, remote = text.partition("=")
    if not separator:
        raise InputError(
            f"{text[:80]!r} does not say which key gets which value",
            hint="use the form KEY=REMOTE[#PROPERTY][@VERSION]",
        )
    if not _SECRET_KEY.fullmatch(key):
        raise InputError(
            f"{key[:80]!r} cannot be a key of a Secret",
            hint="use letters, digits, `-`, `_` and `.`, at most 253",
        )
    return Item(key=key, remote=parse_remote(remote))


def parse_remote(text: str) -> RemoteReference:
    """Return what ``REMOTE[#PROPERTY][@VERSION]`` means.

    The version begins after the last ``@``; a name that holds one itself ends with another ``@``.

    Raises:
        InputError: a part is empty, or the property would be read as a query.
    """
    path, at, version = text.rpartition("@")
    if not at:
        path, version = text, ""
    key, hash_sign, name = path.partition("#")
    if not key or (hash_sign and not name):
        raise InputError(
            f"a part of {text[:80]!r} is empty", hint="use the form REMOTE[#PROPERTY][@VERSION]"
        )
    if any(character in name for character in _PROPERTY_HAZARDS):
        raise InputError(
            f"the property {name[:80]!r} would be read as a query",
            hint=f"avoid the characters {' '.join(_PROPERTY_HAZARDS)} in the field's name",
        )
    return RemoteReference(key=key, property=name, version=version)


def check_reference(remote: RemoteReference, store: Store) -> None:
    """Check that a backend reads a reference as it is meant; whether it exists is not checked.

    Raises:
        InputError: name or version have no form of this backend, or one that misleads.
    """
    if isinstance(store, VaultStore):
        _check_vault(remote, store)
    elif isinstance(store, AwsStore):
        _check_aws(remote)
    else:
        _check_azure(remote)


def _check_vault(remote: RemoteReference, store: VaultStore) -> None:
    key = remote.key
    if not _VAULT_PATH.fullmatch(key) or {".", ".."} & set(key.split("/")):
        raise InputError(f"{key[:80]!r} is no path in Vault", hint="use a path such as app/db")
    if store.engine == "v1":
        if remote.version:
            raise InputError(
                f"{key!r} has a version, but a v1 engine keeps none", hint="leave out `@VERSION`"
            )
        return
    below = _below_mount(key, store.mount)
    if below != key:
        raise InputError(
            f"the path {key!r} repeats the mount or what the operator adds by itself",
            hint=f"give the path below the mount: {below}",
        )
    if remote.version and not _VAULT_VERSION.fullmatch(remote.version):
        raise InputError(
            f"{remote.version[:80]!r} is no version in Vault", hint="use a number, as in app/db@3"
        )


def _below_mount(key: str, mount: str) -> str:
    for prefix in (f"{mount}/", "data/", "metadata/"):
        key = key.removeprefix(prefix)
    return key


def _check_aws(remote: RemoteReference) -> None:
    key, version = remote.key, remote.version
    if not _AWS_ARN.fullmatch(key):
        if not _AWS_NAME.fullmatch(key):
            raise InputError(
                f"{key[:80]!r} is no name of a secret in AWS",
                hint="use letters, digits and / _ + = . @ -, at most 512, or an ARN",
            )
        if _AWS_SUFFIX.fullmatch(key):
            raise InputError(
                f"{key[:80]!r} ends like an ARN's random part, which AWS cuts off when it looks"
                " for a name",
                hint="use another name, or the whole ARN",
            )
    if version == "latest" or _UUID.fullmatch(version):
        raise InputError(
            f"the version {version!r} would be read as a stage of that name",
            hint="leave the version out for the newest, name a stage such as AWSPREVIOUS, or write"
            " a version's id as uuid/ID",
        )
    if version and not _AWS_STAGE.fullmatch(version):
        raise InputError(f"{version[:80]!r} is no stage or version in AWS", hint="use AWSCURRENT")


def _check_azure(remote: RemoteReference) -> None:
    if not _AZURE_KEY.fullmatch(remote.key):
        raise InputError(
            f"{remote.key[:80]!r} is no name in an Azure Key Vault",
            hint="use letters, digits and `-`, at most 127; `secret/`, `key/` or `cert/` may lead",
        )
    if remote.version and not _AZURE_VERSION.fullmatch(remote.version):
        raise InputError(
            f"{remote.version[:80]!r} is no version in an Azure Key Vault",
            hint="use the version's 32 hexadecimal digits, in lower case",
        )
