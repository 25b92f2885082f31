"""What git's and ssh's messages mean, told in words that say what to do.

Pure. The messages are those of LC_ALL=C; what is not recognised is shown scrubbed and cut.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from gitopskit.errors import GitFailed
from gitopskit.redaction import scrub


class MirrorDamaged(GitFailed):
    """The local copy of a repository cannot be read; it is to be deleted and fetched again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Meaning:
    says: re.Pattern[str]
    what: str
    hint: str
    is_local: bool


def _meaning(says: str, what: str, hint: str, *, is_local: bool = False) -> _Meaning:
    pattern = re.compile(says, re.IGNORECASE | re.MULTILINE)
    return _Meaning(says=pattern, what=what, hint=hint, is_local=is_local)


_MEANINGS: Final = (  # the first that matches counts, so the particular come before the general
    _meaning(
        r"host key verification failed|host identification has changed|host key is known",
        "the server's ssh host key is not known, or is not the known one",
        "compare the key and add it to known hosts (ConfigMap argocd-ssh-known-hosts-cm)",
    ),
    _meaning(
        r"certificate problem|certificate verif|verification failed|CAfile|unable to get issuer",
        "the server's certificate is not trusted",
        "add its authority under the host's name to the ConfigMap argocd-tls-certs-cm",
    ),
    _meaning(
        r"update url base from redirect|returned error: 30\d",
        "the server redirects to another address, which is not followed",
        "set repoURL to the address that the server redirects to",
    ),
    _meaning(
        r"authentication failed|could not read (username|password)|permission denied"
        r"|returned error: 40[13]|no supported authentication|too many authentication",
        "the server does not let us in",
        "check the repository Secret: its url, user name, and password, token or key",
    ),
    _meaning(
        r"could not resolve|connection (refused|timed out|reset|closed)|failed to connect"
        r"|couldn't connect|unreachable|no route to host|timed out|early eof|hung up unexpectedly"
        r"|operation too slow|kex_exchange|returned error: 5\d\d",
        "the server cannot be reached",
        "check the host name, the port, and the network's policies",
    ),
    _meaning(
        r"not our ref|couldn't find remote ref|unadvertised object|no such remote ref",
        "the revision is not in the repository",
        "check targetRevision; was the branch deleted or force-pushed",
    ),
    _meaning(
        r"dubious ownership|unsafe repository",
        "the repository belongs to another user of this machine",
        "give it to the user that runs this program",
    ),
    _meaning(
        r"repository .*not found|not found|not appear to be a git repository|returned error: 404"
        r"|no such file or directory|not a git repository|could not read from remote",
        "there is no repository at this address, or it is hidden from us",
        "check repoURL, and the repository Secret if it is private",
    ),
    _meaning(
        r"fsck|invalid path|gitmodules",
        "the repository holds objects that git refuses",
        "run `git fsck --strict` on it",
    ),
    _meaning(
        r"no space left|disk quota",
        "the disk of the cache is full",
        "free space, or give the cache a larger volume",
        is_local=True,
    ),
    _meaning(
        r"signal 25|file size limit|file too large|invalid index-pack output$",
        "the transfer broke off, or is larger than the limit",
        "keep large files out of the repository",
    ),
)


def explain(stderr: bytes, *, where: str) -> GitFailed | None:
    """Return the error that a message of git or ssh means, or None if it is not a known one."""
    said = stderr.decode(errors="replace")
    for meaning in _MEANINGS:
        if meaning.says.search(said):
            return GitFailed(
                meaning.what, where=where, hint=meaning.hint, is_local=meaning.is_local
            )
    return None


def unknown(stderr: bytes, *, where: str) -> GitFailed:
    """Return an error that shows the last words of git, scrubbed and cut."""
    lines = [line for line in stderr.decode(errors="replace").splitlines() if line.strip()]
    said = scrub(lines[-1]) if lines else "it said nothing"
    return GitFailed(
        f"git failed: {said}",
        where=where,
        hint="run the same with git by hand; the cache of repositories may be deleted at any time",
    )
