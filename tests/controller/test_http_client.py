"""A POST to a stranger is bounded, and tells nobody where it went."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

import pytest

from gitopskit.controller.http_client import Answered, post
from gitopskit.redaction import Plaintext
from tests.support.receiving import inbox

if TYPE_CHECKING:
    from pathlib import Path


def to(url: str) -> Plaintext:
    return Plaintext(url.encode())


async def test_headers_and_body_arrive_as_they_are() -> None:
    async with inbox() as receiver:
        answer = await post(to(f"{receiver.url}/a%2Fb?c=d"), b"body", headers={"X-One": "1"})

    assert answer == Answered(status=200)
    [sent] = receiver.sent
    assert (sent.path, sent.body, sent.headers["X-One"]) == ("/a%2Fb?c=d", b"body", "1")


async def test_no_redirect_is_followed() -> None:
    async with inbox() as receiver, inbox() as other:
        receiver.status, receiver.location = 302, other.url

        answer = await post(to(receiver.url), b"", headers={"Authorization": "Bearer t"})

        assert answer == Answered(status=302)
        assert other.sent == []


async def test_an_authority_that_is_named_is_trusted_and_others_are_not(tmp_path: Path) -> None:
    async with inbox(tmp_path) as receiver:
        trusted = await post(to(receiver.url), b"", headers={}, ca_pem=receiver.ca_pem)
        unknown = await post(to(receiver.url), b"", headers={})

    assert trusted == Answered(status=200)
    assert unknown == Answered(problem="its certificate is not trusted")


async def test_words_of_any_language_beside_an_authority_do_no_harm(tmp_path: Path) -> None:
    async with inbox(tmp_path) as receiver:
        named = f"# Zertifikat für das Büro\n{receiver.ca_pem}"
        answer = await post(to(receiver.url), b"", headers={}, ca_pem=named)

    assert answer == Answered(status=200)


@pytest.mark.parametrize("ca_pem", ["-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----", "x"])
async def test_an_authority_that_is_none_is_told(ca_pem: str) -> None:
    answer = await post(to("https://localhost:1/"), b"", headers={}, ca_pem=ca_pem)

    assert answer.problem


async def test_one_that_is_away_is_told_without_its_address() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

    answer = await post(to(f"http://localhost:{port}/canary"), b"", headers={})

    assert answer == Answered(problem="it cannot be reached")
