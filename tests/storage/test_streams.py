"""Files in S3: whole or not at all, of any length, opened by a link on the public address."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import pytest
import requests

from local.services import Endpoints
from shared.runtime.errors import NotFound
from shared.storage.buckets import ensure_buckets
from shared.storage.parts import PART, parts_of
from shared.storage.s3 import S3Away, Signer
from shared.storage.streams import Streams
from tests.moments import moment
from tests.ports import free_port
from tests.storage.forwarder import Forwarder
from tests.storage.s3_tools import digest_of, keys_in, settings, stream, unfinished_in
from tests.support import wait_until
from tests.waits import WAIT_S

BUCKET = "media-inbound"
HEADERS = {"Content-Type": "video/mp4", "Content-Disposition": 'inline; filename="clip.mp4"'}


@pytest.fixture(scope="module")
def buckets(services: Endpoints) -> Endpoints:
    ensure_buckets(settings(services))
    return services


def write(services: Endpoints, key: str, size: int) -> int:
    async def run() -> int:
        async with Streams.open(settings(services)) as streams:
            return await streams.write(BUCKET, key, stream(size), HEADERS)

    return asyncio.run(run())


def new_key() -> str:
    return f"tenant/video/{moment():%Y-%m-%d}/{uuid4()}.mp4"


@pytest.mark.parametrize("size", [0, 1, PART - 1, PART, PART + 1, 3 * PART + 7])
def test_what_was_written_comes_out_the_same(buckets: Endpoints, size: int) -> None:
    key = new_key()
    assert write(buckets, key, size) == size

    async def run() -> tuple[int, str]:
        digest = hashlib.sha256()
        async with (
            Streams.open(settings(buckets)) as streams,
            streams.read(BUCKET, key) as reading,
        ):
            async for chunk in reading.chunks():
                digest.update(chunk)
            return reading.size, digest.hexdigest()

    assert asyncio.run(run()) == (size, digest_of(size))


@pytest.mark.parametrize("size", [10, PART + 1])
def test_a_link_shows_the_type_and_the_name_to_a_plain_get(buckets: Endpoints, size: int) -> None:
    key = new_key()
    write(buckets, key, size)
    link = Signer(settings(buckets)).link(BUCKET, key, timedelta(hours=1))
    answer = requests.get(link, timeout=WAIT_S)
    assert answer.status_code == 200, answer.text
    assert hashlib.sha256(answer.content).hexdigest() == digest_of(size)
    assert answer.headers["content-type"] == HEADERS["Content-Type"]
    assert answer.headers["content-disposition"] == HEADERS["Content-Disposition"]


def test_a_link_is_signed_for_the_public_address(buckets: Endpoints) -> None:
    key = new_key()
    write(buckets, key, 10)
    inside = urlsplit(buckets.s3_endpoint_url)
    outside = f"http://localhost:{inside.port}"
    link = Signer(settings(buckets, public=outside)).link(BUCKET, key, timedelta(hours=1))
    assert link.startswith(outside)
    assert requests.get(link, timeout=WAIT_S).status_code == 200
    elsewhere = link.replace("localhost", "127.0.0.1")
    assert requests.get(elsewhere, timeout=WAIT_S).status_code == 403


@pytest.mark.parametrize(
    ("public", "host"),
    [
        ("https://files.example.com", "files.example.com"),
        ("https://files.example.com:443/", "files.example.com"),
        ("http://files.example.com:80", "files.example.com"),
        ("https://files.example.com:9443", "files.example.com:9443"),
    ],
)
def test_the_port_of_a_scheme_is_no_part_of_a_link(
    services: Endpoints, public: str, host: str
) -> None:
    link = Signer(settings(services, public=public)).link("b", "k", timedelta(days=30))
    assert urlsplit(link).netloc == host
    assert parse_qs(urlsplit(link).query)["X-Amz-Expires"] == [str(7 * 24 * 3600)]


class Lost(Exception):
    """What the source of a file ran into."""


async def failing(size: int) -> AsyncIterator[bytes]:
    async for block in stream(size):
        yield block
    raise Lost


async def hanging(size: int) -> AsyncIterator[bytes]:
    async for block in stream(size):
        yield block
    await asyncio.Event().wait()


@pytest.mark.parametrize(
    ("source", "error", "limit"),
    [(failing, Lost, WAIT_S), (hanging, TimeoutError, 3.0)],
    ids=["fails", "hangs"],
)
@pytest.mark.parametrize("size", [PART - 1, 2 * PART + 1])
def test_nothing_is_left_of_a_file_that_did_not_come_whole(
    buckets: Endpoints,
    source: Callable[[int], AsyncIterator[bytes]],
    error: type[Exception],
    limit: float,
    size: int,
) -> None:
    key = new_key()

    async def run() -> None:
        async with Streams.open(settings(buckets)) as streams, asyncio.timeout(limit):
            await streams.write(BUCKET, key, source(size), HEADERS)

    with pytest.raises(error):
        asyncio.run(run())
    assert keys_in(buckets, BUCKET, key) == []
    wait_until(lambda: key not in unfinished_in(buckets, BUCKET))


def test_an_upload_under_way_is_seen_where_the_test_above_looks(buckets: Endpoints) -> None:
    key = new_key()

    async def source() -> AsyncIterator[bytes]:
        async for block in stream(PART + 1):
            yield block
        assert key in await asyncio.to_thread(unfinished_in, buckets, BUCKET)

    async def run() -> None:
        async with Streams.open(settings(buckets)) as streams:
            await streams.write(BUCKET, key, source(), HEADERS)

    asyncio.run(run())
    assert keys_in(buckets, BUCKET, key) == [key]


def test_an_answer_that_gets_lost_is_asked_for_again(buckets: Endpoints) -> None:
    inside = urlsplit(buckets.s3_endpoint_url)
    assert inside.hostname is not None
    assert inside.port is not None
    forwarder = Forwarder((inside.hostname, inside.port))
    key = new_key()

    async def run() -> int:
        endpoint = f"http://127.0.0.1:{forwarder.port}"
        async with Streams.open(settings(buckets, endpoint=endpoint)) as streams:
            forwarder.lose_next_answer()
            return await streams.write(BUCKET, key, stream(PART + 1), HEADERS)

    assert asyncio.run(run()) == PART + 1
    forwarder.close()
    assert keys_in(buckets, BUCKET, key) == [key]


def test_a_store_that_is_away_is_said_to_be(services: Endpoints) -> None:
    nowhere = settings(services, endpoint=f"http://127.0.0.1:{free_port()}")

    async def run() -> None:
        async with Streams.open(nowhere) as streams:
            for use in (streams.ping(), streams.write(BUCKET, "k", stream(9), {})):
                with pytest.raises(S3Away):
                    await use
            with pytest.raises(S3Away):
                async with streams.read(BUCKET, "k"):
                    raise AssertionError("it opened")

    asyncio.run(run())


def test_a_file_that_is_not_there_is_not_found(buckets: Endpoints) -> None:
    async def run() -> None:
        async with Streams.open(settings(buckets)) as streams, streams.read(BUCKET, "k/none"):
            raise AssertionError("it opened")

    with pytest.raises(NotFound):
        asyncio.run(run())


def test_a_bucket_that_is_not_there_is_no_place_to_write(buckets: Endpoints) -> None:
    async def run() -> None:
        async with Streams.open(settings(buckets)) as streams:
            await streams.write("no-such-bucket", "k", stream(PART + 1), {})

    with pytest.raises(NotFound):
        asyncio.run(run())


@pytest.mark.parametrize("size", [0, PART - 1, PART, 2 * PART + 3])
def test_parts_are_full_but_for_the_last_and_share_one_buffer(size: int) -> None:
    async def run() -> tuple[list[int], set[int]]:
        sizes, buffers = [], set()
        async for part in parts_of(stream(size)):
            assert part.digest == hashlib.sha256(part.body).hexdigest()
            sizes.append(len(part.body))
            buffers.add(id(part.body))
        return sizes, buffers

    sizes, buffers = asyncio.run(run())
    assert sum(sizes) == size
    assert all(each == PART for each in sizes[:-1])
    assert len(buffers) == 1
