"""--recovery-unseal: which keys it takes, and what it gives back."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from cryptography.hazmat.primitives import serialization

from gitopskit.manifests.write import dump_documents
from gitopskit.sealing.keys import key_secret
from gitopskit.sealing.scope import Scope
from tests.interop.kubeseal_rows.kinds import Differs, Refused, told
from tests.interop.kubeseal_rows.merging import sealed, two
from tests.support.kubeseal_calls import MANIFEST, Call, Content, Result
from tests.support.kubeseal_results import documents
from tests.support.sealing import sealing_pair

if TYPE_CHECKING:
    from collections.abc import Callable

    from gitopskit.manifests.json_types import JsonObject

_TLS_KEY: Final = "--recovery-private-key tls.key"
_TEMPLATED: Final = sealed(
    more="  template: {metadata: {labels: {a: b}, annotations: {c: d}}, type: x/y}\n"
)
_OWNER: Final = {
    "apiVersion": "bitnami.com/v1alpha1",
    "controller": True,
    "kind": "SealedSecret",
    "name": "db",
    "uid": "",
}


def _key(number: int) -> JsonObject:
    return key_secret(sealing_pair(number), namespace="kube-system", name=f"key-{number}")


def _pkcs1() -> bytes:
    return sealing_pair().private_pem.reveal()


def _pkcs8() -> bytes:
    private_key = serialization.load_pem_private_key(_pkcs1(), password=None)
    return private_key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


def _list(kind: str) -> JsonObject:
    return {"apiVersion": "v1", "kind": kind, "items": [_key(1), _key(0)]}


def _two_keys() -> bytes:
    return sealing_pair(1).private_pem.reveal() + _pkcs1()


_KEYS: Final[dict[str, Callable[[], str | bytes]]] = {
    "PKCS#1": _pkcs1,
    "PKCS#8": _pkcs8,
    "a key Secret in JSON": lambda: json.dumps(_key(0)),
    "a key Secret in YAML": lambda: dump_documents([_key(0)]),
    "a List in JSON": lambda: json.dumps(_list("List")),
    "a List in YAML": lambda: dump_documents([_list("List")]),
}


def call(flags: str, stdin: Content = _TEMPLATED, **more: Any) -> Call:  # noqa: ANN401 -- the fields of a Call
    """Return a call that recovers."""
    return Call(flags=f"--recovery-unseal {flags}", stdin=stdin, has_certificate=False, **more)


def recovered(result: Result) -> object:
    """Return the Secrets that are printed or written, without what is the difference itself."""
    if result.code:
        return result.told
    text = result.stdout or result.files["out.yaml"]
    found = documents(text)
    for each in found:
        each["metadata"].pop("ownerReferences", None)
        each.pop("type") if each.get("type") == "Opaque" else None
    return found


def _metadata(result: Result) -> object:
    (one,) = documents(result.stdout)
    return one["metadata"].get("ownerReferences", []), one.get("type", "")


def _names(result: Result) -> object:
    if result.code:
        return result.told
    return [each["metadata"].get("name", "") for each in documents(result.stdout)]


ALIKE: Final = (
    *(
        (name, call("--recovery-private-key key", files={"key": content}))
        for name, content in _KEYS.items()
    ),
    ("a key among others", call("--recovery-private-key new.key,tls.key")),
    ("a key after another", call(f"--recovery-private-key new.key {_TLS_KEY}")),
    ("recovered as YAML", call(f"{_TLS_KEY} -o yaml")),
    ("recovered to a file", call(f"{_TLS_KEY} -w out.yaml")),
    ("recovered from a file", call(f"{_TLS_KEY} -f in.yaml", files={"in.yaml": _TEMPLATED})),
    ("recovered, namespace-wide", call(_TLS_KEY, sealed(scope=Scope.NAMESPACE_WIDE))),
    ("recovered, cluster-wide", call(_TLS_KEY, sealed(scope=Scope.CLUSTER_WIDE))),
    (
        "recovered by variables",
        Call(
            stdin=_TEMPLATED,
            has_certificate=False,
            variables={
                "SEALED_SECRETS_RECOVERY_UNSEAL": "T",
                "SEALED_SECRETS_RECOVERY_PRIVATE_KEY": "new.key,tls.key",
            },
        ),
    ),
)
"""Calls that give back the same Secret, but for ``recovered-secret``."""

SAME: Final = ()

REFUSED: Final = (
    Refused(
        "another key",
        call("--recovery-private-key new.key"),
        "no key could decrypt secret (old)",
        "no key opens `old`: it was sealed to a key that is not here, or for another name or "
        "namespace than shop/db, or altered since; keys tried: SHA256:…",
        code=4,
    ),
    Refused(
        "recovered elsewhere",
        call(_TLS_KEY, lambda: sealed()().replace("namespace: shop", "namespace: other")),
        "no key could decrypt secret (old)",
        "no key opens `old`: it was sealed to a key that is not here, or for another name or "
        "namespace than other/db, or altered since; keys tried: SHA256:…",
        code=4,
    ),
    Refused(
        "no key",
        call(""),
        "no key could decrypt secret (old)",
        "--recovery-unseal needs --recovery-private-key",
    ),
    Refused(
        "a missing key",
        call("--recovery-private-key missing.key"),
        "open missing.key: no such file or directory",
        "cannot read the file: No such file or directory",
    ),
    Refused(
        "a certificate as key",
        call("--recovery-private-key tls.crt"),
        "no key could decrypt secret (old)",
        "there is no private key in it",
    ),
    Refused(
        "a Secret to be recovered",
        call(_TLS_KEY, MANIFEST),
        "converting (v1.Secret) to (v1alpha1.SealedSecret): unknown conversion",
        "this is no SealedSecret of bitnami.com/v1alpha1",
    ),
)

DIFFERS: Final = (
    Differs(
        "recovered-secret",
        "the owner of what is recovered",
        call(_TLS_KEY, sealed()),
        _metadata,
        ([_OWNER], ""),
        ([], "Opaque"),
    ),
    Differs(
        "recovered-documents",
        "two to be recovered",
        call(_TLS_KEY, two),
        _names,
        ["db"],
        ["db", "cache"],
    ),
    Differs(
        "recovery-keys",
        "a list of Secrets as kubectl has it",
        call("--recovery-private-key key", files={"key": lambda: json.dumps(_list("SecretList"))}),
        told,
        "secret must contain a 'tls.data' key",
        "done",
    ),
    Differs(
        "recovery-keys",
        "two keys in one file",
        call("--recovery-private-key key", files={"key": _two_keys}),
        told,
        "no key could decrypt secret (old)",
        "done",
    ),
    Differs(
        "empty-input",
        "nothing to be recovered",
        call(_TLS_KEY, ""),
        _names,
        [""],
        "there is no SealedSecret in the input",
    ),
)
