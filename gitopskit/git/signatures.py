"""Who may sign commits: keys for GPG and for SSH, and how git's verdict is read.

Pure. Source: git-verify-commit(1); git-config(1), "gpg.ssh.allowedSignersFile"; ssh-keygen(1),
"ALLOWED SIGNERS"; GnuPG's doc/DETAILS, "VALIDSIG".
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

_SIGNER: Final = "signer"
_STATUS: Final = re.compile(r"^\[GNUPG:\] VALIDSIG (?P<words>\S.*)$", re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Trust:
    """The keys of which one must have signed a commit.

    ``ssh_keys`` are public keys as ``type base64``. ``gpg_key_ids`` are 16 to 40 upper-case digits
    that end the fingerprint of a key or of its primary key; ``gpg_keys`` are public keys in armour,
    of which others than those named prove nothing.
    """

    ssh_keys: tuple[str, ...] = ()
    gpg_key_ids: tuple[str, ...] = ()
    gpg_keys: tuple[str, ...] = ()


def allowed_signers(trust: Trust) -> str:
    """Return the file of allowed signers that ``ssh-keygen`` reads; it lets them sign for git."""
    return "".join(f'{_SIGNER} namespaces="git" {key}\n' for key in trust.ssh_keys)


def is_by_trusted_key(verdict: bytes, trust: Trust) -> bool:
    """Tell whether a signature that git found good is by a key that is named.

    ``verdict`` is what ``git verify-commit --raw`` printed. One without a line of GPG's is by SSH,
    whose allowed signers are the named keys and no others.
    """
    found = _STATUS.findall(verdict.decode(errors="replace"))
    if not found:
        return bool(trust.ssh_keys)
    prints = {words.split()[place] for words in found for place in (0, -1)}
    return len(found) == 1 and any(it.endswith(trust.gpg_key_ids) for it in prints)
