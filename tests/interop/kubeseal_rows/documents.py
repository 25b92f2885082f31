"""What is read: files, standard input, many documents, and what is no Secret."""

from __future__ import annotations

import json
from typing import Final

from tests.interop.kubeseal_rows.kinds import Differs, Refused, Same, names, printed, told, values
from tests.support.kubeseal_calls import MANIFEST, Call
from tests.support.kubeseal_results import documents

JSON: Final = json.dumps(
    {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "json", "namespace": "shop"},
        "stringData": {"a": "b"},
    }
)
LIST: Final = json.dumps({"apiVersion": "v1", "kind": "List", "items": [json.loads(JSON)]})
OTHER: Final = MANIFEST.replace("name: db", "name: cache")
NO_NAME: Final = MANIFEST.replace("name: db, ", "")
_NOTHING: Final = "no secrets found. Ensure the input is valid and UTF-8 encoded"
_EMPTY: Final = (
    "secret.data is empty in input Secret, assuming this is an error and aborting. "
    "To work with empty data, --allow-empty-data can be used"
)


def secret(metadata: str = "name: db, namespace: shop", rest: str = "stringData: {a: b}") -> str:
    """Return a Secret with that metadata, in flow style, and those lines."""
    return f"apiVersion: v1\nkind: Secret\nmetadata: {{{metadata}}}\n{rest}\n"


SAME: Final = (
    Same("standard input", Call(is_child=True)),
    Same(
        "--secret-file", Call(flags="--secret-file in.yaml", files={"in.yaml": MANIFEST}, stdin="")
    ),
    Same("-f", Call(flags="-f in.yaml", files={"in.yaml": MANIFEST}, stdin="")),
    Same("-f /dev/stdin", Call(flags="-f /dev/stdin", is_child=True)),
    Same("JSON", Call(stdin=JSON)),
    Same("documents of YAML", Call(stdin=f"{MANIFEST}---\n{OTHER}")),
    Same("documents of YAML as YAML", Call(flags="-o yaml", stdin=f"{MANIFEST}---\n{OTHER}")),
    Same("JSON values in one line", Call(stdin=JSON + JSON)),
    Same("JSON values in lines", Call(stdin=f"{JSON}\n{JSON}\n")),
    Same("JSON documents", Call(stdin=f"{JSON}\n---\n{JSON}\n")),
    Same("YAML, then JSON", Call(stdin=f"{MANIFEST}---\n{JSON}\n")),
    Same("JSON, then YAML", Call(stdin=f"{JSON}\n---\n{MANIFEST}")),
    Same("an empty document first", Call(stdin=f"---\n---\n{MANIFEST}")),
    Same("an empty document last", Call(stdin=f"{MANIFEST}---\n")),
    Same("a comment as a document", Call(stdin=f"# a comment\n---\n{MANIFEST}")),
    Same("an end of the document", Call(stdin=f"{MANIFEST}...\n")),
    Same("line ends of Windows", Call(stdin=MANIFEST.replace("\n", "\r\n"))),
    Same("a byte order mark", Call(stdin=f"\ufeff{MANIFEST}")),
    Same("an alias", Call(stdin=secret(rest="stringData: {a: &x b, c: *x}"))),
    Same("a block of text", Call(stdin=secret(rest="stringData:\n  a: |\n    b\n    c"))),
    Same("fields that no Secret has", Call(stdin=secret(rest="foo: bar\nstringData: {a: b}"))),
    Same("stringData over data", Call(stdin=secret(rest="data: {a: Yg==}\nstringData: {a: c}"))),
    Same("base64 with a line break", Call(stdin=secret(rest='data: {a: "YWJj\\nZGVm"}'))),
    Same("an empty value", Call(stdin=secret(rest="data: {a: ''}\nstringData: {c: ''}"))),
    Same("a null as value", Call(stdin=secret(rest="data: {a: null}\nstringData: {c: null}"))),
    Same("nulls elsewhere", Call(stdin=secret("name: db, namespace: shop, labels: null"))),
    Same("empty data", Call(flags="--allow-empty-data", stdin=secret(rest="data: {}"))),
    Same("no data", Call(flags="--allow-empty-data", stdin=secret(rest=""))),
)

REFUSED: Final = (
    Refused(
        "a missing file",
        Call(flags="-f missing.yaml"),
        "Could not read file specified with --secret-file",
        "cannot read the file: No such file or directory",
    ),
    *(
        Refused(name, Call(stdin=text), _NOTHING, "there is no Secret in the input")
        for name, text in {
            "nothing": "",
            "empty lines": "\n\n",
            "an empty document": "---\n",
            "a comment": "# a comment\n",
            "a null": "null",
        }.items()
    ),
    Refused(
        "a word", Call(stdin="hello"), _NOTHING, "a manifest is a mapping, this is a single value"
    ),
    Refused("a list", Call(stdin=f"[{JSON}]"), _NOTHING, "a manifest is a mapping, this is a list"),
    Refused("UTF-16", Call(stdin=MANIFEST.encode("utf-16")), _NOTHING, "the text is not UTF-8"),
    Refused(
        "what is no YAML",
        Call(stdin="kind: ["),
        _NOTHING,
        "while parsing a flow node, did not find expected node content",
    ),
    Refused(
        "empty data refused", Call(stdin=secret(rest="data: {}")), _EMPTY, "the Secret has no data"
    ),
    Refused("no data refused", Call(stdin=secret(rest="")), _EMPTY, "the Secret has no data"),
    Refused(
        "data that is no base64",
        Call(stdin=secret(rest="data: {a: '???'}")),
        "error unmarshaling JSON: while decoding JSON: illegal base64 data at input byte 0",
        "`data.a` is not base64",
    ),
    Refused(
        "a list as value",
        Call(stdin=secret(rest="stringData: {a: [b]}")),
        "error unmarshaling JSON: while decoding JSON: json: cannot unmarshal array into Go struct "
        "field Secret.stringData of type string",
        "`stringData.a` is not a text; quote it",
    ),
)

