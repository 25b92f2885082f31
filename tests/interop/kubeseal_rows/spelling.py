"""How flags are written, which of them there are, and what variables say instead."""

from __future__ import annotations

from typing import Final

from tests.interop.kubeseal_rows.documents import OTHER, secret
from tests.interop.kubeseal_rows.kinds import Differs, Refused, Same, first_line, names, told
from tests.interop.kubeseal_rows.places import kubeconfig
from tests.support.kubeseal_calls import MANIFEST, Call

EMPTY: Final = secret(rest="")
_NO_DATA: Final = (
    "secret.data is empty in input Secret, assuming this is an error and aborting. "
    "To work with empty data, --allow-empty-data can be used"
)
_NO_NAMESPACE: Final = secret("name: db")
_OWN_VARIABLES: Final = (
    "APP",
    "DRY_RUN",
    "ENV",
    "FILE",
    "GENERATE",
    "IN_PLACE",
    "OUTPUT_FORMAT",
    "PRIVATE_KEY",
    "UNKNOWN",
    "V",
)
_SCOPES: Final = "'strict', 'namespace-wide', 'cluster-wide'"
_NOWHERE: Final = "kubeconfig"


def _variable(name: str, value: str, *, stdin: str = MANIFEST, flags: str = "") -> Call:
    return Call(flags=flags, stdin=stdin, variables={f"SEALED_SECRETS_{name}": value})


def _to_api(flags: str = "", **variables: str) -> Call:
    """Return a call whose kubeconfig leads nowhere, and that says where else to go."""
    return Call(
        flags=flags,
        files={_NOWHERE: kubeconfig()},
        variables={"KUBECONFIG": _NOWHERE, **variables},
        has_certificate=False,
    )


SAME: Final = (
    *(
        Same(f"spelled {flags}", Call(flags=flags, stdin=_NO_NAMESPACE))
        for flags in (
            "-n=shop",
            "-nshop",
            "--namespace=shop",
            "-n=shop -o=yaml",
            "-n other -n shop",
        )
    ),
    Same("spelled -f=", Call(flags="-f=in.yaml", files={"in.yaml": OTHER}, stdin="")),
    Same("spelled -w=", Call(flags="-w=out.yaml")),
    *(
        Same(f"spelled {flags}", Call(flags=flags, stdin=EMPTY))
        for flags in (
            "--allow-empty-data=true",
            "--allow-empty-data=T",
            "--allow-empty-data=false --allow-empty-data",
        )
    ),
    *(
        Same(f"spelled {flags}", Call(flags=flags))
        for flags in (
            "--raw=false",
            "--validate=f --re-encrypt=0",
            "--scope=",
            "-o ''",
            "--recovery-private-key missing.key",
        )
    ),
    *(
        Same(f"variable {name}", _variable(name, value))
        for name, value in {
            "SCOPE": "cluster-wide",
            "FORMAT": "yaml",
            "NAMESPACE": "shop",
            "NAME": "other",
            "SEALED_SECRET_FILE": "out.yaml",
            "CONTROLLER_NAME": "nobody",
        }.items()
    ),
    *(
        Same(f"variable {name}, empty", _variable(name, ""))
        for name in ("SCOPE", "FORMAT", "NAMESPACE", "VALIDATE", "RE_ENCRYPT", "CERT")
    ),
    Same(
        "variable SECRET_FILE",
        Call(files={"in.yaml": OTHER}, variables={"SEALED_SECRETS_SECRET_FILE": "in.yaml"}),
    ),
    *(
        Same(f"variable ALLOW_EMPTY_DATA={word}", _variable("ALLOW_EMPTY_DATA", word, stdin=EMPTY))
        for word in ("1", "t", "T", "TRUE", "true", "True")
    ),
    *(Same(f"variable {name}, which is none", _variable(name, "1")) for name in _OWN_VARIABLES),
    Same("--scope over its variable", _variable("SCOPE", "cluster-wide", flags="--scope strict")),
    Same("--scope over a wrong variable", _variable("SCOPE", "wrong", flags="--scope strict")),
    Same("-n over its variable", _variable("NAMESPACE", "other", flags="-n shop")),
    Same("-o over its variable", _variable("FORMAT", "json", flags="-o yaml")),
    Same("--raw=false over its variable", _variable("RAW", "true", flags="--raw=false")),
)

