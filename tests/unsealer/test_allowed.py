from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from gitopskit.errors import UnsupportedField
from gitopskit.sealing.unseal import UnsealedSecret
from gitopskit.unsealer.allowed import Allowed, require_allowed

if TYPE_CHECKING:
    from gitopskit.manifests.json_types import JsonValue

ALLOWED = Allowed(key_namespace="kube-system")
TOKEN = "kubernetes.io/service-account-token"  # noqa: S105 -- the name of a type
JOINING = "bootstrap.kubernetes.io/token"


def secret(**changes: JsonValue) -> UnsealedSecret:
    fields: dict[str, Any] = {
        "name": "db",
        "namespace": "kube-system",
        "metadata": {"labels": {"app": "shop"}},
        "type": "Opaque",
        "immutable": None,
        "data": {},
    }
    return UnsealedSecret(**{**fields, **changes})


def labelled(key: str, value: str) -> JsonValue:
    return {"labels": {key: value}}


def test_an_ordinary_secret_is_allowed_where_the_keys_are() -> None:
    require_allowed(secret(), ALLOWED)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        pytest.param({"type": TOKEN}, "service-account-token", id="token"),
        pytest.param({"type": JOINING}, "bootstrap.kubernetes.io", id="token to join with"),
        pytest.param(
            {"metadata": labelled("sealedsecrets.bitnami.com/sealed-secrets-key", "active")},
            "sealed-secrets-key",
            id="planted key",
        ),
        pytest.param(
            {"metadata": labelled("sealedsecrets.bitnami.com/sealed-secrets-key", "pending")},
            "sealed-secrets-key",
            id="planted key that waits",
        ),
        pytest.param(
            {"metadata": labelled("gitopskit.io/sealing-key", "active")},
            "gitopskit.io/sealing-key",
            id="planted post-quantum key",
        ),
        pytest.param({"name": "sealed-secrets-key"}, "would be a sealing key", id="legacy name"),
    ],
)
def test_what_would_give_rights_is_refused_by_name(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(UnsupportedField, match=words):
        require_allowed(secret(**changes), ALLOWED)


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param(
            {"metadata": labelled("sealedsecrets.bitnami.com/sealed-secrets-key", "active")},
            id="label",
        ),
        pytest.param({"name": "sealed-secrets-key"}, id="name"),
    ],
)
def test_keys_mean_nothing_in_other_namespaces(changes: dict[str, Any]) -> None:
    require_allowed(secret(namespace="shop", **changes), ALLOWED)


def test_tokens_are_made_where_that_is_allowed() -> None:
    require_allowed(secret(type=TOKEN), Allowed(key_namespace="kube-system", token_secrets=True))
