"""What `unsealer install` is asked for, and what does not fit together.

Pure. The manifests that come of it are made by unsealer_manifests.py and unsealer_rights.py.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from gitopskit.errors import InputError
from gitopskit.manifests.names import require_dns_label
from gitopskit.manifests.settled_names import UNSEALER_NAMESPACE, UNSEALER_SERVICE

Mode = Literal["cluster", "namespaces"]
Drift = Literal["heal", "report"]

_EVERYBODY: Final = ("system:authenticated", "system:unauthenticated")


@dataclass(frozen=True, slots=True, kw_only=True)
class UnsealerInstallation:
    """Where the unsealer runs, what it looks at, and how little it may do.

    ``cert_readers`` are groups that may fetch the certificate and ask for verification.
    """

    namespace: str = UNSEALER_NAMESPACE
    service: str = UNSEALER_SERVICE
    replicas: int = 2
    mode: Mode = "cluster"
    watch_namespaces: tuple[str, ...] = ()
    namespace_selector: str = ""
    watches_secrets: bool = True
    cert_readers: tuple[str, ...] = ()
    drift: Drift = "heal"
    requires_key_backup: bool = False
    allows_recreation: bool = False

    @property
    def arguments(self) -> list[str]:
        """Return the flags of `unsealer run` that differ from what it does by itself."""
        names = [f"--watch-namespace={name}" for name in self.watch_namespaces]
        selector = self.namespace_selector
        return [
            *names,
            *([f"--watch-namespace-selector={selector}"] if selector else []),
            *([] if self.watches_secrets else ["--no-secret-watch"]),
            *([] if self.drift == "heal" else [f"--drift={self.drift}"]),
            *(["--require-key-backup"] if self.requires_key_backup else []),
        ]


def require_sound(wanted: UnsealerInstallation) -> None:
    """Check that the wishes can be granted together.

    Raises:
        InputError: they cannot, a name is none, or a group of readers is everybody.
    """
    require_dns_label(wanted.namespace, what="namespace of the unsealer")
    require_dns_label(wanted.service, what="name of the Service")
    for name in wanted.watch_namespaces:
        require_dns_label(name, what="namespace to watch")
    for group in wanted.cert_readers:
        _require_some_people(group)
    _require_one_choice(wanted)


def _require_one_choice(wanted: UnsealerInstallation) -> None:
    names, selector = wanted.watch_namespaces, wanted.namespace_selector
    if names and wanted.mode == "cluster":
        raise InputError(
            "the rights of a whole cluster are asked for, and namespaces are listed",
            hint="leave out --mode, or the namespaces",
        )
    if wanted.mode == "namespaces" and not (names or selector):
        raise InputError(
            "nothing says which namespaces the rights are for",
            hint="list them by --watch-namespace, or label them for --watch-namespace-selector",
        )


def _require_some_people(group: str) -> None:
    if group in _EVERYBODY:
        raise InputError(
            f"the group {group} is everybody who reaches the API server",
            where="--cert-readers",
            hint="name a group of people or of one namespace's ServiceAccounts; through the"
            " Service, readers also have values verified and sealed again, which costs the"
            " controller a decryption each time",
        )
    if not group.strip():
        raise InputError("the name of a group is empty", where="--cert-readers", hint="name one")
