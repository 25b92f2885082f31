"""`gitopskit unsealer install`: the unsealer's manifests, with no more rights than it needs."""

from __future__ import annotations

from typing import Annotated, Final, Literal

import typer

from gitopskit.errors import InputError
from gitopskit.manifests.settled_names import UNSEALER_NAMESPACE, UNSEALER_SERVICE

_NOTHING: Final[list[str]] = []

_Image = Annotated[
    str, typer.Option("--image", help="The image of the controllers, with a tag or digest.")
]
_Out = Annotated[
    str,
    typer.Option(
        "--out", help="Write the files into this folder instead of printing.", metavar="FOLDER"
    ),
]
_Namespace = Annotated[
    str, typer.Option("--namespace", "-n", help="Where it runs and keeps its keys.", metavar="NS")
]
_Name = Annotated[
    str, typer.Option("--name", help="Its Service, which kubeseal asks.", metavar="SERVICE")
]
_Replicas = Annotated[
    int, typer.Option("--replicas", min=1, max=5, help="Copies; one of them writes.")
]
_Mode = Annotated[
    Literal["cluster", "namespaces"] | None,
    typer.Option("--mode", help="How far its rights reach; default: as the namespaces say."),
]
_WatchNamespaces = Annotated[
    list[str],
    typer.Option(
        "--watch-namespace",
        help="Only this namespace, by Roles; may be repeated.",
        metavar="NS",
    ),
]
_Selector = Annotated[
    str,
    typer.Option(
        "--watch-namespace-selector", help="Only namespaces with these labels.", metavar="LABELS"
    ),
]
_SecretWatch = Annotated[
    bool,
    typer.Option(
        "--secret-watch/--no-secret-watch", help="Without: it may not list Secrets, and polls."
    ),
]
_CertReaders = Annotated[
    list[str],
    typer.Option(
        "--cert-readers",
        help="A group that may use kubeseal against it; may be repeated.",
        metavar="GROUP",
    ),
]
_Drift = Annotated[
    Literal["heal", "report"], typer.Option("--drift", help="Put edited Secrets back, or tell.")
]
_KeyBackup = Annotated[
    bool, typer.Option("--require-key-backup", help="Seal to no key before its backup is known.")
]
_Recreate = Annotated[
    bool,
    typer.Option("--allow-recreate", help="Let it delete the Secrets that it has to make anew."),
]
_Monitoring = Annotated[
    Literal["none", "files", "operator"],
    typer.Option(
        "--monitoring",
        help="Alerts and dashboard: as files below --out, or for the Prometheus operator.",
    ),
]


def register(group: typer.Typer) -> None:
    """Add the command."""
    group.command("install")(install)


def install(  # noqa: PLR0913 -- one parameter per flag
    *,
    image: _Image,
    out: _Out = "",
    namespace: _Namespace = UNSEALER_NAMESPACE,
    name: _Name = UNSEALER_SERVICE,
    replicas: _Replicas = 2,
    mode: _Mode = None,
    watch_namespace: _WatchNamespaces = _NOTHING,
    watch_namespace_selector: _Selector = "",
    secret_watch: _SecretWatch = True,
    cert_readers: _CertReaders = _NOTHING,
    drift: _Drift = "heal",
    require_key_backup: _KeyBackup = False,
    allow_recreate: _Recreate = False,
    monitoring: _Monitoring = "none",
) -> None:
    """Print the manifests of the unsealer, or write them into a folder for Kustomize and Git."""
    from gitopskit.cli.manifest_files import hand_out, write_texts
    from gitopskit.workflows.unsealer_installation import UnsealerInstallation
    from gitopskit.workflows.unsealer_manifests import unsealer_files
    from gitopskit.workflows.unsealer_monitoring import monitoring_objects, monitoring_texts

    if monitoring == "files" and not out:
        raise InputError(
            "alert rules and dashboard are no manifests, and cannot be printed among them",
            where="--monitoring files",
            hint="give a folder with --out",
        )
    wanted = UnsealerInstallation(
        namespace=namespace,
        service=name,
        replicas=replicas,
        mode=mode or ("namespaces" if watch_namespace else "cluster"),
        watch_namespaces=tuple(dict.fromkeys(watch_namespace)),
        namespace_selector=watch_namespace_selector,
        watches_secrets=secret_watch,
        cert_readers=tuple(dict.fromkeys(cert_readers)),
        drift=drift,
        requires_key_backup=require_key_backup,
        allows_recreation=allow_recreate,
    )
    files = unsealer_files(wanted, image=image)
    if monitoring == "operator":
        files["monitoring.yaml"] = monitoring_objects(namespace)
    hand_out(files, folder=out)
    if monitoring == "files":
        write_texts(monitoring_texts(), folder=f"{out}/monitoring")
