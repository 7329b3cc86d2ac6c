"""How late a process is: seen by its sleeps, told with its answers."""

import asyncio
import time

from starlette.types import Message

from shared.runtime.lag import HEADER, LATE_S, Lag


def told(lag: Lag) -> str:
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    async def answer() -> None:
        await lag.told(send)({"type": "http.response.start", "status": 200, "headers": []})
        await lag.told(send)({"type": "http.response.body", "body": b""})

    asyncio.run(answer())
    assert "headers" not in sent[1]
    return str(dict(sent[0]["headers"])[HEADER.lower().encode()].decode())


def test_one_late_look_among_many_is_little_and_a_busy_second_is_much() -> None:
    lag = Lag()
    lag.note(10 * LATE_S)
    assert lag.late <= 0.05
    for _ in range(20):
        lag.note(2 * LATE_S)
    assert lag.late > 0.5
    for _ in range(80):
        lag.note(LATE_S / 2)
    assert lag.late < 0.02


def test_a_loop_that_is_held_is_late() -> None:
    async def busy() -> Lag:
        lag = Lag()
        async with lag.measured():
            end = time.monotonic() + 3
            while time.monotonic() < end:
                time.sleep(0.04)  # noqa: ASYNC251  # what is to be seen
                await asyncio.sleep(0.02)
        return lag

    assert asyncio.run(busy()).late > 0.1


def test_an_answer_says_it() -> None:
    lag = Lag()
    assert told(lag) == "0.000"
    lag.note(1.0)
    assert told(lag) == "0.050"
