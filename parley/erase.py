"""`parley erase`: one person of one tenant, out of rows, objects, caches and queues.

First the person is written down as marks, which the connector obeys for what is under way; then
everything that names them goes. Safe to stop and to repeat: an erasure that was begun goes on.
"""

from __future__ import annotations

import argparse
import asyncio
import getpass
import json
import sys
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from parley.environment import Environment
from parley.erasing.bodies import clear_archive, clear_files, clear_spool
from parley.erasing.case import Case
from parley.erasing.letters import clear_rows, clear_spool_rows
from parley.erasing.news import clear_news
from parley.erasing.person import Person, forget_keys, named
from parley.erasing.statuses import clear_statuses
from parley.erasing.store import Store
from parley.out import opened
from parley.progress import EVERY_S
from parley.stores import (
    database_of,
    object_settings,
    objects_of,
    owner_of,
    quiet,
    tenant_id_of,
    topology_of,
)
from shared.command.output import remark
from shared.erasure.marks import Marker, Marks
from shared.runtime.clock import utcnow
from shared.runtime.errors import SettingsError
from shared.storage.database import Database

DONE, LEFT_SOME = 0, 1
ROWS, DONE_BEFORE = "rows", "done"


def erase(given: argparse.Namespace, environment: Environment) -> int:
    """Erase, and write the certificate; 1 when something could not be looked into."""
    quiet()
    with opened(given.out) as write:
        certificate, code = asyncio.run(_erase(given, environment))
        write(json.dumps(certificate, indent=2))
    if given.dry_run:
        remark("nothing was changed; next: the same without --dry-run")
    else:
        remark("the certificate is kept in the table erasures")
    return code


async def _erase(given: argparse.Namespace, environment: Environment) -> tuple[dict[str, Any], int]:
    """The certificate, and the exit code."""
    who = named(*(_meant(text) for text in (given.phone, given.wa_id, given.user_id)))
    key = environment.need("SERVICE_TOKEN_KEY").value
    environment.need("REDIS_URL")
    async with AsyncExitStack() as stack:
        queues = await stack.enter_async_context(database_of(environment))
        owner = await stack.enter_async_context(owner_of(environment))
        objects = await stack.enter_async_context(objects_of(environment))
        store = Store(objects, object_settings(environment))
        tenant_id = await tenant_id_of(queues, given.tenant)
        marker = Marker(key, str(tenant_id))
        case = await _begin(given, owner, marker, str(tenant_id), who)
        await _rows(case, environment, who)
        async with _said(given):
            await _places(case, environment, queues, store)
        told = await case.note(end=True)
        certificate = _certificate(given, marker.of("person", who), marker.key_id, case, told)
        return certificate, LEFT_SOME if case.left.total() else DONE


def _meant(text: str | None) -> str | None:
    """The text itself, or what `-` (asked for, or standard input) or `@FILE` stands for.

    What is typed as an argument stays in the shell's history. Raises SettingsError.
    """
    if text == "-":
        if sys.stdin.isatty():
            remark("number or id:")
        return sys.stdin.readline().strip()
    if text is None or not text.startswith("@"):
        return text
    try:
        return Path(text[1:]).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{text[1:]} can not be read: {type(error).__name__}") from None


async def _begin(
    given: argparse.Namespace, owner: Database, marker: Marker, tenant_id: str, who: str
) -> Case:
    """The one that was begun and not ended, with what is there now; or a new one."""
    person = await Person.find(owner, tenant_id, who)
    marks, files = person.marks(marker), person.files(tenant_id)
    token = marker.of("person", who)
    known = await owner.call("erasure_open", tenant_id=tenant_id, person=token)
    now = utcnow() + timedelta(seconds=given.settle)
    case = Case(tenant_id, Marks(marker, marks), files, now, given.dry_run, owner)
    case.channels = list(person.channels)
    if given.dry_run:
        return case
    if known is None:
        known = await owner.call(
            "erasure_begin",
            idempotent=False,
            tenant_id=tenant_id,
            person=token,
            asked_by=given.asked_by or getpass.getuser(),
            seconds=given.settle,
            marks=tuple(sorted(marks)),
            files=tuple(sorted(files)),
        )
    case.id, case.reached = known["id"], known["reached"]
    case.as_of = datetime.fromisoformat(known["as_of"]).astimezone(UTC)
    case.marks = Marks(marker, frozenset(known["marks"]))
    case.files = frozenset(known["files"])
    return case


async def _rows(case: Case, environment: Environment, who: str) -> None:
    """What names the person in the database, and in Redis, which may know it from there."""
    if ROWS in case.reached:  # a first try did it: who is there now is a new person
        return
    if not case.dry:  # until the connectors know the marks, and no call is under way without them
        await asyncio.sleep(max(0.0, (case.as_of - utcnow()).total_seconds()))
    person = await Person.find(case.owner, case.tenant_id, who)
    case.files |= person.files(case.tenant_id)
    case.marks = Marks(case.marks.marker, case.marks.known | person.marks(case.marks.marker))
    await case.learn()
    counts: dict[str, int] = await case.owner.call(
        "erasure_rows",
        tenant_id=case.tenant_id,
        names=tuple(person.names),
        dry=case.dry,
    )
    case.removed.update(counts)
    gone = forget_keys(environment, person, case.tenant_id, dry=case.dry)
    case.removed["redis_keys"] += gone
    case.reached[ROWS] = DONE_BEFORE
    await case.note()


async def _places(case: Case, environment: Environment, queues: Database, store: Store) -> None:
    installation = topology_of(environment).prefix
    tell = _Teller()
    await clear_rows(case, queues)
    await clear_spool_rows(case, queues, installation)
    await clear_news(case, environment)
    await clear_spool(case, store, installation)
    await case.note()
    await clear_archive(case, store, tell)
    await clear_files(case, store, tell)
    await clear_statuses(case)


class _Teller:
    """A line a second on stderr."""

    def __init__(self) -> None:
        self._next = time.monotonic() + EVERY_S

    def __call__(self, where: str, seen: int) -> None:
        if time.monotonic() >= self._next:
            self._next = time.monotonic() + EVERY_S
            remark(f"looked at {seen} objects of {where}")


@asynccontextmanager
async def _said(given: argparse.Namespace) -> AsyncIterator[None]:
    """What to do when it stops half way."""
    try:
        yield
    except BaseException:
        if not given.dry_run:
            remark("stopped half way; the same command goes on from there")
        raise


def _certificate(
    given: argparse.Namespace, person: str, key_id: str, case: Case, told: dict[str, Any]
) -> dict[str, Any]:
    return {
        "kind": "parley.erasure.v1",
        "erasure": case.id,
        "tenant": given.tenant,
        "tenant_id": case.tenant_id,
        "person": person,  # HMAC-SHA256 of the address, cut to 128 bits
        "person_key": key_id,
        "dry_run": case.dry,
        "asked_by": told.get("asked_by"),
        "began_at": told.get("began_at"),
        "as_of": case.as_of.isoformat(),
        "ended_at": told.get("ended_at"),
        "removed": {k: n for k, n in sorted(told.get("removed", case.removed).items()) if n},
        "not_read": {kind: count for kind, count in case.left.items() if count},
    }
