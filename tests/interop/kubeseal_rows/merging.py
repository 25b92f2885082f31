"""--merge-into: what becomes of the file, and which Secrets go where."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from gitopskit.manifests.documents import read_documents
from gitopskit.sealing.scope import Scope
from tests.interop.kubeseal_rows.documents import OTHER, secret
from tests.interop.kubeseal_rows.kinds import Differs, Refused, Same, told
from tests.support.kubeseal_calls import MANIFEST, Call, Result
from tests.support.kubeseal_results import UNOPENED, documents
from tests.support.sealing import sealed_manifest

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.kubeseal_calls import Content

_PANIC: Final = "panic: assignment to entry in nil map"
_TEMPLATE: Final = (
    '  template: {metadata: {labels: {kept: "1", lost: "2"}, annotations: {kept: "1"}}}\n'
)
_LABELLED: Final = secret('name: db, namespace: shop, labels: {lost: "3"}, annotations: {added: a}')


def sealed(*, scope: Scope = Scope.STRICT, more: str = "", before: str = "") -> Callable[[], str]:
    """Return what makes the SealedSecret `db` in `shop`, with a text before and behind it."""
    return lambda: before + sealed_manifest({"old": "kept"}, scope=scope) + more


def as_json() -> str:
    """Return the SealedSecret as JSON."""
    (manifest,) = read_documents(sealed()(), path="made")
    return json.dumps(manifest.content)


def two() -> str:
    """Return two SealedSecrets."""
    names = ("db", "cache")
    return "---\n".join(sealed_manifest({"old": "kept"}, name=name) for name in names)


_ONE: Final = sealed()


def _merge(
    flags: str = "", stdin: str = MANIFEST, *, target: Content = _ONE, name: str = "t.yaml"
) -> Call:
    return Call(flags=f"--merge-into {name} {flags}", stdin=stdin, files={name: target})


def _same(name: str, stdin: str = MANIFEST, flags: str = "-o yaml", **more: Content) -> Same:
    """Return a row with a target that begins as kubeseal's files do."""
    target = more.get("target", sealed(before="---\n"))
    return Same(f"merged: {name}", _merge(flags, stdin, target=target))


def _first_line(result: Result) -> object:
    return result.files["t.yaml"].decode().partition("\n")[0]


def _values(name: str = "t.yaml") -> Callable[[Result], object]:
    def look(result: Result) -> object:
        if result.code:
            return result.told
        return {each["metadata"]["name"]: each["values"] for each in documents(result.files[name])}

    return look


SAME: Final = (
    _same("an item beside another"),
    _same("an item over another", secret(rest="stringData: {old: new}")),
    Same(
        "merged: a Secret of another name",
        _merge("-o yaml", OTHER, target=sealed(before="---\n")),
        note="gitopskit: note: the Secret is called cache, and its values go into db\n",
    ),
    _same("a Secret without a name", secret("namespace: shop")),
    _same("a Secret without a namespace", secret("name: db")),
    _same("a type, which is not merged", secret(rest="type: a.b/c\nstringData: {a: b}")),
    _same("labels into labels", _LABELLED, target=sealed(before="---\n", more=_TEMPLATE)),
    _same("--name, which is passed over", flags="--name other -o yaml"),
    _same("-n as the target's", secret("name: db"), flags="-n shop -o yaml"),
    _same("no data", secret(rest=""), flags="--allow-empty-data -o yaml"),
    Same("merged into JSON", _merge(target=as_json, name="t.json")),
    Same(
        "merged from a file",
        Call(
            flags="--merge-into t.yaml -f in.yaml -o yaml",
            files={"t.yaml": sealed(before="---\n"), "in.yaml": MANIFEST},
            stdin="",
        ),
    ),
    Same(
        "merged by variables",
        Call(
            files={"t.yaml": sealed(before="---\n")},
            variables={"SEALED_SECRETS_MERGE_INTO": "t.yaml", "SEALED_SECRETS_FORMAT": "yaml"},
        ),
    ),
)

