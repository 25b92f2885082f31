"""What stands against retiring a sealing key."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import orjson
import pytest

from gitopskit.errors import ApiForbidden, InputError, KeyInUse
from gitopskit.manifests.findings import Finding
from gitopskit.sealedfiles.reading import read_sealed
from gitopskit.sealedfiles.retirement import (
    KeySecret,
    read_key_secrets,
    read_live_sealed,
    relabel,
    require_retirable,
    require_unused,
)
from gitopskit.sealedfiles.sealed_tree import LINK
from gitopskit.sealedfiles.strays import STRAY
from gitopskit.sealedfiles.usage import users_of, uses_in
from gitopskit.sealing.hybrid_keys import hybrid_key_secret
from gitopskit.sealing.keys import KEY_LABEL, key_secret
from tests.support.fake_api import FakeApi, Reply, refusal
from tests.support.hybrid import hybrid_certificate, hybrid_pair
from tests.support.sealed_manifests import fingerprint_of, sealed_content, yaml_of
from tests.support.sealing import BORN, sealing_pair

if TYPE_CHECKING:
    from gitopskit.kube.client import KubeClient
    from gitopskit.manifests.json_types import JsonObject

_KEY = fingerprint_of(0)


def _secret(
    name: str, fingerprint: str = _KEY, *, state: str = "active", days: int = 0
) -> KeySecret:
    return KeySecret(
        namespace="keys",
        name=name,
        fingerprint=fingerprint,
        state=state,
        not_before_utc=BORN + timedelta(days=days),
        resource_version="7",
    )


def _live(name: str, number: int, **labels: str) -> JsonObject:
    content = key_secret(sealing_pair(number), namespace="keys", name=name)
    content["metadata"] |= {"resourceVersion": "7"}
    content["metadata"]["labels"] |= labels
    return content


def _hybrid(name: str, *, number: int = 0, state: str = "active", days: int = 0) -> KeySecret:
    fingerprint = hybrid_certificate(number).fingerprint
    secret = _secret(name, fingerprint, state=state, days=days)
    return replace(secret, label="gitopskit.io/sealing-key")


def _live_hybrid(name: str) -> JsonObject:
    content = hybrid_key_secret(hybrid_pair(), namespace="keys", name=name)
    content["metadata"] |= {"resourceVersion": "7"}
    return content


def test_the_only_hybrid_key_can_be_retired() -> None:
    own = _hybrid("h")

    assert require_retirable([own, _secret("rsa", days=-1)], own.fingerprint) == [own]
    assert own.change == "Secret/keys/h: label gitopskit.io/sealing-key: active -> retired"


def test_the_newest_of_several_hybrid_keys_is_never_retired() -> None:
    old, new = _hybrid("old"), _hybrid("new", number=1, days=1)
    secrets = [old, new, _secret("rsa", days=9)]

    with pytest.raises(KeyInUse, match="it is the newest active key"):
        require_retirable(secrets, new.fingerprint)

    assert require_retirable(secrets, old.fingerprint) == [old]


def test_a_hybrid_key_does_not_stand_in_for_the_only_rsa_key() -> None:
    with pytest.raises(KeyInUse, match="it is the only active key of the cluster"):
        require_retirable([_secret("a"), _hybrid("h", days=1)], _KEY)


def test_an_older_active_key_can_be_retired() -> None:
    old, new = _secret("old"), _secret("new", "SHA256:new", days=1)

    assert require_retirable([old, new], _KEY) == [old]
    assert old.change == (
        "Secret/keys/old: label sealedsecrets.bitnami.com/sealed-secrets-key: active -> retired"
    )


def test_every_copy_of_a_key_is_retired() -> None:
    copies = [_secret("a"), _secret("b"), _secret("c", state="compromised")]

    chosen = require_retirable([*copies, _secret("new", "SHA256:new", days=1)], _KEY)

    assert [secret.name for secret in chosen] == ["a", "b"]


def test_a_retired_key_needs_nothing_more() -> None:
    secrets = [_secret("old", state="retired"), _secret("new", "SHA256:new", days=1)]

    assert require_retirable(secrets, _KEY) == []


@pytest.mark.parametrize(
    ("others", "words"),
    [
        ([], "it is the only active key of the cluster"),
        ([_secret("b")], "it is the only active key of the cluster"),
        ([_secret("b", "SHA256:new", state="retired", days=1)], "it is the only active key"),
        ([_secret("b", "SHA256:old", days=-1)], "it is the newest active key"),
        ([_secret("b", "SHA256:same")], "it is the newest active key"),
    ],
    ids=["alone", "its copy", "beside a retired one", "newest", "as new as another"],
)
def test_the_key_that_seals_is_never_retired(others: list[KeySecret], words: str) -> None:
    with pytest.raises(KeyInUse, match=words) as raised:
        require_retirable([_secret("a"), *others], _KEY)

    assert raised.value.where == "Secret/keys/a"


@pytest.mark.parametrize("secrets", [[], [_secret("b", "SHA256:b")]], ids=["none", "another"])
def test_a_key_that_no_secret_holds_is_refused(secrets: list[KeySecret]) -> None:
    with pytest.raises(InputError, match="no Secret of the namespace holds") as raised:
        require_retirable(secrets, _KEY)

    assert raised.value.hint.endswith("SHA256:b" if secrets else "none")


def test_what_nothing_needs_is_unused() -> None:
    require_unused(_KEY, [], [], where="Secret/keys/a")


def test_users_are_named_the_certain_ones_first() -> None:
    contents = [
        sealed_content("unknown", items={"a": "1"}, is_recorded=False),
        *(sealed_content(f"certain-{number}", items={"a": "1"}) for number in range(4)),
    ]
    uses = uses_in(read_sealed(yaml_of(*contents), path="x.yaml").parts)
    broken = Finding(path="", rule="r", message="m", subject="SealedSecret/shop/broken")

    with pytest.raises(KeyInUse) as raised:
        require_unused(_KEY, users_of(_KEY, uses), [broken], where="Secret/keys/a")

    words = raised.value.what
    assert words.startswith("items that need it: 4, that may need it: 2: x.yaml:")
    assert words.index("x.yaml:") < words.index(f"x.yaml:{_line(contents)}:5 `a`")
    assert words.endswith(" and 1 more")
    assert "gitopskit seal reencrypt" in raised.value.hint


def _line(contents: list[JsonObject]) -> int:
    """Return the line of the first item, which is the unknown one."""
    return yaml_of(*contents).decode().split("\n").index("  encryptedData:") + 2


def test_a_broken_sealed_secret_alone_stands_against_it() -> None:
    in_file = Finding(path="x.yaml", line=3, column=1, rule="r", message="m")
    in_cluster = Finding(
        path="", line=1, column=1, rule="r", message="m", subject="SealedSecret/a/b"
    )

    with pytest.raises(KeyInUse) as raised:
        require_unused(_KEY, [], [in_file, in_cluster], where="Secret/keys/a")

    assert raised.value.what == (
        "items that need it: 0, that may need it: 2: x.yaml:3:1, SealedSecret/a/b"
    )


@pytest.mark.parametrize("rule", [LINK, STRAY])
def test_what_is_no_sealed_secret_is_named_with_what_it_is(rule: str) -> None:
    finding = Finding(path="x", rule=rule, message="cannot be told", hint="name the file")

    with pytest.raises(KeyInUse) as raised:
        require_unused(_KEY, [], [finding], where="Secret/keys/a")

    assert raised.value.what == ("items that need it: 0, that may need it: 1: x (cannot be told)")
    assert raised.value.hint == "name the file"


async def test_key_secrets_are_read_by_their_certificate(
    scripted: FakeApi, scripted_api: KubeClient
) -> None:
    retired = _live("b", 1, **{KEY_LABEL: "retired"})
    unreadable = _live("c", 0)
    unreadable["data"]["tls.crt"] = ""
    scripted.reply(
        Reply(json={"items": [_live("a", 0), retired, unreadable]}),
        Reply(json={"items": [_live_hybrid("d")]}),
    )

    secrets, problems = await read_key_secrets(scripted_api, "keys")

    assert secrets == [
        _secret("a"),
        _secret("b", fingerprint_of(1), state="retired"),
        _hybrid("d"),
    ]
    assert [str(problem) for problem in problems] == [
        "the key Secret has no certificate - Secret/keys/c"
    ]
    assert scripted.seen[0].path == "/api/v1/namespaces/keys/secrets"
    assert [each.query["labelSelector"] for each in scripted.seen] == [
        KEY_LABEL,
        "gitopskit.io/sealing-key",
    ]


async def test_live_sealed_secrets_are_read_as_far_as_they_can_be(
    scripted: FakeApi, scripted_api: KubeClient
) -> None:
    broken = sealed_content("broken")
    broken["spec"]["data"] = "AA=="
    scripted.reply(Reply(json={"items": [sealed_content(), broken]}))

    parts, findings = await read_live_sealed(scripted_api)

    assert [use.where for use in uses_in(parts)] == ["SealedSecret/shop/db"] * 2
    assert [finding.subject for finding in findings] == ["SealedSecret/shop/broken"]


async def test_a_cluster_without_the_definition_has_no_sealed_secrets(
    scripted: FakeApi, scripted_api: KubeClient
) -> None:
    scripted.reply(refusal(404, reason="NotFound", message="not found"))

    assert await read_live_sealed(scripted_api) == ([], [])


async def test_sealed_secrets_that_we_may_not_see_are_an_error(
    scripted: FakeApi, scripted_api: KubeClient
) -> None:
    scripted.reply(refusal(403, reason="Forbidden", message="no"))

    with pytest.raises(ApiForbidden):
        await read_live_sealed(scripted_api)


async def test_a_label_is_changed_only_on_what_was_read(
    scripted: FakeApi, scripted_api: KubeClient
) -> None:
    scripted.reply(Reply(json={}))

    await relabel(scripted_api, _secret("a"))

    (seen,) = scripted.seen
    assert (seen.method, seen.path) == ("PATCH", "/api/v1/namespaces/keys/secrets/a")
    assert seen.headers["Content-Type"] == "application/merge-patch+json"
    assert orjson.loads(seen.body) == {
        "metadata": {"resourceVersion": "7", "labels": {KEY_LABEL: "retired"}}
    }
