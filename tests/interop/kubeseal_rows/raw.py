"""--raw: one value, where it comes from, and what it is bound to."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Final

from gitopskit.errors import Undecryptable
from gitopskit.sealing.envelope import open_value
from tests.interop.kubeseal_rows.kinds import Differs, Refused
from tests.interop.kubeseal_rows.places import kubeconfig, taken
from tests.support.kubeseal_calls import Call, Result
from tests.support.sealing import private_key_of, sealing_pair

if TYPE_CHECKING:
    from collections.abc import Mapping

_PLACE: Final = "--raw --name db -n shop"
_LABELS: Final = ("shop/db", "shop", "")
_FILES: Final = {"value": "from a file", "other": "from another", "line": "from a line\n"}
_ONE_FILE: Final = "must provide only one --from-file when encrypting a single item with --raw"
_LINE_BREAK: Final = (
    "gitopskit: note: the value ends with a line break, which is kept; --trim takes it off\n"
)
_NO_CLUSTER: Final = (
    "invalid configuration: no configuration has been provided, "
    "try setting KUBERNETES_MASTER environment variable"
)


def opened(text: str | bytes) -> tuple[str, str]:
    """Return the value in a raw envelope, and the label that opens it."""
    assert b"\n" not in (text.encode() if isinstance(text, str) else text)
    keys = [private_key_of(sealing_pair()).key]
    for label in _LABELS:
        try:
            value = open_value(
                base64.b64decode(text, validate=True), private_keys=keys, label=label.encode()
            )
        except Undecryptable:
            continue
        return value.reveal().decode(), label
    raise AssertionError("no label opens it")


def _value(result: Result) -> object:
    return opened(result.stdout) if result.code == 0 else result.told


def _call(flags: str, stdin: str = "from stdin", **more: str) -> Call:
    variables: Mapping[str, str] = more
    return Call(flags=flags, stdin=stdin, files=_FILES, variables=variables)


ALIKE: Final = (
    ("a value", _call(_PLACE), ("from stdin", "shop/db")),
    ("a value as a process", Call(flags=_PLACE, stdin="x", is_child=True), ("x", "shop/db")),
    ("a value, strict", _call(f"{_PLACE} --scope strict"), ("from stdin", "shop/db")),
    (
        "a value of a namespace",
        _call("--raw -n shop --scope namespace-wide"),
        ("from stdin", "shop"),
    ),
    (
        "a value with more than it needs",
        _call(f"{_PLACE} --scope cluster-wide"),
        ("from stdin", ""),
    ),
    ("a value of a cluster", _call("--raw --scope cluster-wide"), ("from stdin", "")),
    ("a value from a file", _call(f"{_PLACE} --from-file value"), ("from a file", "shop/db")),
    ("a value with a key", _call(f"{_PLACE} --from-file k=value"), ("from a file", "shop/db")),
    (
        "a value with an empty key",
        _call(f"{_PLACE} --from-file =value"),
        ("from a file", "shop/db"),
    ),
    (
        "a value from /dev/stdin",
        Call(flags=f"{_PLACE} --from-file=/dev/stdin", stdin="x", is_child=True),
        ("x", "shop/db"),
    ),
    ("a value and a format", _call(f"{_PLACE} -o yaml"), ("from stdin", "shop/db")),
    (
        "a value by variables",
        _call(
            "",
            SEALED_SECRETS_RAW="true",
            SEALED_SECRETS_NAME="db",
            SEALED_SECRETS_NAMESPACE="shop",
            SEALED_SECRETS_FROM_FILE="value",
        ),
        ("from a file", "shop/db"),
    ),
)
"""Calls that both print an envelope for, of this value, that this label opens."""

SAME: Final = ()

REFUSED: Final = (
    Refused(
        "a value without a name",
        _call("--raw -n shop"),
        "must provide the --name flag with --raw and --scope strict",
        "must provide the --name flag with --raw and --scope strict",
    ),
    *(
        Refused(
            f"a value without a namespace, {scope}",
            _call(f"--raw --name db --scope {scope}"),
            _NO_CLUSTER,
            f"must provide the --namespace flag with --raw and --scope {scope}",
        )
        for scope in ("strict", "namespace-wide")
    ),
    Refused(
        "two files for a value",
        _call(f"{_PLACE} --from-file value --from-file other"),
        _ONE_FILE,
        _ONE_FILE,
    ),
    Refused(
        "a missing file for a value",
        _call(f"{_PLACE} --from-file missing"),
        "open missing: no such file or directory",
        "cannot read the file: No such file or directory",
    ),
    Refused(
        "no file for a value",
        _call(f"{_PLACE} --from-file k="),
        "open : no such file or directory",
        "--from-file names no file",
    ),
    Refused(
        "--from-file without --raw",
        _call("--from-file value"),
        "--from-file requires --raw",
        "--from-file requires --raw, or --name",
    ),
)

DIFFERS: Final = (
    Differs(
        "from-file-without-raw",
        "--from-file with a name",
        _call("--from-file value --name db -n shop"),
        lambda result: result.told,
        "--from-file requires --raw",
        "done",
    ),
    Differs(
        "raw-empty",
        "an empty value on its own",
        _call(_PLACE, stdin=""),
        _value,
        ("", "shop/db"),
        "the value is empty",
    ),
    Differs(
        "raw-file",
        "-f for a value",
        _call(f"{_PLACE} -f value"),
        _value,
        ("from stdin", "shop/db"),
        ("from a file", "shop/db"),
    ),
    Differs(
        "raw-file",
        "-f and --from-file for a value",
        _call(f"{_PLACE} -f value --from-file other"),
        _value,
        ("from another", "shop/db"),
        _ONE_FILE,
    ),
    Differs(
        "dash",
        "a dash for a value on standard input",
        _call(f"{_PLACE} --from-file -"),
        _value,
        "open -: no such file or directory",
        ("from stdin", "shop/db"),
    ),
    Differs(
        "names-checked",
        "a value for a name that no cluster takes",
        _call("--raw -n shop --name DB"),
        lambda result: result.told,
        "done",
        "the name of the Secret 'DB' is not a DNS name",
    ),
    Differs(
        "notes",
        "a note about the end of a line",
        _call(f"{_PLACE} --from-file line"),
        lambda result: (*opened(result.stdout), result.stderr),
        ("from a line\n", "shop/db", ""),
        (
            "from a line\n",
            "shop/db",
            _LINE_BREAK,
        ),
    ),
    Differs(
        "notes",
        "a note about the namespace of a value",
        Call(
            flags="--raw --name db --kubeconfig kubeconfig",
            stdin="x",
            files={"kubeconfig": kubeconfig("shop")},
        ),
        lambda result: (*opened(result.stdout), result.stderr),
        ("x", "shop/db", ""),
        ("x", "shop/db", taken("shop")),
    ),
    Differs(
        "one-thing",
        "a value, merged",
        Call(flags=f"{_PLACE} --merge-into missing.yaml"),
        lambda result: result.told,
        "open missing.yaml: no such file or directory",
        "--raw and --merge-into are two different things",
    ),
)
