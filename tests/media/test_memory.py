"""However large a file is, the function that moves it stays small and its sends stay prompt."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from typing import Any
from uuid import uuid4

import psutil
import pytest

from shared.messaging.outcomes import SendOutcome
from tests.delivery.bodies import WHATSAPP
from tests.delivery.provider import hang, reply
from tests.media import samples
from tests.media.conftest import Mover
from tests.media.host import DOWNLOAD, FILE, LOOKUP, UPLOAD, file, found, large
from tests.storage.s3_tools import MEGABYTE
from tests.support import wait_until

VIDEO, DOCUMENT = 16 * MEGABYTE, 100 * MEGABYTE
GROWTH = 64 * MEGABYTE
SENT = reply(200, {"messages": [{"id": "wamid.A"}]})


@contextmanager
def watched(mover: Mover) -> Iterator[Callable[[], int]]:
    """Yields the bytes that the process has grown by, at its largest since then."""
    process = psutil.Process(mover.pid)
    begin = peak = process.memory_info().rss
    over = threading.Event()

    def watch() -> None:
        nonlocal peak
        while not over.wait(0.01):
            peak = max(peak, process.memory_info().rss)

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield lambda: peak - begin
    finally:
        over.set()
        watcher.join()


def whole(size: int) -> Any:
    """A film of this size, its head included."""
    return large(size - len(samples.MP4), "video/mp4", samples.MP4)


@pytest.mark.parametrize("size", [VIDEO, DOCUMENT], ids=["a video", "a document"])
def test_a_file_from_meta_and_back_to_it_takes_little_memory(meta: Mover, size: int) -> None:
    meta.host.at(LOOKUP, found(meta.host))
    meta.host.at(FILE, whole(size))
    meta.host.at(UPLOAD, reply(200, {"id": "1"}))
    with watched(meta) as grown:
        kept = meta.fetch(max_bytes=size, seconds=90).file
        assert kept is not None
        assert kept.size == size
        assert grown() < GROWTH
    request = kept.model_dump(include={"bucket", "key", "mime", "size", "sha256"})
    with watched(meta) as grown:
        assert meta.upload(**request, seconds=90).id == "1"
        assert grown() < GROWTH
    assert len(meta.host.asked(UPLOAD)[0].body) > size


@pytest.mark.parametrize("size", [VIDEO, DOCUMENT], ids=["a video", "a document"])
def test_a_file_from_genesys_takes_little_memory(genesys: Mover, size: int) -> None:
    genesys.host.at(DOWNLOAD, whole(size))
    with watched(genesys) as grown:
        url = genesys.host.url + DOWNLOAD + "1"
        kept = genesys.fetch(url=url, max_bytes=size, seconds=90).file
        assert kept is not None
        assert kept.size == size
        assert grown() < GROWTH


def test_many_files_at_once_take_little_memory_and_leave_sends_prompt(meta: Mover) -> None:
    meta.host.at(LOOKUP, found(meta.host))
    meta.host.at(FILE, whole(VIDEO))
    meta.host.at("/v23.0/106540352242922/messages", SENT)
    sent = 0
    with ThreadPoolExecutor(8) as pool, watched(meta) as grown:
        movers = 4 * [meta, replace(meta, tenant_id=str(uuid4()))]
        fetches = [pool.submit(each.fetch, max_bytes=VIDEO, seconds=90) for each in movers]
        wait_until(lambda: bool(meta.host.asked(FILE)))
        while not all(fetch.done() for fetch in fetches):
            send(meta)
            sent += 1
        assert all(fetch.result().file is not None for fetch in fetches)
        assert grown() < GROWTH
    assert sent > 1


def send(mover: Mover) -> None:
    """A message, while files move."""
    response = mover.post("/whatsapp/send", WHATSAPP | {"tenant_id": mover.tenant_id})
    assert SendOutcome.model_validate_json(response.content).outcome == "accepted"


def test_files_that_hang_fill_their_own_room_alone(meta: Mover) -> None:
    """A tenant's four hang; its fifth waits in vain for its turn; a message does not wait."""
    meta.host.at(LOOKUP, found(meta.host))
    meta.host.at(FILE, hang)
    meta.host.at("/v23.0/106540352242922/messages", SENT)
    with ThreadPoolExecutor(5) as pool:
        fetches = [pool.submit(meta.fetch, seconds=30) for _ in range(4)]
        wait_until(lambda: len(meta.host.asked(FILE)) == 4)
        fifth = pool.submit(meta.fetch, seconds=1).result()
        assert fifth.error is not None
        assert fifth.error.provider_code == "time_over"
        assert len(meta.host.asked(FILE)) == 4
        send(meta)
        meta.host.at(FILE, file())
        meta.host.play()
        assert all(fetch.result().file is not None for fetch in fetches)
    waited = [line["waited_ms"] for line in meta.lines()]
    assert sum(each >= 1000 for each in waited) == 1
