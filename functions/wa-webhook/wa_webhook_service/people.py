"""What a webhook says of people's ids: told to state, and ordered, before its events are published.

So a message behind the news of a new number or user id finds the person that state knows, whichever
of the two is delivered first; and with Redis there it is delivered second.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime

from shared.doors.groups import Group, groups_of
from shared.messaging.lines import Lines, Rider
from shared.runtime.errors import ParleyError
from shared.runtime.logging import describe, logger
from shared.services.identities import link_of
from shared.services.state import StateClient
from shared.tenancy.models import Resolution
from shared.whatsapp.identities import IdChange
from shared.whatsapp.payloads import Item

log = logger()

LINK_S = 1.0  # of all news of one webhook: its sender waits for an answer
AT_ONCE = 8


@dataclass(frozen=True)
class People:
    """Both are other processes; either may be away."""

    lines: Lines
    state: StateClient

    @asynccontextmanager
    async def in_order(
        self, items: Iterable[tuple[Item, Resolution]], received_at: datetime
    ) -> AsyncIterator[dict[str, str]]:
        """The line of each item of a person, by its path; publish within the block.

        Raises nothing: without state the event tells it later, without Redis every id has a line
        of its own.
        """
        groups = groups_of(items)
        riders = [_rider(group) for group in groups]
        async with self.lines.of(riders) as lines:
            await self._link(groups, received_at)
            named = zip(groups, lines, strict=True)
            yield {path: line for group, line in named for path in group.paths}

    async def _link(self, groups: Sequence[Group], received_at: datetime) -> None:
        """Tell state whose ids change, in the webhook's order of each person."""
        told = [group for group in groups if group.changes]
        if not told:
            return
        room = asyncio.Semaphore(AT_ONCE)
        late: list[Exception] = []

        async def link(group: Group) -> None:
            async with room:
                try:
                    for change in group.changes:
                        await self._tell(group.owner, change, received_at)
                except Exception as error:  # noqa: BLE001  # no content refuses a webhook
                    late.append(error)

        try:
            async with asyncio.timeout(LINK_S), asyncio.TaskGroup() as tasks:
                for group in told:
                    tasks.create_task(link(group))
        except TimeoutError as error:
            late.append(error)
        if late:
            _say(len(told), late[0])

    async def _tell(self, owner: Resolution, change: IdChange, received_at: datetime) -> None:
        """Tell it of whom state knows: anybody else has no conversation yet that could double.

        Their first message may still be under way, and gives them their name. One call, for what
        comes behind the news may be claimed meanwhile.
        """
        link = link_of(change, owner.tenant_id, received_at)
        await self.state.link(link.model_copy(update={"known_only": True}))


def _rider(group: Group) -> Rider:
    owner = group.owner
    return Rider(
        owner.tenant_id,
        owner.channel_id or "",
        tuple(group.ids),
        group.own,
        holds=bool(group.changes),
    )


def _say(people: int, error: Exception) -> None:
    why = {"detail": error.detail} if isinstance(error, ParleyError) else describe(error)
    log.warning("new_ids_told_later", extra={"people": people, **why})
