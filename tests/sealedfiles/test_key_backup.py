"""What is in a backup of sealing keys, and what restoring it does."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

import pytest

from gitopskit.errors import InputError, IntegrityFault, MalformedDocument
from gitopskit.redaction import Plaintext
from gitopskit.sealedfiles.key_backup import (
    acknowledged,
    backup_of,
    holds_the_same,
    plan_restore,
    read_backup,
    read_secret,
    renamed,
)
from gitopskit.sealing.hybrid_keys import hybrid_key_secret
from gitopskit.sealing.key_secrets import BACKED_UP, read_key, state_of, with_state
from gitopskit.sealing.keys import KEY_LABEL, key_secret, read_private_keys
from tests.support.hybrid import hybrid_pair
from tests.support.sealing import BORN, sealing_pair

if TYPE_CHECKING:
    from gitopskit.manifests.json_types import JsonObject

_NOW: Final = BORN + timedelta(days=2)


def _secret(number: int = 0, *, name: str = "key-1", **metadata: object) -> JsonObject:
    content = key_secret(sealing_pair(number), namespace="kube-system", name=name)
    server: JsonObject = {"uid": "1", "resourceVersion": "7", "managedFields": [{"a": 1}]}
    return {**content, "metadata": {**content["metadata"], **server, **metadata}}


def _backed_up(*contents: JsonObject) -> tuple[JsonObject, ...]:
    text = backup_of([read_secret(content) for content in contents], now=_NOW)
    return read_backup(text, where="keys.age")


def test_a_backup_holds_the_keys_and_nothing_of_the_cluster() -> None:
    last_applied = {"kubectl.kubernetes.io/last-applied-configuration": "{}", "team": "a"}

    (content,) = _backed_up(_secret(annotations=last_applied))

    assert content == {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {
            "name": "key-1",
            "namespace": "kube-system",
            "labels": {KEY_LABEL: "active"},
            "annotations": {"team": "a", BACKED_UP: "2026-06-03T12:00:00Z"},
        },
        "type": "kubernetes.io/tls",
        "data": _secret()["data"],
    }


def test_the_text_of_a_backup_is_read_as_private_keys_are() -> None:
    """Hybrid keys are in a document of their own, which kubeseal does not look at."""
    hybrid = hybrid_key_secret(hybrid_pair(), namespace="kube-system", name="hybrid")

    text = backup_of([read_secret(hybrid), read_secret(_secret())], now=_NOW)

    keys = read_private_keys(text.reveal(), where="keys.yaml")
    assert [key.is_hybrid for key in keys] == [False, True]
    assert text.reveal().count(b"kind: List") == 2


def test_older_keys_come_first_so_that_they_are_restored_first() -> None:
    young = _secret(name="a", creationTimestamp="2026-06-02T00:00:00Z")
    old = _secret(1, name="b", creationTimestamp="2026-06-01T00:00:00Z")

    assert [each["metadata"]["name"] for each in _backed_up(young, old)] == ["b", "a"]


@pytest.mark.parametrize(
    ("before", "after"),
    [("active", "active"), ("pending", "active"), ("compromised", "compromised")],
)
def test_a_pending_key_is_active_once_its_backup_is_acknowledged(before: str, after: str) -> None:
    content = _secret(labels={KEY_LABEL: before})

    done = acknowledged(content, now=_NOW)

    assert done["metadata"]["labels"] == {KEY_LABEL: after}
    assert read_key(done, where="")[0].backed_up_utc == _NOW
    assert _backed_up(content)[0]["metadata"]["labels"] == {KEY_LABEL: after}


def test_a_hybrid_key_is_acknowledged_under_its_own_label() -> None:
    content = hybrid_key_secret(hybrid_pair(), namespace="kube-system", name="hybrid")

    done = acknowledged(with_state(content, "pending"), now=_NOW)

    assert state_of(done, prefix="") == "active"
    assert KEY_LABEL not in done["metadata"]["labels"]


def test_the_old_key_gets_no_label() -> None:
    content = _secret(name="sealed-secrets-key", labels={})

    assert acknowledged(content, now=_NOW)["metadata"]["labels"] == {}


def test_a_secret_without_a_usable_key_is_kept_and_told() -> None:
    broken = {**_secret(), "data": {"tls.key": "", "tls.crt": ""}}

    secret = read_secret(broken)

    assert secret.key is None
    assert str(secret.problem) == ("`tls.key` holds no private key - Secret/kube-system/key-1")
    assert _backed_up(broken)[0]["data"] == broken["data"]


def test_no_private_half_is_shown() -> None:
    secret = read_secret(_secret())
    plan = plan_restore([_secret()], {}, where="keys.age")

    assert _secret()["data"]["tls.key"][:40] not in repr((secret, plan))


@pytest.mark.parametrize(
    ("given", "expected"), [("", "kube-system"), ("elsewhere", "elsewhere")], ids=["own", "given"]
)
def test_keys_go_where_they_came_from_or_where_one_says(given: str, expected: str) -> None:
    text = backup_of([read_secret(_secret())], now=_NOW)

    (content,) = read_backup(text, where="", namespace=given)

    assert content["metadata"]["namespace"] == expected


@pytest.mark.parametrize(
    ("text", "what"),
    [
        (b"", "there is no key in the backup"),
        (b"kind: List\nitems: []\n", "there is no key in the backup"),
        (b"kind: ConfigMap\nmetadata: {name: a}\ndata: {}\n", "something else than Secrets"),
        (b"kind: Secret\nmetadata: {}\ndata: {}\n", "something else than Secrets"),
        (b"kind: Secret\nmetadata: {name: a}\n", "something else than Secrets"),
        (b"kind: Secret\nmetadata: a\ndata: {}\n", "something else than Secrets"),
    ],
    ids=["nothing", "empty List", "ConfigMap", "no name", "no data", "no metadata"],
)
def test_what_is_no_backup_is_refused(text: bytes, what: str) -> None:
    with pytest.raises(InputError, match=what):
        read_backup(Plaintext(text), where="keys.age")


def test_what_is_no_yaml_is_refused() -> None:
    with pytest.raises(MalformedDocument):
        read_backup(Plaintext(b"a: ["), where="keys.age")


def test_what_is_missing_is_created_and_what_is_there_is_left() -> None:
    there, missing = _secret(), _secret(1, name="key-2")
    live = {"Secret/kube-system/key-1": {**there, "metadata": {**there["metadata"], "labels": {}}}}

    plan = plan_restore(_backed_up(there, missing), live, where="keys.age")

    assert [content["metadata"]["name"] for content in plan.missing] == ["key-2"]
    assert plan.present == ("Secret/kube-system/key-1",)


def test_another_key_of_the_name_stops_everything() -> None:
    live = {"Secret/kube-system/key-1": _secret(1)}

    with pytest.raises(IntegrityFault) as caught:
        plan_restore(_backed_up(_secret(), _secret(2, name="key-2")), live, where="keys.age")

    assert str(caught.value) == (
        "Secret/kube-system/key-1 exists and holds another key than the backup; nothing was "
        "changed - keys.age"
    )


def test_a_key_has_another_name_of_its_own() -> None:
    names = [
        content["metadata"]["name"]
        for content in (renamed(_secret()), renamed(_secret()), renamed(_secret(1)))
        if content
    ]

    assert names[0] == names[1] != names[2]
    assert all(name.startswith("key-1-") for name in names)


def test_a_key_by_its_name_alone_has_no_other() -> None:
    assert renamed(_secret(labels={})) is None


@pytest.mark.parametrize(
    ("other", "same"),
    [
        (_secret(name="x", labels={}), True),
        (_secret(1), False),
        ({**_secret(), "type": "Opaque"}, False),
        ({**_secret(), "data": None}, False),
    ],
    ids=["another name", "another key", "another type", "no data"],
)
def test_two_secrets_are_the_same_by_type_and_items(
    other: JsonObject,
    same: bool,  # noqa: FBT001 -- pytest passes it by name
) -> None:
    assert holds_the_same(_secret(), other) == same
