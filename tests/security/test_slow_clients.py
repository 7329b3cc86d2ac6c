"""A client that is slow, or sends headers without an end, holds nothing for long.

What came too slowly, cut off or broken may be sent again, and the answer says so.
"""

import re
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from shared.runtime.patience import MAX_HEADER_BYTES
from tests.security.impatient import REQUEST, Hasty, HastyHost, answered, said, serving
from tests.waits import WAIT_S


@pytest.fixture
def port() -> Iterator[int]:
    with serving(Hasty) as port:
        yield port


def test_a_client_that_says_nothing_is_sent_away(port: int) -> None:
    answer, _ = said(port)
    assert answer.startswith(b"HTTP/1.1 503")


def test_headers_that_trickle_are_cut_off(port: int) -> None:
    head = [b"POST / HTTP/1.1\r\n", *(b"X-%d: y\r\n" % number for number in range(100))]
    answer, count = said(port, *head, pause=0.05)
    assert answer.startswith(b"HTTP/1.1 503")
    assert count < len(head)


@pytest.mark.parametrize("tail", [b"POST / HTTP/1.1\r\nHost:", b"\r\n"])
def test_so_are_those_of_a_second_request_and_bytes_that_begin_none(port: int, tail: bytes) -> None:
    with socket.create_connection(("127.0.0.1", port), timeout=WAIT_S) as client:
        client.sendall(REQUEST)
        assert answered(client)
        client.sendall(tail)
        assert client.recv(4096).startswith(b"HTTP/1.1 503")


BODIES = {
    "by its length": (b"Content-Length: 10", b"{}"),
    "in chunks": (b"Transfer-Encoding: chunked", b"2\r\n{}\r\n"),
}


@pytest.mark.parametrize("body", BODIES)
def test_a_body_that_is_slow_may_be_sent_again(port: int, body: str) -> None:
    header, begun = BODIES[body]
    head = b"POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n" + header
    sent = time.monotonic()
    answer, _ = said(port, head + b"\r\n\r\n" + begun)
    assert time.monotonic() - sent >= HastyHost.body_seconds
    assert answer.startswith(b"HTTP/1.1 503")
    assert b"\r\nretry-after: 1\r\n" in answer
    assert b"body_too_slow" in answer


@pytest.mark.parametrize("body", BODIES)
def test_so_may_one_that_is_cut_off(port: int, body: str) -> None:
    header, begun = BODIES[body]
    with socket.create_connection(("127.0.0.1", port), timeout=WAIT_S) as client:
        client.sendall(b"POST / HTTP/1.1\r\nHost: x\r\n" + header + b"\r\n\r\n" + begun)
        client.shutdown(socket.SHUT_WR)
        answer = client.recv(4096)
    assert answer.startswith(b"HTTP/1.1 503")
    assert b"\r\nRetry-After: 1\r\n" in answer


def test_so_may_headers_that_are_cut_off(port: int) -> None:
    with socket.create_connection(("127.0.0.1", port), timeout=WAIT_S) as client:
        client.sendall(b"POST / HTTP/1.1\r\nHost:")
        client.shutdown(socket.SHUT_WR)
        assert client.recv(4096).startswith(b"HTTP/1.1 503")


def test_so_may_a_body_that_is_broken_on_its_way(port: int) -> None:
    head = b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
    answer, _ = said(port, head + b"2\r\n{}\r\nzz\r\n")
    assert answer.startswith(b"HTTP/1.1 503")


def test_what_was_never_http_is_refused_for_good(port: int) -> None:
    answer, _ = said(port, b"\x16\x03\x01 hello\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 400")


def test_a_body_that_is_too_large_is_refused_for_good(port: int) -> None:
    head = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 200000\r\n\r\n"
    answer, _ = said(port, head + b"x" * 200_000, REQUEST)
    assert re.findall(rb"HTTP/1.1 (\d+)", answer) == [b"413"]
    assert b"\r\nconnection: close\r\n" in answer


def test_headers_without_an_end_are_refused_by_their_size(port: int) -> None:
    flood = b"X-A: " + b"a" * 8192 + b"\r\n"
    count = MAX_HEADER_BYTES // len(flood) + 20
    answer, _ = said(port, b"POST / HTTP/1.1\r\n", *[flood] * count)
    assert answer.startswith(b"HTTP/1.1 431") or answer == b""  # the reset may overtake it


def test_requests_in_a_row_on_one_connection_are_answered(port: int) -> None:
    quiet = threading.Event()
    with socket.create_connection(("127.0.0.1", port), timeout=WAIT_S) as client:
        for _ in range(3):
            client.sendall(REQUEST)
            assert answered(client)
            quiet.wait(0.2)  # together beyond the time of headers
        client.sendall(REQUEST)
        assert answered(client)


def test_a_request_that_comes_whole_in_one_piece_may_be_longer_than_headers(port: int) -> None:
    body = b"x" * (MAX_HEADER_BYTES + 20_000)
    head = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % len(body)
    for _ in range(3):
        with socket.create_connection(("127.0.0.1", port), timeout=WAIT_S) as client:
            client.sendall(head + body)
            assert client.recv(4096).startswith(b"HTTP/1.1 200")


def test_a_crowd_of_slow_clients_leaves_room_for_the_others(port: int) -> None:
    with ExitStack() as stack:
        for _ in range(100):
            one = stack.enter_context(socket.create_connection(("127.0.0.1", port)))
            one.sendall(b"POST / HTTP/1.1\r\n")
        client = stack.enter_context(socket.create_connection(("127.0.0.1", port), timeout=WAIT_S))
        client.sendall(REQUEST)
        assert answered(client)
