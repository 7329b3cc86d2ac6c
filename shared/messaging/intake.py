"""What both webhook doors do with a body they believe: raw bytes to S3, events to the outbox.

Side by side, and the sender gets its 200 only when both are durable. Raw bytes that S3 does not
take travel as an event of their own until it does, so that a replay always finds them.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import itertools
import re
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated

from pydantic import Base64Bytes, BaseModel, ConfigDict, Field, ValidationError

from shared.messaging.arrivals import Book
from shared.messaging.envelope import Event, EventType
from shared.messaging.outbox import Outbox
from shared.runtime.clock import utcnow
from shared.runtime.errors import BadInput, Unavailable
from shared.runtime.repeats import repeats
from shared.runtime.trace import current_traceparent
from shared.storage.objects import Objects

AT_ONCE = 64  # lines of one body that are published side by side; others' events pass between them
RAW_S = 1.5  # seconds for S3 to take raw bytes, before they travel in the queue
PLATFORM = "_platform"  # where bodies lie that belong to no tenant, or to several
_SAFE_LABEL = re.compile(r"[A-Za-z0-9_.-]{1,80}")


@dataclass(frozen=True)
class Raw:
    """Bytes to keep as they came. `tenant_id` is None for what lies under `_platform`."""

    bucket: str
    key: str
    body: bytes
    tenant_id: str | None = None


@dataclass(frozen=True)
class Post:
    """An event and the exchange it goes to."""

    exchange: str
    event: Event


@dataclass(frozen=True)
class Unfit:
    """An event that can never be published, such as one too large; its raw bytes are kept."""

    post: Post
    error: BadInput


class RawKeys:
    """Names of raw objects: `{tenantId}/{yyyy-MM-dd}/{timestamp}-{convId}.json`, never twice."""

    def __init__(self) -> None:
        """One a process: its clock only goes forward."""
        self._last = 0

    def new(self, prefix: str, label: str) -> str:
        """A fresh key. `label`: the conversation id or what stands for it, made safe for a path."""
        self._last = max(self._last + 1, time.time_ns() // 1000)
        moment = datetime.fromtimestamp(self._last / 1_000_000, UTC)
        named = label if _SAFE_LABEL.fullmatch(label) else digest(label.encode())
        return f"{prefix}/{moment:%Y-%m-%d}/{moment:%Y%m%dT%H%M%S.%fZ}-{named}.json"


def digest(body: bytes) -> str:
    """Thirty-two hex digits that stand for some bytes in a name."""
    return hashlib.sha256(body).hexdigest()[:32]


class Intake:
    """Takes what a webhook brought."""

    def __init__(
        self, objects: Objects, outbox: Outbox, *, source: str, book: Book | None = None
    ) -> None:
        """`source` is the CloudEvents source, such as `/wa-webhook`; `book` counts what came in."""
        self._objects = objects
        self._outbox = outbox
        self._source = source
        self._book = book

    async def take(self, raws: Sequence[Raw], posts: Sequence[Post], *, spare: str) -> list[Unfit]:
        """Return when everything is durable; what can never be an event is given back.

        Raises Unavailable: then the sender must try again. `spare` is the exchange that carries raw
        bytes while S3 is away. What was published twice because of a new try is told once further
        on: events have fixed ids.
        """
        unfit: list[Unfit] = []
        room = asyncio.Semaphore(AT_ONCE)
        work = itertools.chain(
            (self._publish(line, unfit, room) for line in _lines(posts)),
            (self._keep(raw, spare) for raw in raws),
        )
        outcomes = await asyncio.gather(*work, return_exceptions=True)
        for failure in _failures(outcomes):
            raise failure
        if self._book is not None:
            lost = {one.post.event.id for one in unfit}
            self._book.note(post.event for post in posts if post.event.id not in lost)
        return unfit

    async def _publish(
        self, line: Sequence[Post], unfit: list[Unfit], room: asyncio.Semaphore
    ) -> None:
        """In order: what follows a failure waits for the sender's new try, as the failure does.

        No new try would help what can not be written as an event, so its neighbours go on.
        """
        exchange = line[0].exchange
        async with room:
            found = await self._outbox.put(exchange, [post.event for post in line])
        unfit += [Unfit(Post(exchange, one.event), one.error) for one in found]

    async def _keep(self, raw: Raw, spare: str) -> None:
        try:
            async with asyncio.timeout(RAW_S):
                await self._objects.put(raw.bucket, raw.key, raw.body)
        except (Unavailable, TimeoutError) as error:
            why = getattr(error, "detail", f"S3 did not take it in {RAW_S:g} s")
            cause = {"bucket": raw.bucket, "why": why}
            repeats.warning("raw_carried_in_queue", cause=cause)
            if await self._outbox.put(spare, [self._carrying(raw)]):
                raise Unavailable(f"{why}, and no event can hold the bytes") from None

    def _carrying(self, raw: Raw) -> Event:
        return Event(
            id=f"raw:{raw.bucket}:{raw.key}",
            type=EventType.RAW,
            source=self._source,
            time=utcnow(),  # and no tenant: an outage of S3 is no trouble of the tenant's
            partitionkey=f"{raw.tenant_id or PLATFORM}:raw:{raw.key}",
            traceparent=current_traceparent(),
            data={
                "bucket": raw.bucket,
                "key": raw.key,
                "content_type": "application/json",
                "body_base64": base64.b64encode(raw.body).decode(),
            },
        )


def _lines(posts: Sequence[Post]) -> list[list[Post]]:
    """The posts by customer and exchange: what must stay in order among itself."""
    lines: dict[tuple[str, str], list[Post]] = {}
    for post in posts:
        lines.setdefault((post.exchange, post.event.partitionkey), []).append(post)
    return list(lines.values())


def _failures(outcomes: Sequence[BaseException | None]) -> Iterator[BaseException]:
    """The failures, those first that nobody foresaw."""
    failed = [outcome for outcome in outcomes if outcome is not None]
    yield from sorted(failed, key=lambda error: isinstance(error, Unavailable))


class Carried(BaseModel):
    """The data of an event that carries raw bytes."""

    model_config = ConfigDict(hide_input_in_errors=True)

    bucket: Annotated[str, Field(min_length=1)]
    key: Annotated[str, Field(min_length=1)]
    body_base64: Base64Bytes


async def store_carried(objects: Objects, event: Event) -> None:
    """Put the raw bytes that an event carries where they belong. Raises Unavailable, BadInput."""
    try:
        carried = Carried.model_validate(event.data)
    except ValidationError as error:
        missing = ", ".join(".".join(map(str, fault["loc"])) for fault in error.errors())
        raise BadInput(f"the event does not say its {missing}") from None
    await objects.put(carried.bucket, carried.key, carried.body_base64)
