"""`gitopskit keys`: sealing keys and certificates; most commands have a module each."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Annotated, Final, Literal

import typer

from gitopskit.cli import output, seal_flags
from gitopskit.errors import InputError
from gitopskit.manifests.settled_names import UNSEALER_NAMESPACE

if TYPE_CHECKING:
    from gitopskit.sealing.keys import SealingCertificate

_SUBCOMMANDS: Final = ("keys_list", "keys_inspect", "keys_usage", "keys_retire")

_Folder = Annotated[
    str, typer.Option("--out-dir", "-d", help="Where to write tls.key and tls.crt.", metavar="DIR")
]
_Name = Annotated[
    str, typer.Option("--name", help="Name of the Secret; default: sealing-key and the day.")
]
_Namespace = Annotated[
    str, typer.Option("--namespace", "-n", help="The namespace of the controllers.")
]
_Form = Annotated[
    Literal["pem", "secret"],
    typer.Option("--output", "-o", help="Two files, or the Secret on standard output."),
]
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
    group = typer.Typer(help="Make, fetch, look at and retire sealing keys and certificates.")
    group.command("new")(new)
    group.command("fetch")(fetch)
    for module in _SUBCOMMANDS:
        importlib.import_module(f"gitopskit.cli.{module}").register(group)
    app.add_typer(group, name="keys")


def new(
    *,
    out_dir: _Folder = ".",
    name: _Name = "",
    namespace: _Namespace = UNSEALER_NAMESPACE,
    form: _Form = "pem",
    size: _Size = 4096,
    days: _Days = 3650,
) -> None:
    """Make a sealing key; the private half is the one thing to keep safe."""
    from pathlib import Path

    from gitopskit.clock import SystemClock
    from gitopskit.manifests.names import require_dns_label, require_dns_subdomain
    from gitopskit.manifests.write import dump_documents
    from gitopskit.sealedfiles.keyfiles import require_free, write_key_pair
    from gitopskit.sealing.keys import key_secret, new_sealing_key

    now = SystemClock().now_utc()
    if form == "secret":
        chosen = name or f"sealing-key-{now.date().isoformat()}"
        require_dns_subdomain(chosen, what="name of the Secret")
        require_dns_label(namespace, what="namespace of the Secret")
        pair = new_sealing_key(now=now, size_bits=size, days=days)
        output.print_result(dump_documents([key_secret(pair, namespace=namespace, name=chosen)]))
        return
    files = require_free(Path(out_dir))
    write_key_pair(new_sealing_key(now=now, size_bits=size, days=days), files)
    output.print_result(f"{files.private_key}\n{files.certificate}")
    output.note(f"keep {files.private_key} out of Git: whoever has it can open what is sealed")


def fetch(  # noqa: PLR0913 -- one parameter per flag
    *,
    context: seal_flags.Context = "",
    kubeconfig: seal_flags.Kubeconfig = "",
    namespace: _Published = UNSEALER_NAMESPACE,
    controller_name: seal_flags.ControllerName = seal_flags.DEFAULT_CONTROLLER_NAME,
    controller_namespace: seal_flags.ControllerNamespace = seal_flags.DEFAULT_CONTROLLER_NAMESPACE,
    env: _Environment = "",
    out: _Out = "",
) -> None:
    """Fetch the certificate that a cluster seals with; it is public and may be committed.

    It is the one that our unsealer publishes; where there is none, the sealed-secrets controller
    is asked, and only that if one is named.
    """
    from pathlib import Path

    from gitopskit.cli.wiring import run_async
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
    certificate = run_async(_fetch(target, namespace))
    if repository is None:
        output.write_output(out or "-", certificate.pem.decode())
        return
    path = write_certificate_of(repository, env, certificate.pem)
    output.print_result(str(path))
    output.note(f"fingerprint {certificate.fingerprint}; commit the file")


async def _fetch(target: seal_flags.Target, namespace: str) -> SealingCertificate:
    from gitopskit.cli.seal_request import address_of
    from gitopskit.cli.wiring import connect
    from gitopskit.sealedfiles.certificates import live_certificate

    async with connect(target.context, kubeconfig=target.kubeconfig) as api:
        return await live_certificate(
            api,
            address=address_of(target),
            is_default=target.is_default_controller,
            config_map_namespace=namespace,
        )
