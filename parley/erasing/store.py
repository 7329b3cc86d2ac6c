"""S3 as an erasure uses it: names in order from where a first try stopped, bodies, deletions."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from itertools import islice
from typing import TypeVar

import urllib3
from minio import Minio
from minio.deleteobjects import DeleteObject
from minio.error import MinioException

from parley.objects import client_of
from shared.runtime.errors import NotFound, Unavailable
from shared.runtime.settings import ObjectSettings
from shared.storage.objects import Objects

T = TypeVar("T")

TROUBLE = (MinioException, urllib3.exceptions.HTTPError, OSError, ValueError)
AHEAD = 32  # bodies that are fetched at once


class Store:
    """Blocking calls of the SDK in threads. All raise Unavailable."""

    def __init__(self, objects: Objects, settings: ObjectSettings) -> None:
        """`objects` fetches bodies; the SDK lists, writes and deletes."""
        self._objects = objects
        self._client: Minio = client_of(settings)

    async def names(
        self, bucket: str, prefix: str, after: str | None = None
    ) -> AsyncIterator[list[str]]:
        """The keys under a prefix in their order, some at a time."""

        def some(of: Iterator[str]) -> list[str]:
            return list(islice(of, AHEAD))

        def listing() -> Iterator[str]:
            found = self._client.list_objects(
                bucket, prefix=prefix, recursive=True, start_after=after
            )
            return (str(one.object_name) for one in found)

        names = listing()
        while keys := await _threaded(lambda: some(names)):
            yield keys

    async def bodies(self, bucket: str, keys: Sequence[str]) -> list[tuple[str, bytes]]:
        """Those that are there."""

        async def body(key: str) -> bytes | None:
            try:
                return await self._objects.get(bucket, key)
            except NotFound:
                return None

        found = await asyncio.gather(*map(body, keys))
        return [(k, one) for k, one in zip(keys, found, strict=True) if one is not None]

    async def write(self, bucket: str, key: str, body: bytes, kind: str) -> None:
        """Put a smaller body in a body's place."""
        await _threaded(
            lambda: self._client.put_object(bucket, key, io.BytesIO(body), len(body), kind)
        )

    async def remove(self, bucket: str, keys: Sequence[str]) -> None:
        """Delete them; again, if need be."""
        if not keys:
            return

        def removed() -> None:
            failed = list(self._client.remove_objects(bucket, [DeleteObject(k) for k in keys]))
            if failed:
                raise Unavailable(f"S3 did not delete {len(failed)} objects ({failed[0].code})")

        await _threaded(removed)


async def _threaded(work: Callable[[], T]) -> T:
    try:
        return await asyncio.to_thread(work)
    except TROUBLE as error:
        raise Unavailable(
            f"S3 does not answer or refuses us ({type(error).__name__}): check S3_ENDPOINT_URL"
        ) from None