REFUSED: Final = (
    Refused(
        "merging nothing",
        _merge(stdin=""),
        "no secrets found. Ensure the input is valid and UTF-8 encoded",
        "there is no Secret in the input",
    ),
    Refused(
        "merging no data",
        _merge(stdin=secret(rest="")),
        "secret.data is empty in input Secret, assuming this is an error and aborting. "
        "To work with empty data, --allow-empty-data can be used",
        "the Secret has no data",
    ),
    Refused(
        "merging into a missing file",
        Call(flags="--merge-into missing.yaml"),
        "open missing.yaml: no such file or directory",
        "there is no such file",
    ),
    Refused(
        "merging into a Secret",
        _merge(target=MANIFEST),
        "converting (v1.Secret) to (v1alpha1.SealedSecret): unknown conversion",
        "there is no SealedSecret in the file",
    ),
    Refused(
        "merging into what is no YAML",
        _merge(target="kind: ["),
        "yaml: line 1: did not find expected node content",
        "while parsing a flow node, did not find expected node content",
    ),
    Refused(
        "merging with another -n",
        _merge("-n other"),
        'namespace mismatch: input secret is in namespace "shop" but "other" was specified',
        'namespace mismatch: the SealedSecret is in namespace "shop" but "other" was specified',
    ),
)

DIFFERS: Final = (
    Differs(
        "merge-keeps-text",
        "merged into YAML",
        _merge(),
        _first_line,
        "{",
        "apiVersion: bitnami.com/v1alpha1",
    ),
    Differs(
        "merge-keeps-text",
        "merged into YAML with comments",
        _merge("-o yaml", target=sealed(before="# ours\n")),
        _first_line,
        "---",
        "# ours",
    ),
    Differs(
        "merge-keeps-text",
        "merged into JSON as YAML",
        _merge("-o yaml", target=as_json, name="t.json"),
        lambda result: result.files["t.json"][:1],
        b"-",
        b"{",
    ),
    Differs(
        "merge-every-document",
        "merged into one of two",
        _merge("-o yaml", target=two),
        _values(),
        {"db": {"old": "kept", "password": "hunter2"}},
        {"db": {"old": "kept", "password": "hunter2"}, "cache": {"old": "kept"}},
    ),
    Differs(
        "merge-every-document",
        "two merged into one",
        _merge("-o yaml", f"{MANIFEST}---\n{secret()}"),
        _values(),
        {"db": {"old": "kept", "password": "hunter2"}},
        {"db": {"old": "kept", "password": "hunter2", "a": "b"}},
    ),
    *(
        Differs(
            "merge-scope",
            f"merged into what is {scope.value}",
            _merge("-o yaml", target=sealed(scope=scope)),
            _values(),
            {"db": UNOPENED},
            {"db": {"old": "kept", "password": "hunter2"}},
        )
        for scope in (Scope.NAMESPACE_WIDE, Scope.CLUSTER_WIDE)
    ),
    Differs(
        "merge-scope",
        "merged with another scope",
        _merge("--scope namespace-wide", target=sealed(more=_TEMPLATE)),
        _values(),
        {"db": UNOPENED},
        "the SealedSecret is sealed strict, and another scope was specified",
    ),
    *(
        Differs(
            "merge-labels",
            f"merged where there are no {kind}",
            _merge("-o yaml", secret(f"name: db, namespace: shop, {kind}: {{a: b}}")),
            told,
            _PANIC,
            "done",
        )
        for kind in ("labels", "annotations")
    ),
    Differs(
        "merge-labels",
        "merged into nothing",
        _merge(target=""),
        told,
        _PANIC,
        "there is no SealedSecret in the file",
    ),
    Differs(
        "merge-namespace",
        "merged from another namespace",
        _merge("-o yaml", secret("name: db, namespace: other")),
        told,
        "done",
        'namespace mismatch: input secret is in namespace "other" but the SealedSecret is in '
        '"shop"',
    ),
    Differs(
        "one-thing",
        "merged and written elsewhere",
        _merge("-w out.yaml"),
        told,
        "done",
        "--merge-into writes into its FILE",
    ),
)
