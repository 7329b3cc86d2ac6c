"""A server in this process whose patience is short, and clients that try it."""

import asyncio
import socket
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

import uvicorn
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from shared.runtime.closing import Closing
from shared.runtime.errors import ParleyError
from shared.runtime.function import Function, Resources
from shared.runtime.host import Host
from shared.runtime.patience import PatientProtocol
from shared.runtime.problem import problem_of
from shared.runtime.room import HELD, LARGE, Room
from shared.runtime.settings import Settings
from tests.ports import free_port
from tests.support import wait_until
from tests.waits import WAIT_S

REQUEST = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}"


CROWD = 20
BODY = 90_000  # a large one, of which there is room for three


class HastyClosing(Closing):
    """So that a test need not wait half a minute."""

    unread_seconds = 0.4
    heard_out_seconds = 0.4


class Hasty(PatientProtocol):
    """Nor ten seconds."""

    seconds = 0.4
    closing = HastyClosing


class Crowded(PatientProtocol):
    """Nor open 512 connections; whoever says nothing has all the time there is."""

    seconds = WAIT_S
    most = CROWD
    closing = HastyClosing


class HastyHost(Host):
    """The same for bodies, and little room for them."""

    body_seconds = 0.4

    def make_room(self) -> Room:
        return Room(for_small=2 * LARGE, for_large=3 * HELD * BODY)


class SlowHost(HastyHost):
    """Bodies have all the time there is."""

    body_seconds = WAIT_S


@asynccontextmanager
async def nothing(_: Settings) -> AsyncIterator[Resources]:
    yield Resources()


async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    """Reads a body and says ok, or why it could not."""
    try:
        await receive()
    except ParleyError as error:
        await problem_of(error)(scope, receive, send)
    else:
        await PlainTextResponse("ok")(scope, receive, send)


@contextmanager
def serving(
    protocol: type[asyncio.Protocol], kind: type[Host] = HastyHost, app: ASGIApp = echo
) -> Iterator[int]:
    port = free_port()
    function = Function("door", Settings, nothing, public=True, body_limit=100_000)
    host = kind(app, function, Settings())
    config = uvicorn.Config(host, port=port, http=protocol, log_config=None, lifespan="on")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=asyncio.run, args=(server.serve(),))
    thread.start()
    wait_until(lambda: server.started)
    try:
        yield port
    finally:
        server.should_exit = True
        thread.join(WAIT_S)


def said(port: int, *pieces: bytes, pause: float = 0.0) -> tuple[bytes, int]:
    """All that is answered until the server ends it, and after how many pieces."""
    answer, count = b"", 0
    with socket.create_connection(("127.0.0.1", port), timeout=WAIT_S) as client:
        client.settimeout(pause or WAIT_S)
        for piece in pieces:
            try:
                client.sendall(piece)
                count += 1
                if pause:
                    answer += client.recv(4096)
                    break
            except TimeoutError:
                continue
            except OSError:
                break
        client.settimeout(WAIT_S)
        try:
            while got := client.recv(4096):
                answer += got
        except OSError:
            pass
    return answer, count


def answered(client: socket.socket) -> bool:
    """Whether the one answer came, whole."""
    answer = b""
    while not answer.endswith(b"ok"):
        answer += client.recv(4096)
    return answer.startswith(b"HTTP/1.1 200")
