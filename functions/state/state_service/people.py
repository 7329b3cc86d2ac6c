"""The use cases about people and facts: who is who, echoes and history, wishes, notices.

Each is one call of an SQL function; docs/adr/0009 says who is one person.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from shared.runtime.errors import NotFound
from shared.runtime.logging import bind, logger, stand_in
from shared.services.state import (
    Identity,
    IdentityChange,
    Notice,
    Preference,
    RecordRequest,
    Undelivered,
)
from shared.storage.database import Database
from shared.wire.customer import spellings
from state_service.state import Json, aliases

log = logger()
AT_ONCE = 100  # messages recorded in one transaction: the tenant's other new people wait for it


class People:
    """Everything that is known of people, and of what came without a claim."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def record(self, request: RecordRequest) -> Json:
        """Keep messages that are not ours to deliver."""
        bind(tenant_id=request.tenant_id, channel_id=request.channel_id)
        messages = [
            one.model_dump(mode="json") | {"aliases": aliases(one.wa_id)}
            for one in request.messages
        ]
        recorded = {"recorded": 0, "known": 0}
        for some in _batches(messages):
            told: dict[str, int] = await self._database.call(
                "record_messages",
                tenant_id=request.tenant_id,
                channel_id=request.channel_id,
                messages=some,
            )
            recorded = {name: count + told[name] for name, count in recorded.items()}
        log.info("messages_recorded", extra=recorded)
        return recorded

    async def link(self, change: IdentityChange) -> Json:
        """Write down that a person is called otherwise now."""
        bind(tenant_id=change.tenant_id)
        customer: str | None = await self._database.call(
            "link_known_customer" if change.known_only else "link_customer",
            tenant_id=change.tenant_id,
            **_named("previous", change.previous),
            **_named("current", change.current),
            at=change.occurred_at,
        )
        log.info("identity_changed", extra={"known": customer is not None})
        return {"customer": customer}

    async def prefer(self, preference: Preference) -> Json:
        """Write down what a person wants no more of."""
        bind(tenant_id=preference.tenant_id, channel_id=preference.channel_id)
        preferred: Json = await self._database.call(
            "keep_preference",
            **preference.model_dump(),
            aliases=aliases(preference.wa_id),
        )
        log.info("preference", extra={"changed": preferred["changed"]})
        return preferred

    async def notice(self, notice: Notice) -> Json:
        """Keep what a provider says. Whoever brings it says it too."""
        bind(tenant_id=notice.tenant_id, channel_id=notice.channel_id)
        new: bool = await self._database.call("keep_notice", **notice.model_dump())
        return {"new": new}

    async def undelivered(self, undelivered: Undelivered) -> Json:
        """Write down that Genesys failed a message after it had taken it. The caller says it."""
        message = stand_in(undelivered.target_id)
        bind(tenant_id=undelivered.tenant_id, channel_id=undelivered.channel_id, message=message)
        marked: Json = await self._database.call("mark_undelivered", **undelivered.model_dump())
        return marked

    async def customer(self, customer: str, tenant_id: str, channel_id: str) -> Json:
        """Find a person by name, number or user id. Raises NotFound."""
        found: Json | None = await self._database.call(
            "find_customer",
            tenant_id=tenant_id,
            channel_id=channel_id,
            customer=customer,
            numbers=(customer, *spellings(customer)),
        )
        if found is None:
            raise NotFound("nobody of this name, number or user id is known")
        return found


def _named(when: str, identity: Identity) -> dict[str, Any]:
    number = identity.wa_id
    return {
        f"{when}_numbers": None if number is None else (number, *aliases(number)),
        f"{when}_bsuid": identity.bsuid,
    }


def _batches(messages: list[Json]) -> Iterator[list[Json]]:
    for start in range(0, len(messages), AT_ONCE):
        yield messages[start : start + AT_ONCE]
