"""The use cases of state: each is one call of an SQL function, with Redis as a fast path only.

Answers are the JSON that the SQL functions make; `shared.services.state` names their shapes.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson

from shared.runtime.clock import rfc3339, utcnow
from shared.runtime.errors import Conflict, NotFound, ParleyError
from shared.runtime.logging import bind, logger, stand_in
from shared.services.callback import read_callback_data
from shared.services.state import (
    ClaimRequest,
    CompleteRequest,
    MessageKey,
    ReceiptConfirmed,
    ReleaseRequest,
    StatusUpdate,
)
from shared.storage.cache import Cache
from shared.storage.database import Database
from shared.wire.customer import spellings
from state_service.refused import Wanted, page_of

Json = dict[str, Any]

MAPPING_TTL_S = 3600  # seconds, of the keys mapping:*
log = logger()


@dataclass(frozen=True)
class Policy:
    """Seconds. `resend_unknown_s` below zero: a send of unknown fate is never repeated."""

    lease_s: float
    resend_unknown_s: float


class State:
    """Everything that is known of messages and conversations."""

    def __init__(self, database: Database, cache: Cache, policy: Policy) -> None:
        self._database = database
        self._cache = cache
        self._policy = policy

    async def claim(self, request: ClaimRequest) -> Json:
        """Give the right to deliver a message to one of all who ask."""
        _bind(request)
        arguments = request.model_dump(exclude={"resend_unknown_after"})
        claim: Json = await self._database.call(
            "claim_message",
            **arguments,
            aliases=aliases(request.wa_id),
            lease_seconds=self._policy.lease_s,
            resend_unknown_seconds=self._resend_after(request),
        )
        if claim["outcome"] != "claimed" or claim["attempts"] > 1:
            log.info(
                "claim_repeated",
                extra={"outcome": claim["outcome"], "attempts": claim["attempts"]},
            )
        await self._remember(claim.pop("conversation", None))
        return claim | {"lease_seconds": self._policy.lease_s}

    def _resend_after(self, request: ClaimRequest) -> float | None:
        if request.resend_unknown_after is not None:
            return request.resend_unknown_after
        seconds = self._policy.resend_unknown_s
        return None if seconds < 0 else seconds

    async def complete(self, request: CompleteRequest) -> Json:
        """Write down what an attempt got done. Raises Conflict when it does not hold the claim."""
        _bind(request)
        arguments = request.model_dump()
        completed: Json | None = await self._database.call(
            "complete_message", **arguments, lease_seconds=self._policy.lease_s
        )
        if completed is None:
            raise Conflict("another attempt holds this message, or none does: claim it again")
        for part in request.parts:
            if part.outcome != "accepted":
                log.warning("part_not_accepted", extra={"part": part.part, "fate": part.outcome})
        await self._remember(completed.pop("conversation"))
        return completed

    async def release(self, request: ReleaseRequest) -> Json:
        """Give a claim back before its lease ends."""
        _bind(request)
        arguments = request.model_dump(exclude={"reason"})
        released: bool = await self._database.call("release_claim", **arguments)
        log.info("claim_released", extra={"reason": request.reason, "held": released})
        return {"released": released}

    async def advance(self, message_id: str, update: StatusUpdate) -> Json:
        """Write down a status, and those that came with it, whatever came before them."""
        bind(tenant_id=update.tenant_id, channel_id=update.channel_id, message=stand_in(message_id))
        named = read_callback_data(update.tracking_id)
        advanced: Json = await self._database.call(
            "advance_status",
            **update.model_dump(exclude={"channel_id", "tracking_id", "earlier"}),
            earlier=[fact.model_dump(mode="json") for fact in update.earlier],
            message_id=message_id,
            tracking_id=named.tracking_id,
            part=named.part,
        )
        if not advanced["known"]:
            log.info("status_waits_for_its_message", extra={"status": update.status})
        return advanced

    async def confirm_receipt(self, confirmed: ReceiptConfirmed) -> Json:
        """Note that Genesys has taken a receipt."""
        bind(tenant_id=confirmed.tenant_id, message=stand_in(confirmed.source_id))
        return {"confirmed": await self._database.call("confirm_receipt", **confirmed.model_dump())}

    async def conversation(
        self, conversation_id: str, tenant_id: str, channel_id: str
    ) -> tuple[Json, bool]:
        """Whose a conversation is, and whether Redis knew. Raises NotFound.

        A value of another tenant or channel counts as a miss. After a hit, call `touch`.
        """
        cached = await self._cache.get_json(f"mapping:conv:{conversation_id}")
        if isinstance(cached, dict) and (tenant_id, channel_id) == (
            cached.get("tenant_id"),
            cached.get("channel_id"),
        ):
            return {**cached, "last_activity_at": rfc3339(utcnow())}, True
        found = _known(await self._find(conversation_id, tenant_id, channel_id))
        await self._remember(found)
        return found, False

    async def look_at(self, conversation_id: str, tenant_id: str, channel_id: str) -> Json:
        """The same for somebody who only looks: no activity in it. Raises NotFound."""
        return _known(
            await self._database.call(
                "read_conversation",
                tenant_id=tenant_id,
                channel_id=channel_id,
                conversation_id=conversation_id,
            )
        )

    async def touch(self, conversation_id: str, tenant_id: str, channel_id: str) -> None:
        """Note activity that Redis has answered for. Its loss is only a time that lags."""
        try:
            await self._find(conversation_id, tenant_id, channel_id)
        except ParleyError as error:
            log.warning("activity_not_noted", extra={"code": error.code})

    async def message(self, message_id: str, tenant_id: str) -> Json:
        """Find a message by its id at either side. Raises NotFound."""
        found: Json | None = await self._database.call(
            "find_message", tenant_id=tenant_id, message_id=message_id
        )
        if found is None:
            raise NotFound("no such message in this tenant")
        return found

    async def history(
        self, conversation_id: str, tenant_id: str, limit: int, before: datetime | None
    ) -> Json:
        """Return a conversation's messages, newest first."""
        messages = await self._database.call(
            "conversation_history",
            tenant_id=tenant_id,
            conversation_id=conversation_id,
            limit=limit,
            before=before,
        )
        return {"messages": messages}

    async def refused(self, wanted: Wanted) -> Json:
        """A page of messages that were refused. Raises BadInput for a cursor that is none."""
        found: list[Json] = await self._database.call("refused_page", **wanted.arguments)
        return page_of(found, wanted.limit)

    async def _find(self, conversation_id: str, tenant_id: str, channel_id: str) -> Json | None:
        found: Json | None = await self._database.call(
            "find_conversation",
            tenant_id=tenant_id,
            channel_id=channel_id,
            conversation_id=conversation_id,
        )
        return found

    async def _remember(self, conversation: Json | None) -> None:
        """Put both directions of a mapping that changed into Redis, in one round trip."""
        if conversation is None:
            return
        who = conversation["wa_id"] or conversation["customer"]
        channel = f"{conversation['tenant_id']}:{conversation['channel_id']}"
        conversation_id = conversation["conversation_id"]
        await self._cache.set_many(
            {
                f"mapping:conv:{conversation_id}": orjson.dumps(conversation),
                f"mapping:wa:{channel}:{who}": orjson.dumps({"conversation_id": conversation_id}),
            },
            MAPPING_TTL_S,
        )


def aliases(wa_id: str | None) -> tuple[str, ...]:
    """The other spellings of a number."""
    return spellings(wa_id) if wa_id else ()


def _bind(key: MessageKey) -> None:
    message = stand_in(key.source_id)
    bind(tenant_id=key.tenant_id, channel_id=key.channel_id, message=message)


def _known(conversation: Json | None) -> Json:
    if conversation is None:
        raise NotFound("no customer is known for this conversation")
    return conversation
