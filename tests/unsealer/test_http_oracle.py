"""Whoever may ask whether an envelope opens learns that, and never why it does not."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

import pytest

from gitopskit.sealing import envelope
from tests.support.unsealer_http import Served, serving
from tests.support.unsealing import SealingKey

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from gitopskit.manifests.json_types import JsonObject
    from tests.support.raw_http import Raw

PATHS = pytest.mark.parametrize("path", ["/v1/verify", "/v1/rotate"])


@pytest.fixture
async def served(key: SealingKey, second_key: SealingKey) -> AsyncIterator[Served]:
    async with serving(key, second_key) as running:
        yield running


def _sealed(key: SealingKey, *, name: str = "db", namespace: str = "shop") -> JsonObject:
    content = key.seal(name, namespace, {"password": "hunter2"})
    content["metadata"] |= {"name": "db", "namespace": "shop"}
    return content


def _altered(content: JsonObject, offset: int) -> JsonObject:
    items = content["spec"]["encryptedData"]
    blob = bytearray(base64.b64decode(items["password"]))
    blob[offset] ^= 1
    items["password"] = base64.b64encode(blob).decode()
    return content


@pytest.fixture(scope="module")
def foreign_key() -> SealingKey:
    return SealingKey.new("foreign")


@pytest.fixture
def operations(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Return a list that grows by one with each operation of a private key: what takes long."""
    done: list[int] = []
    unwrap = envelope._unwrap

    def counted(*args: object, **more: object) -> bytes | None:
        done.append(1)
        return unwrap(*args, **more)  # type: ignore[arg-type]  # whatever it is called with

    monkeypatch.setattr(envelope, "_unwrap", counted)
    return done


@pytest.fixture
def causes(key: SealingKey, foreign_key: SealingKey) -> dict[str, Callable[[], JsonObject]]:
    """Return envelopes that look alike from outside and fail for different reasons."""
    return {
        "another key": lambda: _sealed(foreign_key),
        "another name": lambda: _sealed(key, name="web"),
        "another namespace": lambda: _sealed(key, namespace="bank"),
        "an altered session key": lambda: _altered(_sealed(key), 40),
        "an altered value": lambda: _altered(_sealed(key), -20),
        "an altered tag": lambda: _altered(_sealed(key), -1),
    }


def _seen(raw: Raw) -> tuple[int, bytes, list[str]]:
    return raw.status, raw.body, sorted(raw.headers)


@PATHS
async def test_every_reason_has_the_same_answer(
    served: Served, causes: dict[str, Callable[[], JsonObject]], path: str
) -> None:
    answers = {cause: _seen(await served.post(path, make())) for cause, make in causes.items()}

    first = next(iter(answers.values()))
    assert first[:2] == (409, b"")
    assert answers == dict.fromkeys(causes, first)


@PATHS
async def test_every_reason_takes_the_same_work(
    served: Served,
    causes: dict[str, Callable[[], JsonObject]],
    path: str,
    operations: list[int],
) -> None:
    work = {}
    for cause, make in causes.items():
        operations.clear()
        await served.post(path, make())
        work[cause] = len(operations)

    assert work == dict.fromkeys(causes, 2)


@PATHS
async def test_every_item_is_tried_after_one_that_stays_closed(
    served: Served, key: SealingKey, path: str, operations: list[int]
) -> None:
    content = key.seal("web", "shop", {"a": "1", "b": "2", "c": "3"})
    content["metadata"]["name"] = "db"

    raw = await served.post(path, content)

    assert (raw.status, len(operations)) == (409, 6)