DIFFERS: Final = (
    Differs(
        "file-argument",
        "a file as argument",
        Call(flags="in.yaml", files={"in.yaml": OTHER}),
        names,
        ["db"],
        ["cache"],
    ),
    Differs(
        "dash",
        "a dash for standard input",
        Call(flags="-f -"),
        names,
        "Could not read file specified with --secret-file",
        ["db"],
    ),
    Differs("lists", "a List", Call(stdin=LIST), names, _EMPTY, ["json"]),
    *(
        Differs("only-secrets", f"Secrets only: {name}", Call(stdin=text), names, ["db"], refusal)
        for name, text, refusal in (
            (
                "another kind",
                MANIFEST.replace("Secret", "ConfigMap"),
                "this is a ConfigMap, not a Secret",
            ),
            ("no kind", MANIFEST.replace("kind: Secret\n", ""), "this is no Secret"),
            ("another version", MANIFEST.replace("v1", "v2"), "this is no Secret"),
            ("no version", MANIFEST.replace("apiVersion: v1\n", ""), "this is no Secret"),
        )
    ),
    *(
        Differs("nothing-dropped", f"nothing is dropped: {name}", Call(stdin=text), names, *found)
        for name, text, found in (
            (
                "a document that is no YAML",
                f"{MANIFEST}---\nkind: [\n",
                (["db"], "while parsing a flow node, did not find expected node content"),
            ),
            (
                "a document that is no mapping",
                f"{MANIFEST}---\nhello\n",
                (["db"], "a manifest is a mapping, this is a single value"),
            ),
            (
                "words behind JSON",
                f"{JSON} and more",
                (["json"], "this is not JSON: expecting value"),
            ),
        )
    ),
    Differs(
        "all-or-nothing",
        "a second Secret that cannot be sealed",
        Call(stdin=f"{MANIFEST}---\n{NO_NAME}"),
        lambda result: (result.told, len(documents(result.stdout))),
        ("missing metadata.name in input Secret", 1),
        ("missing metadata.name in input Secret", 0),
    ),
    Differs(
        "duplicate-keys",
        "a key that is there twice",
        Call(stdin=secret("name: a, name: db, namespace: shop")),
        names,
        ["db"],
        'the field "name" is there twice',
    ),
    *(
        Differs(
            "strict-texts",
            f"a value that is no text: {written}",
            Call(stdin=secret(rest=f"stringData: {{a: {written}}}")),
            values,
            [{"a": read}],
            "`stringData.a` is not a text; quote it",
        )
        for written, read in {"0123": "83", "1e3": "1000", "1.10": "1.1", "y": "true"}.items()
    ),
    Differs(
        "strict-texts",
        "a label that is no text",
        Call(stdin=secret("name: db, namespace: shop, labels: {version: 1.10}")),
        printed,
        [
            {
                "metadata": {"name": "db", "namespace": "shop"},
                "template": {"metadata": {"labels": {"version": "1.1"}}},
                "values": {"a": "b"},
            }
        ],
        "`labels.version` is not a text; quote it",
    ),
    Differs(
        "strict-texts",
        "a name that is no text",
        Call(stdin=secret("name: y, namespace: shop")),
        names,
        ["true"],
        "missing metadata.name in input Secret",
    ),
    Differs(
        "strict-texts",
        "a type that is no text",
        Call(stdin=secret(rest="type: y\nstringData: {a: b}")),
        names,
        ["db"],
        "`type` is not a text; quote it",
    ),
    Differs(
        "names-checked",
        "a name that no cluster takes",
        Call(stdin=secret("name: DB_1, namespace: shop")),
        names,
        ["DB_1"],
        "the name of the Secret 'DB_1' is not a DNS name",
    ),
    Differs(
        "names-checked",
        "a namespace that no cluster takes",
        Call(flags="-n Shop", stdin=secret("name: db")),
        names,
        ["db"],
        "the namespace of the Secret 'Shop' is not a DNS name",
    ),
    Differs(
        "names-checked",
        "a key that no cluster takes",
        Call(stdin=secret(rest="stringData: {a b: c}")),
        values,
        [{"a b": "c"}],
        "item 1 of 1 has a key that a Secret cannot have",
    ),
    Differs(
        "size-limit",
        "more than a cluster takes",
        Call(stdin=secret(rest=f"stringData: {{a: {'x' * (1024 * 1024 + 1)}}}")),
        told,
        "done",
        "the values are larger than 1 MiB together, which no cluster takes",
    ),
)
