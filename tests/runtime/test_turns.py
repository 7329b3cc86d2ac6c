"""Much work of one request leaves others their turn."""

import asyncio

from shared.runtime.turns import in_turns


def test_others_have_their_turn_between_every_few_items() -> None:
    async def main() -> tuple[list[int], int]:
        turns = 0

        async def other() -> None:
            nonlocal turns
            while True:
                turns += 1
                await asyncio.sleep(0)

        task = asyncio.create_task(other())
        found = [item async for item in in_turns(range(100), 10)]
        task.cancel()
        return found, turns

    found, turns = asyncio.run(main())
    assert found == list(range(100))
    assert turns == 9


def test_a_few_items_wait_for_nobody() -> None:
    async def main() -> int:
        turns = 0

        async def other() -> None:
            nonlocal turns
            turns += 1

        task = asyncio.create_task(other())
        assert [item async for item in in_turns([1])] == [1]
        found = turns
        await task
        return found

    assert asyncio.run(main()) == 0
