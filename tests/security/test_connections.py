"""Every state of a connection has an end, and one request at a time is all that it carries."""

import re
import socket
from collections.abc import Iterator
from contextlib import ExitStack, suppress

import pytest
from starlette.responses import PlainTextResponse, Response
from starlette.types import Receive, Scope, Send

from shared.runtime.closing import HEARD_OUT_BYTES
from shared.runtime.errors import ParleyError
from shared.runtime.patience import MAX_HEADER_BYTES, MAX_HEADERS
from tests.security.impatient import (
    BODY,
    CROWD,
    REQUEST,
    Crowded,
    Hasty,
    HastyClosing,
    SlowHost,
    answered,
    echo,
    said,
    serving,
)
from tests.support import passed, wait_until
from tests.waits import WAIT_S

CLOSES = b"\r\nconnection: close\r\n"
LARGE_ANSWER = 64 * 1024 * 1024  # more than the kernel takes of an answer that nobody reads


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    """Reads a body on "/" alone; "/large" is a large answer, "/headers" names the headers."""
    if scope["path"] == "/large":
        await Response(b"x" * LARGE_ANSWER)(scope, receive, send)
    elif scope["path"] == "/headers":
        with suppress(ParleyError):
            await receive()
        await PlainTextResponse(str(scope["headers"]))(scope, receive, send)
    elif scope["path"] == "/unread":
        await PlainTextResponse("no", 404)(scope, receive, send)
    else:
        await echo(scope, receive, send)


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with serving(Hasty, SlowHost, app) as port:
        yield port


def connected(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), timeout=WAIT_S)


def to_the_end(client: socket.socket) -> bytes:
    """What comes until the server ends it. Raises TimeoutError when it does not."""
    answer = b""
    try:
        while got := client.recv(65536):
            answer += got
    except ConnectionError:
        pass
    return answer


HEADS = {
    "health": b"GET /healthz",
    "readiness": b"POST /readyz",
    "metrics": b"GET /metrics",
    "no route": b"POST /a%00",
    "a strange method": b"TRACE /",
    "a route that reads none": b"POST /unread",
    "OPTIONS": b"OPTIONS /unread",
    "HEAD": b"HEAD /unread",
}
BEGUN = {
    "by its length": b"Content-Length: 10\r\n\r\n",
    "in chunks": b"Transfer-Encoding: chunked\r\n\r\n",
    "expecting a word": b"Content-Length: 10\r\nExpect: 100-continue\r\n\r\n",
}


@pytest.mark.parametrize("begun", BEGUN)
@pytest.mark.parametrize("head", HEADS)
def test_what_is_answered_before_its_body_is_whole_is_the_last(
    port: int, head: str, begun: str
) -> None:
    with connected(port) as client:
        client.sendall(HEADS[head] + b" HTTP/1.1\r\nHost: x\r\n" + BEGUN[begun])
        answer = client.recv(65536)
        client.sendall(b"1")
        answer += to_the_end(client)
    assert re.match(rb"HTTP/1.1 (200|404|405)", answer)
    assert CLOSES in answer


@pytest.mark.parametrize("head", HEADS)
def test_what_came_whole_leaves_the_connection_open(port: int, head: str) -> None:
    with connected(port) as client:
        client.sendall(HEADS[head] + b" HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}")
        assert CLOSES not in client.recv(65536)
        client.sendall(b"P")  # a further request begins
        assert b"HTTP/1.1 503" in to_the_end(client)


@pytest.mark.parametrize("head", [b"Content-Length: 200000", b"Transfer-Encoding: chunked"])
def test_what_is_too_large_is_the_last_and_its_sender_is_heard_out(port: int, head: bytes) -> None:
    flood = b"x" * 60_000
    chunked = b"ea60\r\n" + flood + b"\r\n"
    pieces = [chunked if b"chunked" in head else flood] * 4
    answer, count = said(port, b"POST / HTTP/1.1\r\nHost: x\r\n" + head + b"\r\n\r\n", *pieces)
    assert (count, answer.startswith(b"HTTP/1.1 413"), CLOSES in answer) == (5, True, True)


