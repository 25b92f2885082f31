"""What a value is bound to: the Secret's name, its namespace, and the scope."""

from __future__ import annotations

import json
from typing import Final

from tests.interop.kubeseal_rows.documents import NO_NAME, OTHER, secret
from tests.interop.kubeseal_rows.kinds import Differs, Refused, Same
from tests.support.kubeseal_calls import MANIFEST, Call, Result
from tests.support.kubeseal_results import documents

SCOPES: Final = ("strict", "namespace-wide", "cluster-wide")
_NO_NAMESPACE: Final = secret("name: db")
_MISMATCH: Final = (
    'namespace mismatch: input secret is in namespace "shop" but "other" was specified'
)
_UNBOUND: Final = "the Secret has no namespace, which the scope strict binds it to"
_WIDE: Final = {
    scope: f"sealedsecrets.bitnami.com/{scope}" for scope in ("namespace-wide", "cluster-wide")
}


def annotated(*scopes: str, value: str = '"true"') -> str:
    """Return a Secret that is annotated with scopes."""
    annotations = ", ".join(f"{_WIDE[scope]}: {value}" for scope in scopes)
    return secret(f"name: db, namespace: shop, annotations: {{{annotations}}}")


def kubeconfig(namespace: str = "") -> str:
    """Return a kubeconfig with that namespace in its context; another context has `other`."""
    contexts = [
        {"name": name, "context": {"cluster": "a", "user": "a"} | ({"namespace": ns} if ns else {})}
        for name, ns in (("first", namespace), ("second", "other"))
    ]
    return json.dumps(
        {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": "first",
            "clusters": [{"name": "a", "cluster": {"server": "http://127.0.0.1:9"}}],
            "contexts": contexts,
            "users": [{"name": "a", "user": {"token": "letmein"}}],
        }
    )


def taken(namespace: str) -> str:
    """Return what ours says where it takes the namespace of the kubeconfig's context."""
    return (
        f"gitopskit: no namespace is given: taking '{namespace}', "
        "that of the kubeconfig's context\n"
    )


def _annotations(result: Result) -> object:
    """Return the annotations of the SealedSecret and of its template."""
    (one,) = documents(result.stdout)
    template = one.get("template", {}).get("metadata", {})
    return [each.get("annotations", {}) for each in (one["metadata"], template)]


def _namespace(result: Result) -> object:
    if result.code:
        return result.told
    return documents(result.stdout)[0]["metadata"].get("namespace", "")


def _with_context(flags: str, context_namespace: str = "shop", **variables: str) -> Call:
    return Call(
        flags=flags,
        stdin=_NO_NAMESPACE,
        files={"kubeconfig": kubeconfig(context_namespace)},
        variables=variables,
    )


SAME: Final = (
    *(Same(f"--scope {scope}", Call(flags=f"--scope {scope}")) for scope in SCOPES),
    *(Same(f"annotated {scope}", Call(stdin=annotated(scope))) for scope in _WIDE),
    *(
        Same(f"--scope {flag} over {scope}", Call(flags=f"--scope {flag}", stdin=annotated(scope)))
        for scope in _WIDE
        for flag in _WIDE
    ),
    Same(
        "annotated without quotes",
        Call(stdin=annotated("cluster-wide", value="true")),
    ),
    Same("an empty scope", Call(flags="--scope ''", stdin=annotated("cluster-wide"))),
    Same(
        "cluster-wide without a namespace", Call(flags="--scope cluster-wide", stdin=_NO_NAMESPACE)
    ),
    Same("--name over the Secret's", Call(flags="--name other")),
    Same("--name where there is none", Call(flags="--name other", stdin=NO_NAME)),
    Same("--name for many", Call(flags="--name other", stdin=f"{MANIFEST}---\n{OTHER}")),
    Same("-n where there is none", Call(flags="-n shop", stdin=_NO_NAMESPACE)),
    Same("--namespace", Call(flags="--namespace shop", stdin=_NO_NAMESPACE)),
    Same("-n as in the Secret", Call(flags="-n shop")),
    Same("an empty -n", Call(flags="-n ''")),
    Same(
        "-n and namespace-wide", Call(flags="-n shop --scope namespace-wide", stdin=_NO_NAMESPACE)
    ),
    Same("a context is not needed", Call(flags="--context nowhere")),
)

