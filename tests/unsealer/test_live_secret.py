from __future__ import annotations

from gitopskit.redaction import Plaintext
from gitopskit.unsealer.live_secret import LiveSecret

METADATA = {"name": "db", "namespace": "shop", "uid": "u", "resourceVersion": "1"}


def test_values_are_wrapped() -> None:
    secret = LiveSecret.of(
        {"metadata": METADATA, "type": "x", "data": {"a": "Yg==", "empty": None}}
    )

    assert secret.data == {"a": Plaintext(b"b"), "empty": Plaintext(b"")}
    assert "Yg" not in repr(secret)


def test_a_secret_without_data_or_type_is_an_empty_opaque_one() -> None:
    secret = LiveSecret.of({"metadata": METADATA})

    assert (secret.type, secret.is_immutable, secret.data) == ("Opaque", False, {})
    assert secret.controller is None
    assert secret.is_being_deleted is False


def test_only_keys_that_the_manager_set_are_told() -> None:
    def entry(manager: str, key: str) -> dict[str, object]:
        labels: dict[str, object] = {".": {}, f"f:{key}": {}}
        return {"manager": manager, "fieldsV1": {"f:metadata": {"f:labels": labels}}}

    fields = [entry("us", "a"), entry("them", "b"), entry("us", "c"), {"manager": "us"}]
    secret = LiveSecret.of({"metadata": {**METADATA, "managedFields": fields}})

    assert secret.keys_set_by("us", "labels") == {"a", "c"}
    assert secret.keys_set_by("us", "annotations") == frozenset()
