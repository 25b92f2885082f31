"""`gitopskit keys`: sealing keys and certificates; most commands have a module each."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Annotated, Final, Literal

import typer

from gitopskit.cli import output, seal_flags
from gitopskit.errors import InputError
from gitopskit.manifests.settled_names import UNSEALER_NAMESPACE

if TYPE_CHECKING:
    from datetime import datetime

    from gitopskit.manifests.json_types import JsonObject
    from gitopskit.sealing.certificates import Certificates
    from gitopskit.sealing.keys import KeyPair

_SUBCOMMANDS: Final = (
    "keys_list",
    "keys_inspect",
    "keys_usage",
    "keys_retire",
    "keys_backup",
    "keys_restore",
)

_Folder = Annotated[
    str,
    typer.Option(
        "--out-dir",
        "-d",
        help="Where to write tls.key and tls.crt, or hybrid.key and hybrid.pub.",
        metavar="DIR",
    ),
]
_Name = Annotated[
    str,
    typer.Option(
        "--name", help="Name of the Secret; default: sealing-key or hybrid-key, and the day."
    ),
]
_PostQuantum = Annotated[
    bool,
    typer.Option("--post-quantum", help="Make a hybrid key: ML-KEM-768 and X25519, not RSA."),
]
_Kinds = Annotated[
    bool | None,
    typer.Option(
        "--post-quantum/--no-post-quantum",
        help="Only the hybrid key, or only the certificate; default: what there is.",
        show_default=False,
    ),
]
_Namespace = Annotated[
    str, typer.Option("--namespace", "-n", help="The namespace of the controllers.")
]
_Form = Annotated[
    Literal["pem", "secret"],
    typer.Option("--output", "-o", help="Two files, or the Secret on standard output."),
]
_DEFAULT_SIZE: Final = 4096
_Size = Annotated[
    int, typer.Option("--size", help="Size of the RSA key in bits.", min=2048, max=16384)
]
_Days = Annotated[
    int, typer.Option("--days", help="How long the certificate is valid.", min=1, max=36500)
]
_Published = Annotated[
    str, typer.Option("--namespace", "-n", help="Where our unsealer publishes it.")
]
_Environment = Annotated[
    str, typer.Option("--env", help="Keep it as this environment's certificate.", metavar="ENV")
]
_Out = Annotated[str, typer.Option("--out", help="Write it here; `-` is stdout.", metavar="FILE")]


def register(app: typer.Typer) -> None:
    """Add the group."""
    group = typer.Typer(help="Make, fetch, look at, back up and retire sealing keys.")
    group.command("new")(new)
    group.command("fetch")(fetch)
    for module in _SUBCOMMANDS:
        importlib.import_module(f"gitopskit.cli.{module}").register(group)
    app.add_typer(group, name="keys")


def new(  # noqa: PLR0913 -- one parameter per flag
    *,
    out_dir: _Folder = ".",
    name: _Name = "",
    namespace: _Namespace = UNSEALER_NAMESPACE,
    form: _Form = "pem",
    post_quantum: _PostQuantum = False,
    size: _Size = _DEFAULT_SIZE,
    days: _Days = 3650,
) -> None:
    """Make a sealing key; the private half is the one thing to keep safe."""
    from pathlib import Path

    from gitopskit.clock import SystemClock
    from gitopskit.manifests.names import require_dns_label, require_dns_subdomain
    from gitopskit.manifests.write import dump_documents
    from gitopskit.sealedfiles.keyfiles import require_free, write_key_pair

    if post_quantum and size != _DEFAULT_SIZE:
        raise InputError("--size does not go with --post-quantum", hint="leave out --size")
    now = SystemClock().now_utc()
    if form == "secret":
        kind = "hybrid" if post_quantum else "sealing"
        chosen = name or f"{kind}-key-{now.date().isoformat()}"
        require_dns_subdomain(chosen, what="name of the Secret")
        require_dns_label(namespace, what="namespace of the Secret")
        pair = _made(now, size=0 if post_quantum else size, days=days)
        output.print_result(
            dump_documents([_secret(pair, namespace, chosen, is_hybrid=post_quantum)])
        )
        return
    files = require_free(Path(out_dir), is_hybrid=post_quantum)
    write_key_pair(_made(now, size=0 if post_quantum else size, days=days), files)
    output.print_result(f"{files.private_key}\n{files.certificate}")
    output.note(f"keep {files.private_key} out of Git: whoever has it can open what is sealed")


def _made(now: datetime, *, size: int, days: int) -> KeyPair:
    """Return a new RSA key of a size in bits, or for 0 a hybrid key."""
    from gitopskit.sealing.hybrid_keys import new_hybrid_key
    from gitopskit.sealing.keys import new_sealing_key

    if size:
        return new_sealing_key(now=now, size_bits=size, days=days)
    return new_hybrid_key(now=now, days=days)


def _secret(pair: KeyPair, namespace: str, name: str, *, is_hybrid: bool) -> JsonObject:
    from gitopskit.sealing.hybrid_keys import hybrid_key_secret
    from gitopskit.sealing.keys import key_secret

    make = hybrid_key_secret if is_hybrid else key_secret
    return make(pair, namespace=namespace, name=name)


def fetch(  # noqa: PLR0913 -- one parameter per flag
    *,
    context: seal_flags.Context = "",
    kubeconfig: seal_flags.Kubeconfig = "",
    namespace: _Published = UNSEALER_NAMESPACE,
    controller_name: seal_flags.ControllerName = seal_flags.DEFAULT_CONTROLLER_NAME,
    controller_namespace: seal_flags.ControllerNamespace = seal_flags.DEFAULT_CONTROLLER_NAMESPACE,
    env: _Environment = "",
    out: _Out = "",
    post_quantum: _Kinds = None,
) -> None:
    """Fetch the certificate that a cluster seals with; it is public and may be committed.

    It is the one that our unsealer publishes; where there is none, the sealed-secrets controller
    is asked, and only that if one is named. A hybrid key that is published comes with it.
    """
    from pathlib import Path

    from gitopskit.cli.seal_request import fetch_all_from_cluster
    from gitopskit.repository.certificates import write_certificate_of
    from gitopskit.repository.layout import find_repository

    if env and out:
        raise InputError("both --env and --out are given", hint="give one of them")
    repository = find_repository(Path()) if env else None
    target = seal_flags.Target(
        context=context,
        kubeconfig=kubeconfig,
        controller_name=controller_name,
        controller_namespace=controller_namespace,
    )
    found = _only(fetch_all_from_cluster(target, namespace=namespace), post_quantum=post_quantum)
    if repository is None:
        output.write_output(out or "-", found.pem.decode())
        return
    path = write_certificate_of(repository, env, found.pem)
    output.print_result(str(path))
    for certificate in found.all:
        kind = "hybrid key" if certificate.is_hybrid else "fingerprint"
        output.note(f"{kind} {certificate.fingerprint}; commit the file")


def _only(found: Certificates, *, post_quantum: bool | None) -> Certificates:
    """Return what is wanted of what was found.

    Raises:
        InputError: there is nothing of that kind.
    """
    if post_quantum is None:
        return found
    from dataclasses import replace

    only = replace(found, rsa=None) if post_quantum else replace(found, hybrid=None)
    if not only.all:
        name, flag = ("hybrid key", "") if post_quantum else ("certificate of RSA", "no-")
        raise InputError(
            f"the cluster publishes no {name}",
            hint="make a hybrid key with `gitopskit keys new --post-quantum`, or leave out "
            f"--{flag}post-quantum",
        )
    return only