REFUSED: Final = (
    Refused("another -n", Call(flags="-n other"), _MISMATCH, _MISMATCH),
    Refused(
        "no name",
        Call(stdin=NO_NAME),
        "missing metadata.name in input Secret",
        "missing metadata.name in input Secret",
    ),
    Refused(
        "no name, cluster-wide",
        Call(flags="--scope cluster-wide", stdin=NO_NAME),
        "missing metadata.name in input Secret",
        "missing metadata.name in input Secret",
    ),
    Refused(
        "a name that the server makes",
        Call(stdin=secret("generateName: db-, namespace: shop")),
        "missing metadata.name in input Secret",
        "missing metadata.name in input Secret",
    ),
    Refused(
        "no namespace and no kubeconfig",
        Call(stdin=_NO_NAMESPACE),
        "secret must declare a namespace",
        _UNBOUND,
    ),
    Refused(
        "no namespace and a missing kubeconfig",
        Call(flags="--kubeconfig nowhere", stdin=_NO_NAMESPACE),
        "secret must declare a namespace",
        _UNBOUND,
    ),
    Refused(
        "no namespace and a missing context",
        _with_context("--kubeconfig kubeconfig --context nowhere"),
        "secret must declare a namespace",
        "the kubeconfig has no context 'nowhere'",
    ),
)

DIFFERS: Final = (
    *(
        Differs(
            "notes",
            f"a note about the namespace: {name}",
            call,
            lambda result: (_namespace(result), result.stderr),
            (namespace, ""),
            (namespace, taken(namespace)),
        )
        for name, call, namespace in (
            ("the context's", _with_context("", KUBECONFIG="kubeconfig"), "shop"),
            ("the context's default", _with_context("--kubeconfig kubeconfig", ""), "default"),
            (
                "another context's",
                _with_context("--kubeconfig kubeconfig --context second"),
                "other",
            ),
            ("the second of two files", _with_context("", KUBECONFIG="nowhere:kubeconfig"), "shop"),
        )
    ),
    *(
        Differs(
            "scope-strict",
            f"--scope strict over {scope}",
            Call(flags="--scope strict", stdin=annotated(scope)),
            _annotations,
            [{_WIDE[scope]: "true"}, {_WIDE[scope]: "true"}],
            [{}, {}],
        )
        for scope in _WIDE
    ),
    Differs(
        "scope-annotations",
        "annotated with both scopes",
        Call(stdin=annotated(*_WIDE)),
        _annotations,
        [{_WIDE["cluster-wide"]: "true"}, dict.fromkeys(sorted(_WIDE.values()), "true")],
        [{_WIDE["cluster-wide"]: "true"}, {_WIDE["cluster-wide"]: "true"}],
    ),
    Differs(
        "scope-annotations",
        "annotated with something else than true",
        Call(stdin=annotated("cluster-wide", value='"yes"')),
        _annotations,
        [{}, {_WIDE["cluster-wide"]: "yes"}],
        [{}, {}],
    ),
    Differs(
        "cluster-wide-namespace",
        "cluster-wide, and -n",
        Call(flags="--scope cluster-wide -n shop", stdin=_NO_NAMESPACE),
        _namespace,
        "",
        "shop",
    ),
    Differs(
        "cluster-wide-namespace",
        "cluster-wide, and another -n",
        Call(flags="--scope cluster-wide -n other"),
        _namespace,
        "shop",
        _MISMATCH,
    ),
)
