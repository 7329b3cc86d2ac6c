"""The spool's two places as its sweeper uses them: names in order, bodies, what is to go."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import urlsplit

import urllib3
from minio import Minio
from minio.deleteobjects import DeleteObject
from minio.error import MinioException

from shared.messaging.spool import aside_of, prefix_of
from shared.runtime.errors import NotFound, Unavailable
from shared.runtime.settings import ObjectSettings
from shared.storage.database import Database
from shared.storage.objects import SPOOL_BUCKET, Objects

T = TypeVar("T")

LIST_S = 5.0  # seconds for one page of names, and for one deletion of many
TROUBLE = (MinioException, urllib3.exceptions.HTTPError, OSError, ValueError)


@dataclass(frozen=True)
class Waiting:
    """One object or row, by its name. `behind_s3`: something earlier of its line may be in S3."""

    name: str
    behind_s3: bool = False


class InS3:
    """Objects of the spool's bucket."""

    label = "s3"

    def __init__(self, objects: Objects, settings: ObjectSettings, installation: str) -> None:
        self._objects = objects
        self._prefix = prefix_of(installation)
        self._aside = aside_of(installation)
        parts = urlsplit(settings.s3_endpoint_url)
        # The SDK blocks, so it runs in threads: it is there for lists and deletions of many.
        self._client = Minio(
            parts.netloc,
            settings.s3_access_key.get_secret_value(),
            settings.s3_secret_key.get_secret_value(),
            secure=parts.scheme == "https",
            region=settings.s3_region,
            http_client=urllib3.PoolManager(timeout=LIST_S, retries=False),
        )

    async def names(self, most: int) -> list[Waiting]:
        """The first ones in the order of their names, at most so many. Raises Unavailable."""

        def listed() -> list[Waiting]:
            found = self._client.list_objects(SPOOL_BUCKET, prefix=self._prefix, recursive=True)
            keys = (str(one.object_name) for one in itertools.islice(found, most))
            return [Waiting(key.removeprefix(self._prefix)) for key in keys]

        return await _threaded(listed)

    async def bodies(self, names: Sequence[str]) -> dict[str, bytes]:
        """Their contents; one that is gone is left out. Raises Unavailable."""

        async def body(name: str) -> bytes | None:
            try:
                return await self._objects.get(SPOOL_BUCKET, self._prefix + name)
            except NotFound:
                return None

        found = await asyncio.gather(*(body(name) for name in names))
        return {name: one for name, one in zip(names, found, strict=True) if one is not None}

    async def remove(self, names: Sequence[str]) -> None:
        """Delete them; again, if need be. Raises Unavailable."""
        if not names:
            return

        def removed() -> None:
            wanted = [DeleteObject(self._prefix + name) for name in names]
            failed = list(self._client.remove_objects(SPOOL_BUCKET, wanted))
            if failed:
                raise Unavailable(f"S3 did not delete {len(failed)} objects ({failed[0].code})")

        await _threaded(removed)

    async def set_aside(self, name: str, body: bytes, reason: str) -> None:
        """Put one out of the way, for a person to look at. Raises Unavailable."""
        del reason  # an object has no room for it; the log has it
        await self._objects.put(SPOOL_BUCKET, self._aside + name, body, "application/x-ndjson")
        await self.remove([name])


class InPostgres:
    """Rows of `spool`."""

    label = "postgresql"

    def __init__(self, database: Database, installation: str) -> None:
        self._database = database
        self._installation = installation

    async def names(self, most: int) -> list[Waiting]:
        """The first ones in the order of their names, at most so many. Raises Unavailable."""
        found = await self._rows("select * from spool_names(:installation, :most)", most=most)
        return [Waiting(row["name"], row["behind_s3"]) for row in found]

    async def bodies(self, names: Sequence[str]) -> dict[str, bytes]:
        """Their contents; one that is gone is left out. Raises Unavailable."""
        if not names:
            return {}
        sql = "select * from spool_bodies(:installation, :names)"
        return {row["name"]: row["body"] for row in await self._rows(sql, names=tuple(names))}

    async def remove(self, names: Sequence[str]) -> None:
        """Delete them; again, if need be. Raises Unavailable."""
        if names:
            await self._call("spool_remove", names=tuple(names))

    async def set_aside(self, name: str, body: bytes, reason: str) -> None:
        """Put one out of the way, for a person to look at. Raises Unavailable."""
        del body
        await self._call("spool_set_aside", name=name, reason=reason)

    async def _rows(self, sql: str, **arguments: Any) -> list[dict[str, Any]]:
        return await self._database.rows(
            sql, idempotent=True, installation=self._installation, **arguments
        )

    async def _call(self, function: str, **arguments: Any) -> None:
        await self._database.call(function, installation=self._installation, **arguments)


async def _threaded(work: Callable[[], T]) -> T:
    try:
        return await asyncio.to_thread(work)
    except TROUBLE as error:
        raise Unavailable(f"S3 does not answer or refuses us ({type(error).__name__})") from error
