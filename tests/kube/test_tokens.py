from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from gitopskit.kube.tokens import Authorization, Tokens, fixed_token

if TYPE_CHECKING:
    from tests.support.clock import FakeClock


class Loader:
    """Hands out numbered headers and counts."""

    def __init__(self, valid_seconds: float) -> None:
        self.loads = 0
        self._valid_seconds = valid_seconds

    async def __call__(self) -> Authorization:
        self.loads += 1
        await asyncio.sleep(0)
        return Authorization(header=f"Bearer {self.loads}", valid_seconds=self._valid_seconds)


async def test_a_header_is_kept_until_it_is_too_old(clock: FakeClock) -> None:
    loader = Loader(valid_seconds=60)
    tokens = Tokens(loader, clock=clock)

    first = await tokens.current()
    clock.advance(59)
    still = await tokens.current()
    clock.advance(1)
    later = await tokens.current()

    assert [first, still, later] == ["Bearer 1", "Bearer 1", "Bearer 2"]


async def test_many_callers_share_one_load(clock: FakeClock) -> None:
    loader = Loader(valid_seconds=60)
    tokens = Tokens(loader, clock=clock)

    headers = await asyncio.gather(*(tokens.current() for _ in range(5)))
    renewed = await asyncio.gather(*(tokens.renew("Bearer 1") for _ in range(5)))

    assert set(headers) == {"Bearer 1"}
    assert set(renewed) == {"Bearer 2"}
    assert loader.loads == 2


async def test_a_header_that_was_renewed_meanwhile_is_not_loaded_again(clock: FakeClock) -> None:
    loader = Loader(valid_seconds=60)
    tokens = Tokens(loader, clock=clock)
    await tokens.current()

    assert await tokens.renew("Bearer 0") == "Bearer 1"


async def test_a_fixed_token_never_changes(clock: FakeClock) -> None:
    tokens = fixed_token("letmein", clock=clock)
    clock.advance(1_000_000)

    assert await tokens.current() == "Bearer letmein"
    assert await tokens.renew("Bearer letmein") == "Bearer letmein"
    assert await fixed_token("", clock=clock).current() == ""


async def test_headers_are_in_no_repr(clock: FakeClock) -> None:
    tokens = fixed_token("letmein", clock=clock)

    assert "letmein" not in repr(tokens) + repr(Authorization(header="Bearer letmein"))
