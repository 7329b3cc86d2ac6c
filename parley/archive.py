"""`parley replay`: the raw archive's webhooks become the same events again, by the doors' own code.

No signature is asked for: it was good when the body was stored. What was delivered is a duplicate.
"""

from __future__ import annotations

import argparse
import asyncio
import re
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from parley.environment import Environment
from parley.objects import listed
from parley.progress import Progress
from parley.resolving import Owners
from parley.stores import object_settings, objects_of, publisher_of, quiet
from shared.command.moments import FORMS
from shared.command.output import print_json, remark, say, wants_json
from shared.doors.arrival import Arrival
from shared.doors.genesys_events import OUTBOUND, post_of, turned_away
from shared.doors.sorting import sort
from shared.doors.whatsapp_events import INBOUND, posts_of
from shared.genesys.payloads import loads as genesys_loads
from shared.genesys.payloads import read
from shared.messaging.intake import PLATFORM, Post, Raw
from shared.messaging.publisher import Publisher
from shared.runtime.clock import utcnow
from shared.runtime.errors import BadInput, NotFound, SettingsError, Unavailable
from shared.storage.objects import Objects
from shared.tenancy.models import Resolution
from shared.whatsapp.payloads import Item, walk
from shared.whatsapp.payloads import loads as meta_loads
from shared.wire.body import PayloadError

DONE, SKIPPED = 0, 1
BUCKETS = {"inbound": INBOUND, "outbound": OUTBOUND}
AHEAD = 16  # objects that are fetched while one is published
_STAMP = re.compile(r"/(?P<stamp>\d{8}T\d{6}\.\d{6}Z)-[^/]+\.json$")


@dataclass(frozen=True)
class Stored:
    """One raw body in the archive."""

    bucket: str
    key: str

    @property
    def tenant_id(self) -> str:
        """The first part of its key."""
        return self.key.partition("/")[0]

    @property
    def received_at(self) -> datetime | None:
        """When the door took it, by its name."""
        found = _STAMP.search(self.key)
        if found is None:
            return None
        return datetime.strptime(found["stamp"], "%Y%m%dT%H%M%S.%fZ").replace(tzinfo=UTC)


@dataclass
class Tally:
    """What became of the bodies."""

    events: Counter[str] = field(default_factory=Counter)  # by exchange
    skipped: Counter[str] = field(default_factory=Counter)  # by why


def replay(given: argparse.Namespace, environment: Environment) -> int:
    """Replay what fits; --dry-run counts. 1 when something was left out."""
    quiet()
    return asyncio.run(_replay(given, environment))


async def _replay(given: argparse.Namespace, environment: Environment) -> int:
    tally = Tally()
    async with AsyncExitStack() as stack:
        owners = await stack.enter_async_context(Owners.open(environment))
        objects = await stack.enter_async_context(objects_of(environment))
        publisher = None
        if not given.dry_run:
            publisher = await stack.enter_async_context(publisher_of(environment))
        tenant_id = await owners.tenant_id(given.tenant) if given.tenant else None
        wanted = list(_wanted(given, environment, tenant_id))
        progress = Progress("read", len(wanted))
        try:
            async for stored, body in _bodies(objects, wanted):
                for post in await _posts(owners, stored, body, tally):
                    await _publish(publisher, post, tally)
                progress.step()
        except Unavailable:
            words = f"stopped after {progress.done} of {len(wanted)} bodies; run it again"
            remark(words)
            raise
    if wants_json(given):
        print_json(
            {
                "dry_run": given.dry_run,
                "bodies": len(wanted),
                "events": dict(tally.events),
                "skipped": dict(tally.skipped),
            }
        )
    else:
        _tell(given, len(wanted), tally)
    return SKIPPED if tally.skipped else DONE


