"""What people are told of git's and ssh's messages."""

from __future__ import annotations

import pytest

from gitopskit.git.failures import explain, unknown

WHERE = "https://git.example.com/a"


@pytest.mark.parametrize(
    ("stderr", "what"),
    [
        ("fatal: unable to access 'x': Could not resolve host: nope", "cannot be reached"),
        ("ssh: connect to host h port 22: Connection timed out", "cannot be reached"),
        ("fatal: unable to access 'x': The requested URL returned error: 503", "be reached"),
        ("remote: Repository not found.\nfatal: repository 'x' not found", "no repository"),
        ("fatal: '/x' does not appear to be a git repository", "no repository"),
        ("fatal: Authentication failed for 'https://h/a'", "does not let us in"),
        ("fatal: could not read Username for 'https://h': terminal prompts", "let us in"),
        ("git@h: Permission denied (publickey).\nfatal: Could not read from r", "let us in"),
        ("Host key verification failed.\nfatal: Could not read from remote", "host key"),
        ("No ED25519 host key is known for h\nHost key verification failed.", "host key"),
        ("fatal: unable to access: SSL certificate problem: self-signed", "not trusted"),
        ("fatal: unable to update url base from redirection:", "redirects"),
        ("fatal: remote error: upload-pack: not our ref aaaa", "not in the repository"),
        ("fatal: couldn't find remote ref refs/heads/x", "not in the repository"),
        ("fatal: fetch-pack: invalid index-pack output", "larger than the limit"),
        ("error: object a: hasDotgit: x\nfatal: fsck error in packed object", "git refuses"),
        ("error: unable to write file x: No space left on device", "disk of the cache is full"),
        (
            "fatal: write error: No space left on device\nfatal: invalid index-pack output",
            "disk of the cache is full",
        ),
        ("fatal: detected dubious ownership in repository at '/x'", "another user"),
    ],
)
def test_a_known_message_says_what_to_do(stderr: str, what: str) -> None:
    failure = explain(stderr.encode(), where=WHERE)

    assert failure is not None
    assert what in failure.what
    assert failure.where == WHERE
    assert failure.hint


def test_an_unknown_message_is_not_explained() -> None:
    assert explain(b"fatal: something new", where=WHERE) is None


@pytest.mark.parametrize(
    ("stderr", "shown"),
    [
        (b"hint: x\nfatal: https://me:hunter2@h/a is odd\n\n", "fatal: https://***@h/a is odd"),
        (b"", "it said nothing"),
        (b"fatal: " + b"x" * 500, "fatal: " + "x" * 248 + "…"),
    ],
    ids=["a credential", "nothing", "too much"],
)
def test_the_last_words_are_shown_scrubbed(stderr: bytes, shown: str) -> None:
    assert unknown(stderr, where=WHERE).what == f"git failed: {shown}"
