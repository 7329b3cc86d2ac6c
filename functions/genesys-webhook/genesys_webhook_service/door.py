"""One POST of Genesys': find the integration, check who signed, make durable, say so.

A 4xx can fail the agent's whole chat, so after a good signature only a suspended tenant gets one,
and not even that where the channel's option `suspended_answer` is "receipt"
(contracts/genesys.md c4).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from shared.genesys.payloads import OutboundMessage, PayloadError, loads, read
from shared.genesys.signature import verify
from shared.messaging.envelope import Event, EventType
from shared.messaging.intake import Intake, Post, Raw, RawKeys, digest
from shared.messaging.topology import OUTBOUND_GENESYS_MESSAGES
from shared.runtime.clock import rfc3339, utcnow
from shared.runtime.errors import Forbidden, Unauthorised
from shared.runtime.logging import bind, logger
from shared.runtime.metrics import counter
from shared.runtime.trace import current_traceparent
from shared.tenancy.directory import Directory
from shared.tenancy.models import Resolution, SigningSecrets
from shared.tenancy.options import ChannelOptions

log = logger()

SOURCE = "/genesys-webhook"
BUCKET = "webhooks-outbound"
NO_CONVERSATION = "no-conversation"
MAX_ID = 255  # characters; Genesys' own ids are 32 hex digits (contracts/genesys.md g)
MESSAGES = counter("genesys_webhooks", "Webhooks of Genesys by what became of them", ("fate",))


@dataclass(frozen=True)
class Door:
    """What a POST needs."""

    directory: Directory
    intake: Intake
    keys: RawKeys

    async def receive(self, raw: bytes, signature: str | None) -> None:
        """Take a body.

        Raises Unauthorised (unknown integration or bad signature, in the same words), Forbidden
        (suspended tenant), BadInput (no event can hold it: Genesys tells the agent), Unavailable
        (nothing durable took it: Genesys tries again).
        """
        body = _read(raw)
        message = read(body)
        owner = await self._signer(message, raw, signature)
        bind(tenant_id=owner.tenant_id, channel_id=owner.channel_id)
        now = utcnow()
        label = message.conversation_id or NO_CONVERSATION
        stored = Raw(BUCKET, self.keys.new(owner.tenant_id, label), raw, owner.tenant_id)
        posts = [] if _turned_away(owner) else [_post(body, message, owner, stored, now)]
        unfit = await self.intake.take([stored], posts, spare=OUTBOUND_GENESYS_MESSAGES)
        if unfit:
            raise unfit[0].error
        if not posts:
            _tell("tenant_suspended", message)
            raise Forbidden("the tenant is suspended")
        _tell("taken", message)

    async def _signer(
        self, message: OutboundMessage, raw: bytes, signature: str | None
    ) -> Resolution:
        """The tenant whose secret signed these bytes; the unverified id only chooses the secret."""

        def signed(secrets: SigningSecrets) -> bool:
            accepted = [secret.get_secret_value() for secret in secrets.accepted()]
            return verify(raw, signature, accepted)

        integration_id = message.integration_id or ""
        if await self.directory.verified("genesys", integration_id, signed) is not None:
            owner = await self.directory.by_integration(integration_id)
            if owner is not None and owner.channel_id is not None:
                return owner
        MESSAGES.labels("refused").inc()
        log.warning("signature_refused", extra={"bytes": len(raw)})
        raise Unauthorised


def _read(raw: bytes) -> Any:
    """The body, or nothing: what is no JSON names no integration, so no secret can fit it."""
    try:
        return loads(raw)
    except PayloadError:
        return {}


def _turned_away(owner: Resolution) -> bool:
    """Whether the agent's chat is told by a 403 instead of a Failed receipt."""
    answer = ChannelOptions.read(owner.options).suspended_answer
    return not owner.active and answer != "receipt"


def _post(
    body: Any, message: OutboundMessage, owner: Resolution, stored: Raw, now: datetime
) -> Post:
    message_id = message.message_id
    if message_id is None or len(message_id) > MAX_ID or not message_id.isprintable():
        message_id = f"noid.{digest(stored.body)}"
    customer = message.customer or message.conversation_id or "nobody"
    event = Event(
        id=f"gc:m:{owner.integration_id}:{message_id}",
        type=EventType.GENESYS_MESSAGE,
        source=SOURCE,
        subject=message_id,
        time=message.channel.time or now,
        tenantid=owner.tenant_id,
        channelid=owner.channel_id,
        partitionkey=f"{owner.tenant_id}:{owner.channel_id}:{_short(customer)}",
        traceparent=current_traceparent(),
        data={
            "message": body,
            "phone_number_id": owner.phone_number_id,
            "integration_id": owner.integration_id,
            "region": owner.region,
            "whatsapp_credential": owner.whatsapp_credential,
            "genesys_credential": owner.genesys_credential,
            "options": owner.options,
            "suspended": not owner.active,
            "raw": {"bucket": stored.bucket, "key": stored.key},
            "received_at": rfc3339(now),
        },
    )
    return Post(OUTBOUND_GENESYS_MESSAGES, event)


def _short(name: str) -> str:
    """A customer's id or a conversation's, fit for a partition key whatever was sent."""
    return name if len(name) <= MAX_ID and name.isprintable() else digest(name.encode())


def _tell(fate: str, message: OutboundMessage) -> None:
    MESSAGES.labels(fate).inc()
    log.info("webhook_taken", extra={"fate": fate, "type": message.type})
