"""The HTTP edge tells what a function answered, whatever it answered."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from aiohttp import web

from connector.dispatch import Target
from connector.policy import Answer
from shared.runtime.peer import http_session
from shared.runtime.service_auth import ServiceTokens
from tests.connector.harness import FUNCTION, TOKEN_KEY
from tests.connector.model import held
from tests.ports import free_port

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def answer_of(handler: Handler | None, seconds: float = 2.0) -> Answer:
    """What the edge makes of this handler; without one nobody listens."""

    async def main() -> Answer:
        port = free_port()
        runner = web.AppRunner(_app(handler), access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        if handler is not None:
            await web.TCPSite(runner, "127.0.0.1", port).start()
        async with http_session() as session:
            tokens = ServiceTokens("connector", TOKEN_KEY)
            url = f"http://127.0.0.1:{port}/function/x"
            target = Target(session, tokens, name=FUNCTION, url=url, seconds=seconds)
            answer = await target.post(held("e1", "k", "t", tag=1))
        await runner.cleanup()
        return answer

    return asyncio.run(main())


def _app(handler: Handler | None) -> web.Application:
    app = web.Application()
    if handler is not None:
        app.router.add_post("/function/x/", handler)
    return app


def replying(status: int, body: bytes = b"", **headers: str) -> Handler:
    async def handler(_: web.Request) -> web.Response:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return web.Response(status=status, body=body, headers=named)

    return handler


def test_a_problems_code_and_words_are_kept() -> None:
    body = b'{"code": "bad_input", "detail": "no\\u0000 text"}'
    assert answer_of(replying(422, body)) == Answer(422, code="bad_input", detail="no  text")


@pytest.mark.parametrize("body", [b"", b"<html>", b"[1]", b'{"code": 7}', b"\xff", b"x" * 100_000])
def test_a_body_that_is_no_problem_is_passed_over(body: bytes) -> None:
    assert answer_of(replying(500, body)) == Answer(500)


@pytest.mark.parametrize(("header", "seconds"), [("7", 7.0), ("soon", None), ("-3", None)])
def test_retry_after_in_seconds(header: str, seconds: float | None) -> None:
    assert answer_of(replying(503, Retry_After=header)).retry_after == seconds


def test_retry_after_as_a_date_that_has_passed_is_now() -> None:
    answer = answer_of(replying(503, Retry_After="Wed, 21 Oct 2015 07:28:00 GMT"))
    assert answer.retry_after == 0.0


def test_a_redirect_is_not_followed() -> None:
    assert answer_of(replying(302, Location="http://127.0.0.1:1/")).status == 302


def test_nobody_listening_is_surely_not_sent() -> None:
    assert answer_of(None).trouble == "unreachable"


def test_a_cut_connection_may_have_arrived() -> None:
    async def cut(request: web.Request) -> web.StreamResponse:
        assert request.transport is not None
        request.transport.abort()
        return web.Response()

    assert answer_of(cut).trouble == "no_answer"


def test_silence_may_have_arrived() -> None:
    async def hang(_: web.Request) -> web.StreamResponse:
        await asyncio.sleep(5)
        return web.Response()

    assert answer_of(hang, seconds=0.2).trouble == "no_answer"
