"""Which URLs name a repository, and what each part of them is."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gitopskit.errors import GitopskitError, InputError, UnsupportedField
from gitopskit.git.remotes import HttpsCredential, Remote, parse_remote, server_of
from gitopskit.redaction import Plaintext


@pytest.mark.parametrize(
    ("url", "scheme", "user", "host", "port", "path"),
    [
        ("https://git.example.com/shop.git", "https", "", "git.example.com", 0, "/shop.git"),
        ("https://Git.Example.com:8443/a/b", "https", "", "git.example.com", 8443, "/a/b"),
        ("https://[::1]:8443/a", "https", "", "::1", 8443, "/a"),
        ("ssh://git@git.example.com/a.git", "ssh", "git", "git.example.com", 0, "/a.git"),
        ("ssh://git.example.com:2222/a", "ssh", "", "git.example.com", 2222, "/a"),
        ("git@git.example.com:a/b.git", "ssh", "git", "git.example.com", 0, "a/b.git"),
        ("git.example.com:a", "ssh", "", "git.example.com", 0, "a"),
        ("git@[::1]:a", "ssh", "git", "::1", 0, "a"),
        ("/srv/git/shop.git", "file", "", "", 0, "/srv/git/shop.git"),
        ("file:///srv/git/shop.git", "file", "", "", 0, "/srv/git/shop.git"),
    ],
)
def test_the_parts_of_a_url_are_told(
    url: str, scheme: str, user: str, host: str, port: int, path: str
) -> None:
    remote = parse_remote(url, allow_local=True)

    assert (scheme, user, host, port, path) == (
        remote.scheme,
        remote.user,
        remote.host,
        remote.port,
        remote.path,
    )


@pytest.mark.parametrize(
    "url",
    [
        "",
        "--upload-pack=touch x",
        "-oProxyCommand=x:y",
        "ext::sh -c id",
        "ext::sh",
        "https://",
        "https:///path",
        "https://host:port/path",
        "https://host:99999/path",
        "https://-host/path",
        "https://host/team/../other",
        "https://host/team/%2e%2E/other",
        "https://host/team%2f..%2fother",
        "https://host/team/./other",
        "ssh://host/team/../other",
        "git@host:team/../other",
        "https://host/a b",
        "https://host/a%0ab",
        "https://host/a\nb",
        "https://host\\@other/a",
        "https://host/a?private_token=x",
        "https://host/a#x",
        "https://[::1/a",
        "ssh://-oProxyCommand=x/a",
        "ssh://-u@host/a",
        "git@host:-x",
        "-git@host:x",
        "git@-host:x",
        "shop.git",
        "./shop",
        "../shop:x",
        "/srv/../etc",
        "file://host/srv",
        "https://host/" + "a" * 3000,
    ],
)
def test_what_is_no_plain_url_is_refused(url: str) -> None:
    with pytest.raises(InputError) as caught:
        parse_remote(url, allow_local=True)

    assert caught.value.what


@pytest.mark.parametrize(
    "url",
    ["https://me:hunter2@host/a", "https://hunter2@host/a", "ssh://git:hunter2@host/a"],
)
def test_a_url_with_a_credential_is_refused_and_not_shown(url: str) -> None:
    with pytest.raises(InputError, match="carries a user name or password") as caught:
        parse_remote(url)

    assert "hunter2" not in repr(caught.value)


@pytest.mark.parametrize("url", ["http://host/a", "git://host/a", "ftp://host/a"])
def test_other_protocols_are_refused_by_name(url: str) -> None:
    with pytest.raises(UnsupportedField, match="repositories are not read by"):
        parse_remote(url)


@pytest.mark.parametrize("url", ["/srv/git", "file:///srv/git"])
def test_this_machine_is_read_only_where_it_is_allowed(url: str) -> None:
    with pytest.raises(UnsupportedField, match="on this machine") as caught:
        parse_remote(url)

    assert "--allow-local-repositories" in caught.value.hint


def test_a_remote_does_not_print_its_credential() -> None:
    credential = HttpsCredential(username="me", password=Plaintext(b"hunter2"))
    remote = Remote(url="https://h/a", scheme="https", path="/a", credential=credential)

    assert "hunter2" not in repr(remote)


@given(st.text(alphabet="gitsh:/@-.[]%?#a0 \n", max_size=30))
@example("https://a@b:c/d")
def test_any_text_is_a_repository_or_an_error_for_people(text: str) -> None:
    try:
        remote = parse_remote(text, allow_local=True)
    except GitopskitError:
        return

    assert not text.startswith("-")
    assert not remote.host.startswith("-")
    assert not remote.user.startswith("-")


@pytest.mark.parametrize(
    ("url", "server"),
    [
        ("https://Git.Example.com:8443/a/b", "git.example.com"),
        ("git@git.example.com:a/b.git", "git.example.com"),
        ("/srv/git/shop.git", ""),
        ("ftp://git.example.com/a", ""),
        ("", ""),
    ],
)
def test_a_url_leads_to_a_server_or_to_none(url: str, server: str) -> None:
    assert server_of(url) == server
