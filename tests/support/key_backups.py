"""A namespace of sealing keys as the commands about backups meet it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Final

import pyrage

from gitopskit.cli import app
from gitopskit.kube.resources import SECRETS
from gitopskit.sealing.hybrid_keys import hybrid_key_secret
from gitopskit.sealing.key_secrets import BACKED_UP, KeyState, with_state
from gitopskit.sealing.keys import key_secret
from tests.support.hybrid import hybrid_pair
from tests.support.sealing import sealing_pair

if TYPE_CHECKING:
    from pathlib import Path

    from gitopskit.controlplane.server import ControlPlane
    from gitopskit.manifests.json_types import JsonObject

NAMES: Final = {"old": "compromised", "current": "active", "new": "pending", "hybrid": "pending"}


def new_identity() -> pyrage.x25519.Identity:
    """Return a new private key of age."""
    return pyrage.x25519.Identity.generate()


@cache
def identity() -> pyrage.x25519.Identity:
    """Return the private key of whoever keeps the backups."""
    return new_identity()


def recipient() -> str:
    """Return the public key that backups are encrypted to."""
    return str(identity().to_public())


def secret_of(name: str, namespace: str) -> JsonObject:
    """Return one of the key Secrets as it is before any backup."""
    if name == "hybrid":
        content = hybrid_key_secret(hybrid_pair(), namespace=namespace, name=name)
    else:
        number = [*NAMES].index(name)
        content = key_secret(sealing_pair(number), namespace=namespace, name=name)
    state: KeyState = "pending" if NAMES[name] == "pending" else "active"
    labelled = with_state(content, state)
    if name == "old":
        labels = dict.fromkeys(labelled["metadata"]["labels"], NAMES[name])
        labelled["metadata"]["labels"] = labels
    return labelled


@dataclass(frozen=True, slots=True)
class KeysOfACluster:
    """A namespace of a cluster, the current one of a kubeconfig, and a folder to work in."""

    control_plane: ControlPlane
    namespace: str
    folder: Path

    def backup(self, *arguments: str, file: str = "keys.age") -> int:
        return app.run(["keys", "backup", file, "-n", self.namespace, *arguments])

    def backup_to_recipient(self, *arguments: str, file: str = "keys.age") -> int:
        return self.backup("--recipient", recipient(), *arguments, file=file)

    def restore(self, *arguments: str, file: str = "keys.age") -> int:
        (self.folder / "identity").write_text(f"{identity()}\n")
        return app.run(["keys", "restore", file, "--identity", "identity", *arguments])

    def create(self, content: JsonObject) -> None:
        self.control_plane.rest.post(SECRETS.collection_path(self.namespace), content)

    def delete(self, name: str) -> None:
        ref = SECRETS.ref(namespace=self.namespace, name=name)
        self.control_plane.rest.send("DELETE", SECRETS.object_path(ref))

    def clear(self) -> None:
        """Delete every Secret."""
        for name in self.names():
            self.delete(name)

    def get(self, name: str) -> JsonObject:
        ref = SECRETS.ref(namespace=self.namespace, name=name)
        content: JsonObject = self.control_plane.rest.get(SECRETS.object_path(ref))
        return content

    def names(self) -> set[str]:
        listing = self.control_plane.rest.get(SECRETS.collection_path(self.namespace))
        return {item["metadata"]["name"] for item in listing["items"]}

    def labels(self) -> dict[str, str]:
        """Return the state of each key by the name of its Secret."""
        return {
            name: next(iter(self.get(name)["metadata"]["labels"].values())) for name in self.names()
        }

    def acknowledged(self) -> set[str]:
        """Return the names of the Secrets that are marked as backed up."""
        return {
            name
            for name in self.names()
            if BACKED_UP in (self.get(name)["metadata"].get("annotations") or {})
        }