def _wanted(
    given: argparse.Namespace, environment: Environment, tenant_id: str | None
) -> Iterator[Stored]:
    """The bodies' names, each direction's in the order of time. Raises SettingsError."""
    if given.key is not None:
        bucket, _, key = given.key.partition("/")
        if bucket not in BUCKETS.values() or not key or key.startswith(PLATFORM):
            raise SettingsError(
                f"--key is BUCKET/KEY in {' or '.join(BUCKETS.values())}, as raw_ref has it; "
                f"bodies under {PLATFORM}/ belong to several tenants: each has its part by itself"
            )
        yield Stored(bucket, key)
        return
    since = given.day or given.since
    if tenant_id is None or since is None:
        raise SettingsError(f"say --key, or --tenant and --day or --from: {FORMS}")
    until = given.day + timedelta(days=1) if given.day else given.until or utcnow()
    ways = BUCKETS if given.direction == "both" else {given.direction: BUCKETS[given.direction]}
    for bucket in ways.values():
        for prefix in _days(tenant_id, since, until):
            for key in listed(object_settings(environment), bucket, prefix):
                stored = Stored(bucket, key)
                moment = stored.received_at
                if moment is not None and since <= moment < until:
                    yield stored


def _days(tenant_id: str, since: datetime, until: datetime) -> Iterator[str]:
    day = since.astimezone(UTC).date()
    while day <= until.astimezone(UTC).date():
        yield f"{tenant_id}/{day:%Y-%m-%d}/"
        day += timedelta(days=1)


async def _bodies(
    objects: Objects, wanted: list[Stored]
) -> AsyncIterator[tuple[Stored, bytes | None]]:
    """Each body in turn, the next ones fetched meanwhile; None for one that is gone."""

    async def body(stored: Stored) -> bytes | None:
        try:
            return await objects.get(stored.bucket, stored.key)
        except NotFound:
            return None

    for start in range(0, len(wanted), AHEAD):
        some = wanted[start : start + AHEAD]
        for stored, got in zip(some, await asyncio.gather(*map(body, some)), strict=True):
            yield stored, got


async def _posts(owners: Owners, stored: Stored, body: bytes | None, tally: Tally) -> list[Post]:
    """The events that a door would make of a body; of another tenant's items none."""
    if body is None:
        tally.skipped["is no longer in the archive"] += 1
        return []
    now = stored.received_at or utcnow()
    try:
        if stored.bucket == INBOUND:
            return await _inbound(owners, stored, body, now, tally)
        return await _outbound(owners, stored, body, now, tally)
    except PayloadError:
        tally.skipped["is no JSON object"] += 1
        return []


async def _inbound(
    owners: Owners, stored: Stored, body: bytes, now: datetime, tally: Tally
) -> list[Post]:
    async def owner_of(item: Item) -> Resolution | None:
        owner = await owners.of(item)
        return owner if owner is not None and owner.tenant_id == stored.tenant_id else None

    found = await sort(walk(meta_loads(body)), owner_of)
    if found.strays:
        tally.skipped["holds items that are not this tenant's now"] += 1
    arrival = Arrival(now, stored.bucket, stored.key)
    return [post for share in found.shares.values() for post in posts_of(share.items, arrival)]


async def _outbound(
    owners: Owners, stored: Stored, body: bytes, now: datetime, tally: Tally
) -> list[Post]:
    whole = genesys_loads(body)
    message = read(whole)
    owner = await owners.by_integration(message.integration_id or "")
    if owner is None or owner.tenant_id != stored.tenant_id or owner.channel_id is None:
        tally.skipped["names an integration that is not this tenant's now"] += 1
        return []
    if turned_away(owner):
        tally.skipped["is of a suspended tenant"] += 1
        return []
    raw = Raw(stored.bucket, stored.key, body, stored.tenant_id)
    return [post_of(whole, message, owner, raw, now)]


async def _publish(publisher: Publisher | None, post: Post, tally: Tally) -> None:
    try:
        post.event.encode()
        if publisher is not None:
            await publisher.publish(post.exchange, post.event)
    except BadInput:
        tally.skipped["holds an item that is no event"] += 1
    else:
        tally.events[post.exchange] += 1


def _tell(given: argparse.Namespace, bodies: int, tally: Tally) -> None:
    would = "would publish" if given.dry_run else "published"
    say(f"read {bodies} bodies, {would} {tally.events.total()} events")
    for exchange, count in sorted(tally.events.items()):
        say(f"  {count:>6}  {exchange}")
    for why, count in tally.skipped.most_common():
        say(f"left out: {count} {'body' if count == 1 else 'bodies'} that {why}")
    if given.dry_run:
        say("nothing was changed")
    elif tally.events:
        say("what had been delivered is a duplicate and goes no further")
        say("next: `parley ledger` in some minutes, and `parley dlq list`")
