"""`parley retention`: what is past its tenant's days goes, from rows and from S3. For every day.

S3's own lifecycle (30 days) is the upper bound; a tenant's options may ask for less. Safe to stop
and to repeat.
"""

from __future__ import annotations

import argparse
import asyncio
import re
from collections import Counter
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from parley.environment import Environment
from parley.erasing.store import Store
from parley.stores import database_of, object_settings, objects_of, owner_of, quiet, tenant_id_of
from shared.command.output import print_items, remark, say, wants_json
from shared.doors.genesys_events import OUTBOUND
from shared.doors.whatsapp_events import INBOUND
from shared.messaging.intake import PLATFORM
from shared.runtime.clock import utcnow
from shared.storage.buckets import KEPT_DAYS
from shared.storage.database import Database

DONE = 0
# A claim outlives what may bring its message again: Meta's repeats (seven days), and the raw bodies
# that `parley replay` reads. Else it would be sent a second time.
SHORTEST_DAYS = 8
BATCH = 1000  # messages in one transaction
RAW = (INBOUND, OUTBOUND)
MEDIA = ("media-inbound", "media-outbound")
_DAY = re.compile(r"/(\d{4}-\d{2}-\d{2})/")


@dataclass(frozen=True)
class Days:
    """How long a tenant's data is kept."""

    messages: int
    raw: int = KEPT_DAYS
    media: int = KEPT_DAYS


@dataclass(frozen=True)
class Run:
    """One run: where it looks, and whether it changes anything."""

    owner: Database
    store: Store
    now: datetime
    dry: bool

    def before(self, days: int) -> datetime:
        """What is older than this is past its days."""
        return self.now - timedelta(days=days)


def run(given: argparse.Namespace, environment: Environment) -> int:
    """Sweep one tenant or all, and say what went."""
    quiet()
    return asyncio.run(_run(given, environment))


async def _run(given: argparse.Namespace, environment: Environment) -> int:
    async with AsyncExitStack() as stack:
        names = await stack.enter_async_context(database_of(environment))
        owner = await stack.enter_async_context(owner_of(environment))
        objects = await stack.enter_async_context(objects_of(environment))
        store = Store(objects, object_settings(environment))
        work = Run(owner, store, utcnow(), given.dry_run)
        tenants = await _tenants(names, given.tenant)
        gone: dict[str, dict[str, int]] = {}
        kept = {id_: await _days(owner, id_, given.messages_days) for id_ in tenants}
        for number, (id_, slug) in enumerate(tenants.items(), 1):
            removed = {k: n for k, n in sorted((await _tenant(work, id_, kept[id_])).items()) if n}
            gone[slug] = removed
            if not wants_json(given):
                told = ", ".join(f"{count} {what}" for what, count in removed.items())
                say(f"{slug}: {'would remove ' if work.dry else 'removed '}{told or 'nothing'}")
            remark(f"{number} of {len(tenants)} tenants")
        shared = {}
        if given.tenant is None and kept:
            shared = await _platform(work, kept.values())
    if wants_json(given):
        items = [{"tenant": slug, "removed": removed} for slug, removed in gone.items()]
        print_items(items, dry_run=given.dry_run, shared=shared)
        return DONE
    for what, count in shared.items():
        say(f"{PLATFORM}: {count} {what}")
    say("nothing was changed" if given.dry_run else "next run: tomorrow (docs/operate.md)")
    return DONE


async def _tenants(names: Database, slug: str | None) -> dict[str, str]:
    """Slugs by id."""
    if slug is not None:
        return {str(await tenant_id_of(names, slug)): slug}
    found = await names.rows("select id, slug from tenants order by slug", idempotent=True)
    return {str(row["id"]): row["slug"] for row in found}


async def _days(owner: Database, tenant_id: str, messages: int) -> Days:
    told: dict[str, int | None] = await owner.call("retention_days", tenant_id=tenant_id)
    kept = max(told["messages"] or messages, SHORTEST_DAYS)
    return Days(
        kept,
        min(told["raw"] or KEPT_DAYS, KEPT_DAYS, kept),
        min(told["media"] or KEPT_DAYS, KEPT_DAYS),
    )


async def _tenant(work: Run, tenant_id: str, days: Days) -> Counter[str]:
    removed: Counter[str] = Counter()
    before = work.before(days.messages)
    if work.dry:
        told = await work.owner.call("retention_count", tenant_id=tenant_id, before=before)
        removed.update(told)
    while not work.dry:
        told = await work.owner.call(
            "retention_sweep", tenant_id=tenant_id, before=before, limit=BATCH
        )
        removed.update(told)
        if not any(told.values()):
            break
    for buckets, kept in ((RAW, days.raw), (MEDIA, days.media)):
        for bucket in buckets:
            removed[bucket] += await _objects(work, bucket, f"{tenant_id}/", work.before(kept))
    if not work.dry:
        await work.owner.call(
            "retention_note",
            idempotent=False,
            tenant_id=tenant_id,
            began_at=work.now,
            removed=dict(removed),
        )
    return removed


async def _objects(work: Run, bucket: str, prefix: str, before: datetime) -> int:
    """Objects of days that are over before the moment."""
    count, last = 0, f"{before.astimezone(UTC):%Y-%m-%d}"
    async for keys in work.store.names(bucket, prefix):
        days = [found[1] if (found := _DAY.search(key)) else last for key in keys]
        old = [key for key, day in zip(keys, days, strict=True) if day < last]
        count += len(old)
        if not work.dry:
            await work.store.remove(bucket, old)
        if bucket in RAW and days[-1] >= last:  # in the order of their days
            break
    return count


async def _platform(work: Run, kept: Any) -> dict[str, int]:
    """What several tenants share: bodies go by who keeps least, months by who keeps most."""
    days = list(kept)
    shortest, longest = min(one.raw for one in days), max(one.messages for one in days)
    counts = {
        bucket: await _objects(work, bucket, f"{PLATFORM}/", work.before(shortest))
        for bucket in RAW
    }
    if not work.dry:
        dropped = await work.owner.call("retention_drop_partitions", before=work.before(longest))
        counts["months of message_events"] = len(dropped)
    return {what: count for what, count in counts.items() if count}
