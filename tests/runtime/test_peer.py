"""Calls between functions, against real sockets that misbehave."""

import asyncio
from collections.abc import Awaitable, Callable
from urllib.parse import unquote

import pytest
from pydantic import BaseModel

from shared.runtime.errors import NotFound, ParleyError, Unavailable, Unknown
from shared.runtime.peer import Peer, http_session, segment
from shared.runtime.service_auth import ServiceTokens
from tests.ports import free_port
from tests.waits import WAIT_S

KEY = "k" * 40


class Thing(BaseModel):
    name: str


Play = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


def answering(raw: bytes) -> Play:
    async def play(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(raw)
        await writer.drain()

    return play


def reply(status: int, body: bytes, extra: str = "") -> bytes:
    head = f"HTTP/1.1 {status} X\r\nContent-Length: {len(body)}\r\n{extra}\r\n"
    return head.encode() + body


async def hang(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    del writer
    await reader.readuntil(b"\r\n\r\n")
    await reader.read()  # until the client gives up


async def cut(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    del writer
    await reader.readuntil(b"\r\n\r\n")


async def ask(play: Play, path: str = "/x") -> Thing:
    done = asyncio.Event()
    timeout = 0.5 if play is hang else WAIT_S  # short only where the test waits for its end

    async def once(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await play(reader, writer)
        writer.close()
        done.set()

    server = await asyncio.start_server(once, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    async with server:
        try:
            async with http_session() as session:
                peer = Peer(session, name="state", url=url, tokens=ServiceTokens("t", KEY))
                return await peer.call(
                    "POST", path, body=Thing(name="a"), answer=Thing, timeout=timeout
                )
        finally:
            await done.wait()


def failing(play: Play) -> ParleyError:
    with pytest.raises(ParleyError) as caught:
        asyncio.run(ask(play))
    return caught.value


def test_a_good_answer_is_read_as_its_model() -> None:
    assert asyncio.run(ask(answering(reply(200, b'{"name":"b"}')))) == Thing(name="b")


def test_a_problem_comes_back_as_its_own_error() -> None:
    error = failing(answering(reply(404, b'{"detail":"no such conversation"}')))
    assert isinstance(error, NotFound)
    assert error.detail == "state: no such conversation"


def test_retry_after_is_passed_on() -> None:
    error = failing(answering(reply(503, b"{}", "Retry-After: 7\r\n")))
    assert isinstance(error, Unavailable)
    assert error.retry_after == 7


def test_a_refused_service_token_names_the_setting() -> None:
    error = failing(answering(reply(401, b"{}")))
    assert isinstance(error, Unavailable)
    assert "SERVICE_TOKEN_KEY" in error.detail


@pytest.mark.parametrize("play", [hang, cut, answering(reply(200, b"garbage"))])
def test_what_may_have_happened_is_unknown(play: Play) -> None:
    assert isinstance(failing(play), Unknown)


@pytest.mark.parametrize("status", [500, 502, 504])
def test_a_crash_over_there_is_unknown_also_in_the_words_of_a_gateway(status: int) -> None:
    assert isinstance(failing(answering(reply(status, b"oops"))), Unknown)


def test_nobody_there_means_surely_not_sent() -> None:
    async def call() -> None:
        async with http_session() as session:
            url = f"http://127.0.0.1:{free_port()}"
            peer = Peer(session, name="state", url=url, tokens=ServiceTokens("t", KEY))
            await peer.call("POST", "/x", answer=Thing)

    with pytest.raises(Unavailable):
        asyncio.run(call())


@pytest.mark.parametrize("name", ["", ".", "..", "..."])
def test_what_leads_elsewhere_is_no_name_of_anything(name: str) -> None:
    with pytest.raises(NotFound):
        segment(name)


@pytest.mark.parametrize("name", ["a/../../b", "wamid.HBg/=+", "%2e%2e", "?x=1#y", "ä\r\n:"])
def test_a_name_arrives_as_it_is_whatever_it_holds(name: str) -> None:
    asked: list[bytes] = []

    async def play(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(reply(200, b'{"name":"b"}'))
        await writer.drain()

    asyncio.run(ask(play, f"/x/{segment(name)}"))
    target = asked[0].split(b" ")[1].decode()
    assert target.count("/") == 2
    assert unquote(target) == f"/x/{name}"
