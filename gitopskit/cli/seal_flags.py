"""The flags of `gitopskit seal`: kubeseal's by their own names, and ours.

kubeseal's may be set by variables, as for kubeseal: ``SEALED_SECRETS_CONTROLLER_NAME`` for
``--controller-name``; see seal_spellings.py. A flag that is given wins.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Final, Literal

import typer

from gitopskit.manifests.settled_names import UNSEALER_NAMESPACE, UNSEALER_SERVICE

VARIABLE_PREFIX: Final = "SEALED_SECRETS_"
DEFAULT_CONTROLLER_NAME: Final = UNSEALER_SERVICE
DEFAULT_CONTROLLER_NAMESPACE: Final = UNSEALER_NAMESPACE

ScopeName = Literal["strict", "namespace-wide", "cluster-wide"]
FormatName = Literal["json", "yaml"]

File = Annotated[
    str, typer.Argument(metavar="[FILE]", help="The Secrets, YAML or JSON; `-` is stdin.")
]
SecretFile = Annotated[
    str, typer.Option("--secret-file", "-f", help="The same as FILE.", metavar="FILE")
]
SealedFile = Annotated[
    str,
    typer.Option(
        "--sealed-secret-file", "-w", help="Write here, whole or not at all.", metavar="FILE"
    ),
]
Certificate = Annotated[
    str,
    typer.Option(
        "--cert", help="The certificate (PEM) to seal with: a file or a URL.", metavar="FILE|URL"
    ),
]
Environments = Annotated[
    list[str],
    typer.Option(
        "--env", help="Seal with this environment's certificate; may be repeated.", metavar="ENV"
    ),
]
App = Annotated[
    str,
    typer.Option("--app", help="Write into the overlay of this app in each --env.", metavar="APP"),
]
Register = Annotated[
    bool,
    typer.Option("--register/--no-register", help="With --app: add it to kustomization.yaml."),
]
SecretType = Annotated[
    str, typer.Option("--type", help="With --from-file or --generate: the Secret's type.")
]
Scopes = Annotated[
    ScopeName | None,
    typer.Option("--scope", help="Where it may be opened; default: as annotated, else strict."),
]
Name = Annotated[str, typer.Option("--name", help="The Secret's name, in place of its own.")]
Namespace = Annotated[
    str,
    typer.Option(
        "--namespace", "-n", help="The namespace of Secrets that name none; default: kubeconfig's."
    ),
]
Format = Annotated[
    FormatName | None,
    typer.Option(
        "--format",
        "-o",
        help="Default: as the written file's name says; else YAML on a terminal, JSON elsewhere.",
    ),
]
AllowEmpty = Annotated[
    bool, typer.Option("--allow-empty-data", help="Seal a Secret that has no data, too.")
]
RecordKeys = Annotated[
    bool,
    typer.Option(
        "--record-keys/--no-record-keys",
        help="Note in an annotation which key each item was sealed to.",
    ),
]
PostQuantum = Annotated[
    bool | None,
    typer.Option(
        "--post-quantum/--no-post-quantum",
        help="Seal to the hybrid key, or to RSA; default: as the file is sealed, else to RSA.",
        show_default=False,
    ),
]
InPlace = Annotated[bool, typer.Option("--in-place", "-i", help="Replace FILE by what is sealed.")]
DryRun = Annotated[
    bool, typer.Option("--dry-run", help="Print what would be written, and write no file.")
]
MergeInto = Annotated[
    str,
    typer.Option(
        "--merge-into", help="Seal the items into this SealedSecret file.", metavar="FILE"
    ),
]
Raw = Annotated[bool, typer.Option("--raw", help="Seal one value, not a Secret; see `seal raw`.")]
FromFile = Annotated[
    list[str],
    typer.Option(
        "--from-file",
        help="An item from a file (`-`: stdin); with --name, --raw or --app.",
        metavar="[KEY=]FILE",
    ),
]
Generate = Annotated[
    list[str],
    typer.Option(
        "--generate", help="An item that is made up: `password:length=24`.", metavar="KEY=SPEC"
    ),
]
FetchCert = Annotated[
    bool, typer.Option("--fetch-cert", help="Print the cluster's certificate instead.")
]
Validate = Annotated[
    bool, typer.Option("--validate", help="Ask the controller whether it can open SealedSecrets.")
]
ReEncrypt = Annotated[
    bool,
    typer.Option(
        "--re-encrypt", "--rotate", help="Have the controller seal SealedSecrets to its newest key."
    ),
]
RecoveryUnseal = Annotated[
    bool, typer.Option("--recovery-unseal", help="Open SealedSecrets; see `gitopskit unseal`.")
]
RecoveryKeys = Annotated[
    list[str],
    typer.Option(
        "--recovery-private-key",
        help="A private key for that: PEM, key Secret, List; also a,b.",
        metavar="FILE",
    ),
]
PrivateKeys = Annotated[
    list[str],
    typer.Option(
        "--private-key",
        help="Compare with what the written file holds; keep envelopes of unchanged values.",
        metavar="FILE",
    ),
]
DigestKeyFile = Annotated[
    str,
    typer.Option(
        "--digest-key",
        help="Compare by digests under the key in this file, which must not be in Git.",
        metavar="FILE",
    ),
]
ControllerName = Annotated[
    str, typer.Option("--controller-name", help="Name of the controller's Service.")
]
ControllerNamespace = Annotated[
    str, typer.Option("--controller-namespace", help="Namespace of the controller.")
]
Context = Annotated[str, typer.Option("--context", help="The kubeconfig's context to use.")]
Kubeconfig = Annotated[
    str, typer.Option("--kubeconfig", help="The kubeconfig to use.", metavar="FILE")
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Which cluster, and which controller in it, is asked."""

    context: str = ""
    kubeconfig: str = ""
    controller_name: str = DEFAULT_CONTROLLER_NAME
    controller_namespace: str = DEFAULT_CONTROLLER_NAMESPACE

    @property
    def is_chosen(self) -> bool:
        """Whether anything about it was asked for."""
        return self != Target()

    @property
    def is_default_controller(self) -> bool:
        """Whether the controller may be looked for under other names as well."""
        names = (self.controller_name, self.controller_namespace)
        return names == (DEFAULT_CONTROLLER_NAME, DEFAULT_CONTROLLER_NAMESPACE)