def test_who_sends_on_without_end_is_cut_off(port: int) -> None:
    head = b"POST /unread HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
    pieces = [b"ea60\r\n" + b"x" * 60_000 + b"\r\n"] * (4 * HEARD_OUT_BYTES // 60_000)
    _, count = said(port, head, *pieces)
    assert count < len(pieces)


def test_requests_that_wait_for_no_answer_are_not_read(port: int) -> None:
    for many in (b"GET / HTTP/1.1\r\n\r\n" * 14_000, REQUEST * 2, REQUEST + b"GET / HT"):
        answer, _ = said(port, many)
        assert answer.count(b"HTTP/1.1 200") == answer.count(b"HTTP/1.1 ") == 1
        assert CLOSES in answer


def test_a_word_is_said_to_who_waits_for_it_where_a_body_is_read(port: int) -> None:
    head = b"POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n"
    with connected(port) as client:
        client.sendall(head)
        assert client.recv(65536) == b"HTTP/1.1 100 Continue\r\n\r\n"
        client.sendall(b"{}")
        assert answered(client)


@pytest.mark.parametrize(
    "request_",
    [
        b"GET / HTTP/1.0\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\nPRI * HTTP/2",
    ],
)
def test_an_old_client_and_one_that_wants_another_protocol_get_one_answer(
    port: int, request_: bytes
) -> None:
    answer, _ = said(port, request_)
    assert answer.count(b"HTTP/1.1 200") == answer.count(b"HTTP/1.1 ") == 1


def test_so_many_headers_and_no_more(port: int) -> None:
    for count, status in ((MAX_HEADERS, b"200"), (MAX_HEADERS + 1, b"431")):
        lines = b"".join(b"X-%d: y\r\n" % number for number in range(count))
        answer, _ = said(port, b"GET / HTTP/1.0\r\n" + lines + b"\r\n")
        assert answer.startswith(b"HTTP/1.1 " + status)


CHUNKED = b"POST /headers HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n"


def test_what_follows_a_body_is_no_header(port: int) -> None:
    with connected(port) as client:
        client.sendall(CHUNKED + b"0\r\nX-Evil: 1\r\n\r\n")
        answer = client.recv(65536)
    assert answer.startswith(b"HTTP/1.1 200")
    assert b"evil" not in answer


@pytest.mark.parametrize("flood", [b"X: y\r\n", b"X: " + b"y" * 8000, b"y" * 8000])
@pytest.mark.parametrize("begun", [b"0\r\n", b"0;a=", b"1;a="])
def test_what_brings_no_body_is_refused_by_its_size(port: int, begun: bytes, flood: bytes) -> None:
    pieces = [flood * max(1, 8000 // len(flood))] * (MAX_HEADER_BYTES // 8000 + 100)
    answer, _ = said(port, CHUNKED + begun, *pieces)
    assert re.match(rb"HTTP/1.1 (431|503)", answer) or answer == b""  # the reset may overtake it


def test_an_answer_that_nobody_reads_is_given_up(port: int) -> None:
    with connected(port) as client:
        client.sendall(b"GET /large HTTP/1.1\r\nHost: x\r\n\r\n")
        wait_until(passed(2 * HastyClosing.unread_seconds))
        assert len(to_the_end(client)) < LARGE_ANSWER


def test_beyond_so_many_connections_who_waits_longest_gives_way() -> None:
    with serving(Crowded, SlowHost, app) as port, ExitStack() as stack:

        def client() -> socket.socket:
            return stack.enter_context(connected(port))

        kept, working = client(), client()
        kept.sendall(REQUEST)
        assert answered(kept)
        working.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{")
        crowd = [client() for _ in range(CROWD)]
        assert to_the_end(kept) == b""
        assert to_the_end(crowd[0]).startswith(b"HTTP/1.1 503")
        late = client()
        late.sendall(REQUEST)
        working.sendall(b"}")
        assert answered(late)
        assert answered(working)


def test_an_unfinished_body_gives_way_to_those_that_come_after_it() -> None:
    """There is room for three large ones; small ones have their own."""
    head = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n"
    with serving(Hasty, SlowHost, app) as port, ExitStack() as stack:
        unfinished = [stack.enter_context(connected(port)) for _ in range(3)]
        for one in unfinished:
            one.sendall(head % BODY + b"x" * (BODY - 1))
        for size in (10, BODY, BODY):
            with connected(port) as client:
                client.sendall(head % size + b"x" * size)
                assert answered(client)
        first = to_the_end(unfinished[0])
        assert first.startswith(b"HTTP/1.1 503")
        assert b"\r\nretry-after: 1\r\n" in first
        assert b"not_taken" in first
        for one in unfinished[1:]:
            one.sendall(b"x")
            assert answered(one)
