"""The person's part of what lies in S3: raw webhooks, files, and spooled events.

A body of several people is written anew without this one's items; a body of theirs alone goes.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import orjson

from parley.erasing.case import Case
from parley.erasing.letters import smaller
from parley.erasing.store import Store
from shared.doors.genesys_events import OUTBOUND
from shared.doors.whatsapp_events import INBOUND
from shared.erasure.cut import cut, suspects
from shared.erasure.events import from_genesys
from shared.genesys.payloads import read
from shared.messaging.intake import PLATFORM
from shared.messaging.spool import aside_of, prefix_of
from shared.storage.objects import SPOOL_BUCKET

MEDIA = ("media-inbound", "media-outbound")
_STAMP = re.compile(r"/(?P<stamp>\d{8}T\d{6}\.\d{6}Z)-[^/]+\.json$")
Tell = Callable[[str, int], None]


async def clear_archive(case: Case, store: Store, tell: Tell) -> None:
    """Raw webhooks of both directions, up to the erasure's moment."""
    tenant = f"{case.tenant_id}/"
    parts = [(INBOUND, tenant), (INBOUND, f"{PLATFORM}/"), (OUTBOUND, tenant)]
    for bucket, prefix in parts:
        part, seen = f"{bucket}/{prefix}", 0
        async for keys in store.names(bucket, prefix, case.reached.get(part)):
            older = [key for key in keys if _taken(key, case.as_of)]
            gone = []
            for key, body in await store.bodies(bucket, older):
                left = await _left(case, body, shared=prefix != tenant)
                if left is None:
                    continue
                case.removed[bucket] += 1
                if not left:
                    gone.append(key)
                elif not case.dry:
                    await store.write(bucket, key, left, "application/json")
            if not case.dry:
                await store.remove(bucket, gone)
            seen += len(keys)
            tell(bucket, seen)
            if older:
                case.reached[part] = older[-1]
                await case.note()


def _taken(key: str, as_of: datetime) -> bool:
    found = _STAMP.search(key)
    if found is None:
        return True
    moment = datetime.strptime(found["stamp"], "%Y%m%dT%H%M%S.%fZ").replace(tzinfo=UTC)
    return moment <= as_of


async def _left(case: Case, body: bytes, *, shared: bool) -> bytes | None:
    """What is left of a body: empty for nothing, None when it is as it was."""
    try:
        told: Any = orjson.loads(body)
    except orjson.JSONDecodeError:
        case.left["unreadable_bodies"] += 1
        return None
    if isinstance(told, dict) and "channel" in told and "entry" not in told:
        message = read(told)
        ids = {one for one in (message.id, message.channel.message_id) if one}
        others = await case.others(ids) if from_genesys(told, case.marks) else frozenset()
        return b"" if from_genesys(told, case.marks, others) else None
    others = await case.others(set(suspects(told, case.marks)))
    done = cut(told, case.marks, others, case.mine if shared else None)
    case.seen.update(done.ids)
    if not done.removed:
        return None
    return b"" if done.left is None else orjson.dumps(done.left)


async def clear_files(case: Case, store: Store, tell: Tell) -> None:
    """Files of the person's messages, known by how their names begin."""
    for bucket in MEDIA:
        seen = 0
        async for keys in store.names(bucket, f"{case.tenant_id}/"):
            gone = [key for key in keys if _begin(key) in case.files]
            case.removed[bucket] += len(gone)
            if not case.dry:
                await store.remove(bucket, gone)
            seen += len(keys)
            tell(bucket, seen)


def _begin(key: str) -> str:
    return key.rpartition("/")[2][:18]


async def clear_spool(case: Case, store: Store, installation: str) -> None:
    """Events that wait in the spool's bucket, and those set aside there."""
    for prefix in (prefix_of(installation), aside_of(installation)):
        async for keys in store.names(SPOOL_BUCKET, prefix):
            gone = []
            for key, body in await store.bodies(SPOOL_BUCKET, keys):
                left = await smaller(case, body)
                if left is None:
                    continue
                case.removed["spool"] += 1
                if not left:
                    gone.append(key)
                elif not case.dry:
                    await store.write(SPOOL_BUCKET, key, left, "application/x-ndjson")
            if not case.dry:
                await store.remove(SPOOL_BUCKET, gone)