REFUSED: Final = (
    *(
        Refused(
            f"variable ALLOW_EMPTY_DATA={word}",
            _variable("ALLOW_EMPTY_DATA", word, stdin=EMPTY),
            _NO_DATA,
            "the Secret has no data",
        )
        for word in ("0", "f", "F", "FALSE", "false", "False")
    ),
    *(
        Refused(
            f"spelled {flags}",
            _variable("ALLOW_EMPTY_DATA", variable, flags=flags, stdin=EMPTY),
            _NO_DATA,
            "the Secret has no data",
        )
        for flags, variable in {
            "--allow-empty-data=false": "1",
            "--allow-empty-data=1 --allow-empty-data=F": "",
        }.items()
    ),
    Refused(
        "another namespace in a variable",
        _variable("NAMESPACE", "other"),
        'namespace mismatch: input secret is in namespace "shop" but "other" was specified',
        'namespace mismatch: input secret is in namespace "shop" but "other" was specified',
    ),
)

DIFFERS: Final = (
    *(
        Differs("usage-errors", f"misused: {flags}", Call(flags=flags), told, theirs, ours)
        for flags, theirs, ours in (
            (
                "--scope nonsense",
                (
                    'invalid argument "nonsense" for "--scope" flag: must be one of: strict, '
                    "namespace-wide, cluster-wide"
                ),
                f"invalid value for '--scope': this is not one of {_SCOPES}",
            ),
            (
                "--scope Strict",
                (
                    'invalid argument "Strict" for "--scope" flag: must be one of: strict, '
                    "namespace-wide, cluster-wide"
                ),
                f"invalid value for '--scope': this is not one of {_SCOPES}",
            ),
            (
                "--raw=maybe",
                (
                    'invalid argument "maybe" for "--raw" flag: strconv.ParseBool: '
                    'parsing "maybe": invalid syntax'
                ),
                "option '--raw' does not take a value",
            ),
            (
                "--sealed",
                "unknown flag: --sealed",
                "no such option: --sealed",
            ),
            ("-z", "unknown shorthand flag: 'z' in -z", "no such option: -z"),
            ("--name", "flag needs an argument: --name", "option '--name' requires an argument"),
        )
    ),
    Differs(
        "usage-errors",
        "misused: where the usage is shown",
        Call(flags="--nonsense", is_child=True),
        lambda result: (
            result.code,
            result.stdout.count("--sealed-secret-file"),
            len(result.stderr.splitlines()),
        ),
        (2, 1, 1),
        (2, 0, 2),
    ),
    *(
        Differs(
            "variable-not-understood",
            f"variable {name}={value}",
            _variable(name, value, stdin=stdin),
            told,
            theirs,
            f"the variable SEALED_SECRETS_{name} is not {expected}",
        )
        for name, value, stdin, theirs, expected in (
            ("SCOPE", "wide", MANIFEST, "done", "one of strict, namespace-wide, cluster-wide"),
            ("FORMAT", "text", MANIFEST, "unsupported output format: text", "one of json, yaml"),
            ("ALLOW_EMPTY_DATA", "yes", EMPTY, _NO_DATA, "true or false"),
            ("RAW", "on", MANIFEST, "done", "true or false"),
        )
    ),
    *(
        Differs(
            "version",
            f"version: {name}",
            call,
            first_line,
            "kubeseal version: 0.40.0",
            ours,
        )
        for name, call, ours in (
            ("--version", Call(flags="--version"), ""),
            ("its variable", _variable("VERSION", "1", flags="-o yaml"), "---"),
        )
    ),
    Differs(
        "version",
        "version: --help by a variable",
        _variable("HELP", "1"),
        lambda result: result.stdout.count("--sealed-secret-file"),
        1,
        0,
    ),
    Differs(
        "connection-flags",
        "--server",
        _to_api("--server {api}"),
        told,
        "done",
        "no such option: --server",
    ),
    *(
        Differs(
            "connection-flags",
            f"another flag of kubectl's: {flag}",
            Call(flags=flag),
            names,
            ["db"],
            f"no such option: {flag.partition(' ')[0]}",
        )
        for flag in ("--token hunter2", "--request-timeout 5s", "--insecure-skip-tls-verify")
    ),
    Differs(
        "variable-cluster",
        "another cluster by a variable",
        _to_api(SEALED_SECRETS_SERVER="{api}"),
        told,
        "done",
        "the variable SEALED_SECRETS_SERVER sets a flag of kubeseal's that gitopskit does not have",
    ),
    *(
        Differs(
            "log-flags",
            f"a flag of the log: {flag}",
            Call(flags=flag),
            told,
            "done",
            f"no such option: {flag.partition('=')[0]}",
        )
        for flag in ("-v=2", "--logtostderr")
    ),
)
