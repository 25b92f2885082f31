from __future__ import annotations

from typing import TYPE_CHECKING

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitopskit.errors import IMMUTABLE_FIELD, UNKNOWN_FIELD, ApiError, ApiGone, ApiInvalid
from gitopskit.kube.failures import Refusal, error_of

if TYPE_CHECKING:
    from gitopskit.manifests.json_types import JsonValue

SECRETS = "/api/v1/namespaces/shop/secrets"
CONFIG_MAPS = "/api/v1/namespaces/shop/configmaps"
MISFIT = (
    "failed to create typed patch object (shop/db; /v1, Kind=Secret): "
    '.data.password: expected string, got &value.valueUnstructured{Value:"hunter2"}'
)


def refused(
    content: JsonValue, *, status: int = 422, path: str = CONFIG_MAPS, is_read: bool = False
) -> ApiError:
    body = content if isinstance(content, bytes) else orjson.dumps(content)
    return error_of(
        Refusal(status=status, body=body, path=path, where="X/shop/db", is_read=is_read)
    )


def status(message: str, reason: str = "Invalid", **more: JsonValue) -> JsonValue:
    return {"kind": "Status", "reason": reason, "message": message, **more}


def test_the_servers_words_are_kept_and_its_echo_of_values_is_not() -> None:
    error = refused(status('ConfigMap "db" is invalid: data: Invalid value: "hunter2": too long'))

    assert error.what == 'ConfigMap "db" is invalid: data: Invalid value: ***: too long'


@pytest.mark.parametrize(
    ("path", "what"),
    [
        (
            CONFIG_MAPS,
            (
                "failed to create typed patch object (shop/db; /v1, Kind=Secret): "
                ".data.password: expected string, got ***"
            ),
        ),
        (SECRETS, "the API server refused it (does not fit its schema) for .data.password"),
    ],
    ids=["config map", "secret"],
)
def test_an_apply_that_does_not_fit_the_schema_is_our_input(path: str, what: str) -> None:
    error = refused(status(MISFIT, reason=""), status=500, path=path)

    assert isinstance(error, ApiInvalid)
    assert error.what == what


@pytest.mark.parametrize(
    "said",
    [
        "hunter2: illegal base64 data at input byte 4",
        "failed to convert new object (shop/db): illegal base64 data at input byte 4: hunter2",
    ],
)
def test_other_words_about_base64_in_a_secret_are_not_believed(said: str) -> None:
    error = refused(status(said, reason=""), status=500, path=SECRETS)

    assert not isinstance(error, ApiInvalid)
    assert error.what == "the API server answered with HTTP status 500"


@pytest.mark.parametrize(
    "path",
    [SECRETS, f"{SECRETS}/db", "/api/v1/secrets", f"{SECRETS}/db/status"],
)
def test_a_refused_write_of_a_secret_tells_the_reason_alone(path: str) -> None:
    error = refused(status("the webhook says hunter2", reason="Forbidden"), status=403, path=path)

    assert error.what == "the API server refused it (Forbidden)"
    assert "hunter2" not in repr(error)


def test_a_refused_read_of_a_secret_tells_why() -> None:
    message = 'secrets "db" is forbidden: User "jane" cannot get resource "secrets"'

    error = refused(status(message), status=403, path=f"{SECRETS}/db", is_read=True)

    assert error.what == message


def test_a_kind_that_only_begins_like_secrets_is_no_secret() -> None:
    path = "/api/v1/namespaces/shop/secretsauces"

    assert refused(status("words"), path=path).what == "words"


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<html>hunter2</html>",
        {"kind": "Other", "message": "hunter2"},
        ["hunter2"],
        status("hunter2", reason="no word: hunter2"),
    ],
    ids=["empty", "html", "another kind", "a list", "a reason that is no word"],
)
def test_what_is_no_status_is_dropped(content: JsonValue) -> None:
    error = refused(content, path=SECRETS)

    assert error.what == "the API server answered with HTTP status 422"
    assert error.reason == ""


@pytest.mark.parametrize(
    "details",
    [None, [], {"causes": None}, {"causes": ["x", {"field": None}, {"field": "a b: hunter2"}]}],
)
def test_details_of_any_shape_are_survived(details: JsonValue) -> None:
    error = refused(status("hunter2", details=details), path=SECRETS)

    assert error.what == "the API server refused it (Invalid)"


def test_gone_is_told_from_other_refusals() -> None:
    assert isinstance(refused(status("too old", reason="Expired"), status=410), ApiGone)


@pytest.mark.parametrize(("code", "is_about_us"), [(401, True), (403, False), (404, False)])
def test_unknown_credentials_are_told_from_missing_rights(code: int, *, is_about_us: bool) -> None:
    assert refused(status("no"), status=code).is_about_credentials is is_about_us


@given(body=st.binary(max_size=200), code=st.integers(300, 599), is_read=st.booleans())
def test_any_bytes_make_an_error(body: bytes, code: int, *, is_read: bool) -> None:
    error = refused(body, status=code, is_read=is_read)

    assert error.status == code
    assert error.what


def test_a_namespace_that_ends_is_told_apart_from_a_right_that_is_missing() -> None:
    details = {"causes": [{"reason": "NamespaceTerminating", "field": "metadata.namespace"}, "odd"]}

    ending = refused(status("terminated", reason="Forbidden", details=details), status=403)
    lacking = refused(status("no right", reason="Forbidden", details={}), status=403)

    assert ending.is_about_ending_namespace
    assert not lacking.is_about_ending_namespace
    assert lacking.reason == "Forbidden"


def test_an_unknown_field_is_told_apart() -> None:
    misfit = "failed to create typed patch object (x): .spec.foo: field not declared in schema"

    assert refused(status(misfit), status=500).reason == UNKNOWN_FIELD


@pytest.mark.parametrize(
    ("messages", "reason"),
    [
        pytest.param(["Invalid value: {}: field is immutable"], IMMUTABLE_FIELD, id="immutable"),
        pytest.param(
            ["Forbidden: updates to statefulset spec for fields other than 'replicas'"],
            IMMUTABLE_FIELD,
            id="of-a-stateful-set",
        ),
        pytest.param(["field is immutable", "Required value"], "Invalid", id="and-invalid"),
        pytest.param([], "Invalid", id="not-told"),
    ],
)
def test_what_cannot_be_changed_is_told_apart_from_what_is_wrong(
    messages: list[str], reason: str
) -> None:
    details = {"causes": [{"field": "spec", "message": message} for message in messages]}

    assert refused(status("is invalid", details=details)).reason == reason
