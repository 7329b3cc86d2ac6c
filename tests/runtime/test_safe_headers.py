"""Every answer carries safe headers; one that has its own keeps it."""

import asyncio

from starlette.types import Message

from shared.runtime.safe_headers import HEADERS, with_safe_headers


def sent(*headers: tuple[bytes, bytes]) -> dict[bytes, bytes]:
    told: list[Message] = []

    async def send(message: Message) -> None:
        told.append(message)

    start: Message = {"type": "http.response.start", "status": 200, "headers": [*headers]}

    async def answer() -> None:
        await with_safe_headers(send)(start)

    asyncio.run(answer())
    assert len(told[0]["headers"]) == len(dict(told[0]["headers"]))
    return dict(told[0]["headers"])


def test_an_answer_carries_them_all() -> None:
    assert sent() == dict(HEADERS)


def test_an_answer_keeps_its_own() -> None:
    own = (b"Content-Security-Policy", b"default-src 'self'")
    assert sent(own)[own[0]] == own[1]
    assert b"content-security-policy" not in sent(own)
