from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gitopskit.errors import ApiError, ApiInvalid, InputError
from gitopskit.kube import requests
from gitopskit.kube.requests import Request, Selection
from gitopskit.kube.resources import CONFIG_MAPS
from gitopskit.redaction import Plaintext

if TYPE_CHECKING:
    from gitopskit.manifests.json_types import JsonValue


@pytest.mark.parametrize("user", ["a\r\nX: y", "a b", "ü", "x" * 600])
def test_a_user_that_no_header_can_carry_is_refused(user: str) -> None:
    with pytest.raises(InputError, match="unusable name"):
        Request(method="GET", path="/", where="GET /", as_user=user)


def test_bodies_stay_out_of_the_repr() -> None:
    request = Request(method="PUT", path="/", where="PUT /", body=b"hunter2")

    assert "hunter2" not in repr(request)


@pytest.mark.parametrize(
    "content", [{"a": Plaintext(b"hunter2")}, {"a": 2**70}, {"a": object()}, {"a": "\ud800"}]
)
def test_what_json_has_no_form_for_is_refused_without_the_value(content: JsonValue) -> None:
    with pytest.raises(ApiInvalid, match="cannot be written as JSON") as caught:
        requests.encoded(content, "X/a")

    assert "hunter2" not in str(caught.value)
    assert caught.value.where == "X/a"


@pytest.mark.parametrize("body", [b"", b"[]", b"null", b"{", b"\xff"])
def test_an_answer_must_be_a_json_object(body: bytes) -> None:
    with pytest.raises(ApiError, match="not a JSON object"):
        requests.decoded(body, "X/a")


def test_empty_selectors_are_not_sent() -> None:
    request = Selection().page_request(CONFIG_MAPS, position="")

    assert request.query == {"limit": "500"}
    assert request.path == "/api/v1/configmaps"


def test_a_selection_is_sent_with_every_page_and_every_watch() -> None:
    selection = Selection(
        namespace="shop", label_selector="a=b", field_selector="c=d", metadata_only=True
    )

    page = selection.page_request(CONFIG_MAPS, position="next", as_user="jane")
    stream = selection.watch_request(CONFIG_MAPS, "7", 250)

    assert page.query == {
        "labelSelector": "a=b",
        "fieldSelector": "c=d",
        "limit": "500",
        "continue": "next",
    }
    assert page.as_user == "jane"
    assert "PartialObjectMetadataList" in page.accept
    assert stream.query["resourceVersion"] == "7"
    assert stream.query["labelSelector"] == "a=b"
    assert "as=PartialObjectMetadata;" in stream.accept
    assert page.where == stream.where == "ConfigMap/shop"


def test_a_strict_write_refuses_unknown_fields() -> None:
    assert requests.write_query("m", is_strict=True) == {
        "fieldManager": "m",
        "fieldValidation": "Strict",
    }


@pytest.mark.parametrize(
    ("force", "dry_run", "query"),
    [
        (None, False, {"fieldManager": "m"}),
        (True, True, {"fieldManager": "m", "dryRun": "All", "force": "true"}),
        (False, False, {"fieldManager": "m", "force": "false"}),
    ],
    ids=["create", "forced dry run", "unforced apply"],
)
def test_a_write_says_who_and_how(
    *, force: bool | None, dry_run: bool, query: dict[str, str]
) -> None:
    assert requests.write_query("m", dry_run=dry_run, force=force) == query
