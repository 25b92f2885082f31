"""Who sent a webhook, and which repositories it may be about."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitopskit.reconciler.webhooks import concerned, is_proven, parse_secrets, place_of, places_of

SECRET = "a secret of some length"  # noqa: S105 -- made up
BODY = b'{"repository": {"clone_url": "https://git.example.com/shop.git"}}'
DIGEST = hmac.new(SECRET.encode(), BODY, hashlib.sha256).hexdigest()

PROOFS = {
    "github": {"X-Hub-Signature-256": f"sha256={DIGEST}"},
    "gitlab": {"X-Gitlab-Token": SECRET},
    "gitea": {"X-Gitea-Signature": DIGEST},
    "generic": {"X-Gitopskit-Signature-256": f"sha256={DIGEST}"},
}
FORGES = sorted(PROOFS)


def secret(**items: str) -> dict[str, object]:
    data = {name: base64.b64encode(value.encode()).decode() for name, value in items.items()}
    return {"data": data}


@pytest.mark.parametrize("forge", FORGES)
def test_a_delivery_is_proven_by_what_its_forge_sends(forge: str) -> None:
    assert is_proven(PROOFS[forge], BODY, parse_secrets(secret(**{forge: SECRET})))


def test_forgejo_proves_itself_as_gitea_does() -> None:
    secrets = parse_secrets(secret(gitea=SECRET))

    assert is_proven({"X-Forgejo-Signature": DIGEST}, BODY, secrets)


@pytest.mark.parametrize("forge", FORGES)
@pytest.mark.parametrize("other", FORGES)
def test_a_secret_proves_its_own_kind_alone(forge: str, other: str) -> None:
    secrets = parse_secrets(secret(**{other: SECRET}))

    assert is_proven(PROOFS[forge], BODY, secrets) is (forge == other)


@pytest.mark.parametrize("forge", ["github", "gitea", "generic"])
def test_a_body_that_was_changed_is_not_proven(forge: str) -> None:
    secrets = parse_secrets(secret(**{forge: SECRET}))

    assert not is_proven(PROOFS[forge], BODY + b" ", secrets)


@pytest.mark.parametrize("forge", FORGES)
@pytest.mark.parametrize("said", ["", "sha256=", DIGEST[:-1], "sha1=" + DIGEST, "\udcff", "ü"])
def test_another_proof_proves_nothing(forge: str, said: str) -> None:
    secrets = parse_secrets(secret(**{forge: SECRET}))
    headers = dict.fromkeys(PROOFS[forge], said)

    assert not is_proven(headers, BODY, secrets)


def test_without_a_secret_or_a_header_nobody_is_proven() -> None:
    assert not is_proven(PROOFS["github"], BODY, parse_secrets(None))
    assert not is_proven({}, BODY, parse_secrets(secret(github=SECRET)))


def test_an_old_secret_holds_beside_the_new_one() -> None:
    secrets = parse_secrets(secret(github="another secret of that kind"))
    both = parse_secrets(
        secret(**{"github": "another secret of that kind", "github.old": f"{SECRET}\n"})
    )

    assert not is_proven(PROOFS["github"], BODY, secrets)
    assert is_proven(PROOFS["github"], BODY, both)


@pytest.mark.parametrize(
    "items",
    [
        {"github": "dG9vIHNob3J0"},
        {"github": ""},
        {"github": None},
        {"github": "no base64!"},
        {"bitbucket": base64.b64encode(SECRET.encode()).decode()},
    ],
    ids=["short", "empty", "nothing", "malformed", "of an unknown kind"],
)
def test_an_item_that_cannot_be_used_proves_nobody(items: dict[str, str | None]) -> None:
    assert parse_secrets({"data": items}) == {}


@pytest.mark.parametrize(
    "content",
    [
        {"repository": {"clone_url": "https://git.example.com/Team/Shop.git"}},
        {"repository": {"ssh_url": "git@git.example.com:team/shop.git"}},
        {"repository": {"html_url": "https://git.example.com/team/shop"}},
        {"project": {"git_http_url": "https://git.example.com/team/shop.git"}},
        {"project": {"git_ssh_url": "ssh://git@git.example.com:2222/team/shop.git"}},
        {"repository": "https://git.example.com/team/shop"},
    ],
)
@pytest.mark.parametrize(
    "followed", ["https://git.example.com/team/shop.git", "git@git.example.com:team/shop"]
)
def test_a_repository_is_found_by_whatever_address_it_has(
    content: dict[str, object], followed: str
) -> None:
    other = "https://git.example.com/team/shop-two.git"

    found = concerned([followed, other], places_of(json.dumps(content).encode()))

    assert found == {followed}


def test_a_form_is_read_as_its_payload() -> None:
    body = b"payload=" + quote(BODY.decode()).encode()

    assert places_of(body) == places_of(BODY) != frozenset()


def test_a_delivery_that_names_nothing_followed_finds_nothing() -> None:
    assert concerned(["https://git.example.com/other.git"], places_of(BODY)) == set()


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"payload=",
        b"other=1",
        b"[]",
        b"7",
        b"{}",
        b'{"repository": 7}',
        b'{"repository": {"url": 7}}',
        b'{"repository": {"url": "--upload-pack=touch"}}',
        b'{"repository": {"url": "https://git.example.com"}}',
        b"[" * 100_000,
        b"\xff\xfe",
    ],
)
def test_what_names_no_repository_finds_none(body: bytes) -> None:
    assert places_of(body) == frozenset()


def test_a_text_that_is_no_address_has_no_place() -> None:
    assert place_of("no address") is None


@given(st.binary(max_size=200) | st.from_regex(r'\{"repository": .{0,60}\}').map(str.encode))
def test_any_body_is_read_without_an_error(body: bytes) -> None:
    assert isinstance(places_of(body), frozenset)


@given(st.dictionaries(st.sampled_from(list(PROOFS["github"])), st.text()), st.binary())
def test_nobody_guesses_a_proof(headers: dict[str, str], body: bytes) -> None:
    assert not is_proven(headers, body, parse_secrets(secret(github=SECRET)))
