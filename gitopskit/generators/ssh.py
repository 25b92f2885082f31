"""SSH key pairs, such as the deploy key of a repository."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.hazmat.primitives.serialization.ssh import serialize_ssh_public_key

from gitopskit.generators.lines import require_line
from gitopskit.redaction import Plaintext

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.serialization.ssh import SSHPublicKeyTypes


@dataclass(frozen=True, slots=True, kw_only=True)
class SshKeyPair:
    """An Ed25519 pair: the private key in OpenSSH's PEM, the public one as one line."""

    private_key: Plaintext
    public_line: str


def new_ssh_key(comment: str) -> SshKeyPair:
    """Return a new Ed25519 key pair; the comment ends the public line.

    Source: OpenSSH, PROTOCOL.key (``openssh-key-v1``).

    Raises:
        InputError: the comment is empty, longer than 255, or not printable.
    """
    require_line(comment, what="comment of an SSH key")
    private = Ed25519PrivateKey.generate()
    public: SSHPublicKeyTypes = private.public_key()
    line = serialize_ssh_public_key(public).decode()
    pem = private.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption())
    return SshKeyPair(private_key=Plaintext(pem), public_line=f"{line} {comment}")
