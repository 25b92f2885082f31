"""Which endpoint a request is for, and what is refused before anybody looks at it."""

from __future__ import annotations

import pytest

from gitopskit.controller import http
from gitopskit.controller.http import Address, Endpoint, Head, Request, Response
from gitopskit.errors import InputError


async def _answer(_: Request) -> Response:
    return Response()


def _refuse(peer: str) -> Response | None:
    return http.said(http.BUSY, "busy", retry_after_seconds=2) if peer == "greedy" else None


READ = Endpoint(answer=_answer)
WRITE = Endpoint(answer=_answer, methods=("POST",), largest_body_bytes=10, admit=_refuse)
ENDPOINTS = {"/read": READ, "/write": WRITE}


def head(method: str, path: str, **more: object) -> Head:
    return Head(**{"method": method, "path": path, "peer": "10.0.0.1", **more})  # type: ignore[arg-type]  # one call for many fields


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_an_endpoint_is_found_by_path_and_method(method: str) -> None:
    assert http.find(ENDPOINTS, head(method, "/read")) is READ


@pytest.mark.parametrize("path", ["/", "/read/", "//read", "/Read", "/other", "*"])
def test_paths_are_exact(path: str) -> None:
    found = http.find(ENDPOINTS, head("GET", path))

    assert isinstance(found, Response)
    assert (found.status, found.body) == (404, b"not found\n")


@pytest.mark.parametrize(
    ("method", "path", "allow"),
    [("POST", "/read", ("GET", "HEAD")), ("GET", "/write", ("POST",)), ("X", "/write", ("POST",))],
)
def test_another_method_is_told_which_are_allowed(
    method: str, path: str, allow: tuple[str, ...]
) -> None:
    found = http.find(ENDPOINTS, head(method, path))

    assert isinstance(found, Response)
    assert (found.status, found.allow) == (405, allow)


@pytest.mark.parametrize("length", [None, 0, 10])
def test_a_body_that_may_fit_is_let_in(length: int | None) -> None:
    assert http.find(ENDPOINTS, head("POST", "/write", length_bytes=length)) is WRITE


def test_a_body_that_is_announced_as_too_large_is_refused() -> None:
    found = http.find(ENDPOINTS, head("POST", "/write", length_bytes=11))

    assert isinstance(found, Response)
    assert found.status == 413


def test_a_compressed_body_is_refused() -> None:
    found = http.find(ENDPOINTS, head("POST", "/write", encoding="gzip"))
    plain = http.find(ENDPOINTS, head("POST", "/write", encoding=" Identity "))

    assert isinstance(found, Response)
    assert found.status == 415
    assert plain is WRITE


def test_a_peer_may_be_refused_before_its_body_is_read() -> None:
    found = http.find(ENDPOINTS, head("POST", "/write", peer="greedy"))

    assert found == http.said(429, "busy", retry_after_seconds=2)


@pytest.mark.parametrize(
    ("text", "host", "port"),
    [
        (":8080", "", 8080),
        ("127.0.0.1:0", "127.0.0.1", 0),
        ("[::1]:65535", "::1", 65535),
        ("localhost:80", "localhost", 80),
        ("[]:80", "", 80),
    ],
)
def test_an_address_is_a_host_and_a_port(text: str, host: str, port: int) -> None:
    assert Address.parse(text) == Address(host=host, port=port)


@pytest.mark.parametrize("text", ["", "8080", ":", ":65536", "::1:80", "a:b", "[::1]80", "a:80\n"])
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="is no address to listen on"):
        Address.parse(text)
