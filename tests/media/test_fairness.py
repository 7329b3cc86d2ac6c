"""Files of one tenant that come slowly leave room for another tenant's."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest

from shared.services.delivery import MediaOutcome
from tests.delivery.provider import Connection
from tests.media.conftest import Mover
from tests.media.host import DOWNLOAD, FILE, LOOKUP, file, found
from tests.support import wait_until
from tests.waits import WAIT_S

SLOW, SHARE, DRIP_S = 8, 4, 0.1
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\nContent-Length: 1000000\r\n\r\n"


def drip(connection: Connection) -> bool:
    """A byte now and then, until the test is over."""
    connection.sock.sendall(HEAD)
    while not connection.closing.wait(DRIP_S):
        connection.sock.sendall(b"a")
    return False


@contextmanager
def slow_files(mover: Mover, path: str, **asked: Any) -> Iterator[list[Future[MediaOutcome]]]:
    """Eight of one tenant, the half of MEDIA_AT_ONCE under way."""
    mover.host.at(path, drip)
    with ThreadPoolExecutor(SLOW) as pool:
        files = [pool.submit(mover.fetch, seconds=WAIT_S, **asked) for _ in range(SLOW)]
        wait_until(lambda: len(mover.host.asked(path)) == SHARE)
        try:
            yield files
        finally:
            mover.host.at(path, file())
            mover.host.play()


@pytest.mark.parametrize("name", ["wa-api", "genesys-api"])
def test_slow_files_of_a_tenant_leave_room_for_anothers(
    launched: Callable[[str], Mover], name: str
) -> None:
    mover = launched(name)
    mover.begin()
    other = replace(mover, tenant_id=str(uuid4()))
    mover.host.at(LOOKUP, found(mover.host))
    mover.host.at("/v23.0/2", found(mover.host, "/small"))
    mover.host.at(DOWNLOAD + "2", file())
    mover.host.at("/small", file())
    slow: dict[str, Any] = {} if name == "wa-api" else {"url": mover.host.url + DOWNLOAD + "1"}
    small = {"media_id": "2"} if name == "wa-api" else {"url": mover.host.url + DOWNLOAD + "2"}
    place = FILE if name == "wa-api" else DOWNLOAD + "1"
    with slow_files(mover, place, **slow) as files:
        assert other.fetch(**small, seconds=WAIT_S).file is not None
        assert not any(each.done() for each in files)
        assert len(mover.host.asked(place)) == SHARE
