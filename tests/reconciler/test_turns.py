"""A lock for each name, as long as somebody needs it."""

from __future__ import annotations

import asyncio
import gc

from gitopskit.reconciler.turns import Turns


async def test_one_name_is_one_lock_and_is_forgotten_with_its_last_user() -> None:
    turns = Turns(asyncio.Lock)
    order: list[str] = []

    async def work(name: str, label: str) -> None:
        async with turns[name]:
            order.append(f"{label} begins")
            await asyncio.sleep(0)
            gc.collect()
            await asyncio.sleep(0)
            order.append(f"{label} ends")

    await asyncio.gather(work("a", "first"), work("a", "second"), work("b", "other"))
    gc.collect()

    assert [it for it in order if "other" not in it] == [
        "first begins",
        "first ends",
        "second begins",
        "second ends",
    ]
    assert order.index("other begins") < order.index("first ends")
    assert len(turns) == 0
