"""Structural schemas of external-secrets.io/v1: ExternalSecret, SecretStore, ClusterSecretStore.

Owns what the two sides agree on for the three served backends; the other providers, and how to
log in to a backend, are left open. A conformance test compares it with the published definitions.

Source: external-secrets.io, API specification v1.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gitopskit.manifests.json_types import JsonObject

_TEXT: Final[JsonObject] = {"type": "string"}
_FLAG: Final[JsonObject] = {"type": "boolean"}
_NUMBER: Final[JsonObject] = {"type": "integer"}
_TEXTS: Final[JsonObject] = {"type": "array", "items": _TEXT}
_LABELS: Final[JsonObject] = {"type": "object", "additionalProperties": _TEXT}
_OPEN: Final[JsonObject] = {"type": "object"}


def _object(*required: str, **properties: JsonObject) -> JsonObject:
    result: JsonObject = {"type": "object", "properties": properties}
    return result | ({"required": list(required)} if required else {})


def _list(item: JsonObject) -> JsonObject:
    return {"type": "array", "items": item}


def _one_of(*values: str) -> JsonObject:
    return {"type": "string", "enum": list(values)}


_DECODING: Final = _one_of("Auto", "Base64", "Base64URL", "None")
_STRATEGIES: Final[Mapping[str, JsonObject]] = {
    "conversionStrategy": _one_of("Default", "Unicode"),
    "decodingStrategy": _DECODING,
    "nullBytePolicy": _one_of("Ignore", "Fail"),
}
_STORE: Final = _object(kind=_one_of("SecretStore", "ClusterSecretStore"), name=_TEXT)
_SOURCE: Final = _object(
    storeRef=_STORE, generatorRef=_object("kind", "name", apiVersion=_TEXT, kind=_TEXT, name=_TEXT)
)
_REMOTE: Final = _object(
    "key",
    key=_TEXT,
    property=_TEXT,
    version=_TEXT,
    metadataPolicy=_one_of("None", "Fetch"),
    **_STRATEGIES,
)
_FIND: Final = _object(path=_TEXT, name=_object(regexp=_TEXT), tags=_LABELS, **_STRATEGIES)
_FILES: Final = _object(
    "items",
    "name",
    name=_TEXT,
    items=_list(_object("key", key=_TEXT, templateAs=_one_of("Values", "KeysAndValues"))),
)
_TEMPLATE: Final = _object(
    type=_TEXT,
    engineVersion=_one_of("v2"),
    mergePolicy=_one_of("Replace", "Merge"),
    metadata=_object(annotations=_LABELS, labels=_LABELS, finalizers=_TEXTS),
    data=_LABELS,
    templateFrom=_list(
        _object(
            configMap=_FILES,
            secret=_FILES,
            literal=_TEXT,
            target=_TEXT,
            valuesDecodingStrategy=_DECODING,
        )
    ),
)
_TARGET: Final = _object(
    name=_TEXT,
    creationPolicy=_one_of("Owner", "Orphan", "Merge", "None", "CreateOrMerge"),
    deletionPolicy=_one_of("Delete", "Merge", "Retain"),
    immutable=_FLAG,
    manifest=_object("apiVersion", "kind", apiVersion=_TEXT, kind=_TEXT),
    template=_TEMPLATE,
)
_EXTERNAL_SECRET: Final = _object(
    spec=_object(
        refreshInterval=_TEXT,
        refreshPolicy=_one_of("CreatedOnce", "Periodic", "OnChange"),
        secretStoreRef=_STORE,
        syncWindows=_OPEN,
        target=_TARGET,
        data=_list(
            _object("remoteRef", "secretKey", secretKey=_TEXT, remoteRef=_REMOTE, sourceRef=_SOURCE)
        ),
        dataFrom=_list(
            _object(extract=_REMOTE, find=_FIND, rewrite=_list(_OPEN), sourceRef=_SOURCE)
        ),
    ),
    status=_OPEN,
)

_VAULT: Final = _object(
    "server",
    server=_TEXT,
    path=_TEXT,
    version=_one_of("v1", "v2"),
    namespace=_TEXT,
    auth=_OPEN,
    caBundle=_TEXT,
    caProvider=_OPEN,
    checkAndSet=_OPEN,
    forwardInconsistent=_FLAG,
    headers=_LABELS,
    readYourWrites=_FLAG,
    tls=_OPEN,
)
_AWS: Final = _object(
    "region",
    "service",
    service=_one_of("SecretsManager", "ParameterStore", "CertificateManager"),
    region=_TEXT,
    role=_TEXT,
    auth=_OPEN,
    additionalRoles=_TEXTS,
    customSessionTags=_LABELS,
    externalID=_TEXT,
    prefix=_TEXT,
    secretsManager=_object(forceDeleteWithoutRecovery=_FLAG, recoveryWindowInDays=_NUMBER),
    sessionTags=_list(_object("key", "value", key=_TEXT, value=_TEXT)),
    sessionTagsPolicy=_one_of("None", "Simple", "Custom"),
    transitiveTagKeys=_TEXTS,
)
_AZURE: Final = _object(
    "vaultUrl",
    vaultUrl=_TEXT,
    tenantId=_TEXT,
    authType=_one_of("ServicePrincipal", "ManagedIdentity", "WorkloadIdentity"),
    authSecretRef=_OPEN,
    serviceAccountRef=_OPEN,
    identityId=_TEXT,
    environmentType=_one_of(
        "PublicCloud", "USGovernmentCloud", "ChinaCloud", "GermanCloud", "AzureStackCloud"
    ),
    customCloudConfig=_OPEN,
    useAzureSDK=_FLAG,
)
_PROVIDER: Final[JsonObject] = {
    **_object(vault=_VAULT, aws=_AWS, azurekv=_AZURE),
    "x-kubernetes-preserve-unknown-fields": True,
    "minProperties": 1,
    "maxProperties": 1,
}
_SECRET_STORE: Final = _object(
    spec=_object(
        "provider",
        provider=_PROVIDER,
        conditions=_list(_OPEN),
        controller=_TEXT,
        refreshInterval={"x-kubernetes-int-or-string": True},
        retrySettings=_object(maxRetries=_NUMBER, retryInterval=_TEXT),
    ),
    status=_OPEN,
)

EXTERNAL_SECRETS: Final[Mapping[tuple[str, str], JsonObject]] = {
    ("external-secrets.io/v1", "ExternalSecret"): _EXTERNAL_SECRET,
    ("external-secrets.io/v1", "SecretStore"): _SECRET_STORE,
    ("external-secrets.io/v1", "ClusterSecretStore"): _SECRET_STORE,
}
