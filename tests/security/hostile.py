"""Requests that are made to cost a door memory, time or a connection, unsigned or signed."""

from __future__ import annotations

import multiprocessing
import socket
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.synchronize import Event
from typing import Any

from tests.doors.house import Company
from tests.waits import WAIT_S

MOST = 3_000_000  # bytes, just under what the doors take
Sign = Callable[[bytes], str]


@dataclass(frozen=True)
class Attack:
    """What one client sends. `held`: it keeps the connection, and the server has to end it."""

    sent: bytes
    held: bool = False


def posted(path: str, body: bytes, signature: str = "", *, missing: int = 0) -> bytes:
    """A POST whose body lacks its last bytes."""
    head = f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n"
    signed = f"X-Hub-Signature-256: {signature}\r\n" if signature else ""
    close = "" if missing else "Connection: close\r\n"
    return (head + signed + close + "\r\n").encode() + body[: len(body) - missing]


def filled(begun: bytes, pump: bytes, end: bytes = b"", size: int = MOST) -> bytes:
    return begun + pump * ((size - len(begun) - len(end)) // len(pump)) + end


def bodies(ids: bytes) -> dict[str, bytes]:
    """Of the largest size; `ids` begin an object by the ids that choose a secret."""
    return {
        "objects": filled(ids + b',"x":[', b'{"":1},', b"1]}"),
        "objects of content": filled(ids + b',"content":[', b'{"":1},', b"1]}"),
        "lists": filled(ids + b',"x":[', b"[],", b"1]}"),
        "levels": filled(ids + b',"x":', b"["),
        "escapes": filled(ids + b',"a":"', b"\\n"),
        "halves": filled(ids + b',"a":"', b"\\ud83d"),
        "halves that are whole": filled(ids + b',"a":"', b"\\ud83d", b'"}'),
        "one string": filled(ids + b',"a":"', b"x", b'"}'),
        "control characters": filled(ids + b',"a":[', b'"\\u0001",', b"1]}"),
    }


def unsigned(path: str, ids: bytes) -> dict[str, Attack]:
    """What a stranger may send to a door."""
    whole = {f"unsigned {name}": Attack(posted(path, body)) for name, body in bodies(ids).items()}
    return whole | anybody(path)


def anybody(path: str) -> dict[str, Attack]:
    """What needs no route."""
    head = b"POST " + path.encode() + b" HTTP/1.1\r\nHost: x\r\n"
    chunked = head + b"Transfer-Encoding: chunked\r\n\r\n"
    early = b"GET /healthz HTTP/1.1\r\nHost: x\r\n"
    return {
        "unfinished": Attack(posted(path, b"x" * MOST, missing=1000), held=True),
        "unfinished, no route": Attack(posted("/nothing", b"x" * MOST, missing=1000), held=True),
        "unfinished in chunks": Attack(chunked + b"2dc6c0\r\n" + b"x" * MOST, held=True),
        "requests behind one another": Attack(b"GET / HTTP/1.1\r\n\r\n" * 14_000, held=True),
        "a byte behind an answer": Attack(early + b"Content-Length: 10\r\n\r\n1", held=True),
        "a body for the metrics": Attack(posted("/metrics", b"x" * MOST, missing=9), held=True),
        "headers without an end": Attack(filled(head, b"a:\r\n", size=31_000), held=True),
        "a large header": Attack(filled(head + b"a: ", b"a", size=200_000), held=True),
        "trailers without an end": Attack(filled(chunked + b"0\r\n", b"a: b\r\n"), held=True),
        "chunks that bring nothing": Attack(filled(chunked + b"1;a=", b"a"), held=True),
        "half a request line": Attack(b"POST /web", held=True),
        "nothing at all": Attack(b"", held=True),
    }


def signed(path: str, ids: bytes, sign: Sign) -> dict[str, Attack]:
    """What a tenant may send that signs for itself."""
    return {
        f"signed {name}": Attack(posted(path, body, sign(body)))
        for name, body in bodies(ids).items()
    }


def many_items(company: Company, path: str, sign: Sign) -> dict[str, Attack]:
    """A body of Meta's with very many messages."""
    known: list[dict[str, Any]] = [
        {"id": f"wamid.I{number}", "from": "4915187600001"} for number in range(30_000)
    ]
    items: dict[str, list[dict[str, Any]]] = {"messages": known, "empty messages": [{}] * 30_000}
    raws = {name: company.meta_body(*some) for name, some in items.items()}
    return {f"30,000 {n}": Attack(posted(path, raw, sign(raw))) for n, raw in raws.items()}


@contextmanager
def attacked(port: int, attack: Attack, clients: int, times: int) -> Iterator[Event]:
    """Within: so many clients at once, each so many times, in a process of their own.

    The event says that all is sent and answered; what is held stays open to the end of the block.
    """
    fork = multiprocessing.get_context("fork")
    sent, over = fork.Event(), fork.Event()
    process = fork.Process(target=_attack, args=(port, attack, clients, times, sent, over))
    process.start()
    try:
        yield sent
    finally:
        over.set()
        process.join()


def _attack(  # what a process is told
    port: int, attack: Attack, clients: int, times: int, sent: Event, over: Event
) -> None:
    with ThreadPoolExecutor(clients) as pool:
        held = list(pool.map(lambda _: strike(port, attack), range(clients * times)))
    sent.set()
    over.wait(WAIT_S)
    del held


def strike(port: int, attack: Attack) -> socket.socket | None:
    """Send it; wait for the answer of what is not held."""
    client = socket.create_connection(("127.0.0.1", port), timeout=WAIT_S)
    try:
        client.sendall(attack.sent)
        while not attack.held and client.recv(65536):
            pass
    except OSError:
        pass  # it was cut off
    if attack.held:
        return client
    client.close()
    return None
