"""One POST of Genesys': find the integration, check who signed, make durable, say so.

A 4xx can fail the agent's whole chat, so after a good signature only a suspended tenant gets one,
and not even that where the channel's option `suspended_answer` is "receipt"
(contracts/genesys.md c4).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from shared.doors.genesys_events import OUTBOUND, post_of, turned_away
from shared.genesys.payloads import OutboundMessage, PayloadError, loads, read
from shared.genesys.signature import verify
from shared.messaging.intake import Intake, Raw, RawKeys
from shared.messaging.topology import OUTBOUND_GENESYS_MESSAGES
from shared.runtime.clock import utcnow
from shared.runtime.errors import Forbidden, Unauthorised
from shared.runtime.logging import bind, logger
from shared.runtime.metrics import counter
from shared.runtime.refusals import asked, claimed, refusals
from shared.tenancy.directory import Directory
from shared.tenancy.models import Resolution, SigningSecrets
from shared.wire.signing import fault

log = logger()

NO_CONVERSATION = "no-conversation"
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
        stored = Raw(OUTBOUND, self.keys.new(owner.tenant_id, label), raw, owner.tenant_id)
        posts = [] if turned_away(owner) else [post_of(body, message, owner, stored, now)]
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
        reason, whose = await self._fault(integration_id, signature)
        beside = {"bytes": len(raw)}
        refusals.warning("signature_refused", reason=reason, extra=whose, beside=beside)
        raise Unauthorised

    async def _fault(
        self, integration_id: str, signature: str | None
    ) -> tuple[str, dict[str, str | None]]:
        """Why, and whose it says it is: of that nothing is proved."""
        owner = await asked(self.directory.by_integration(integration_id))
        whose = {"claimed_integration_id": claimed(integration_id)}
        if owner is None:
            return "unknown_integration" if integration_id else "no_integration", whose
        whose |= {"claimed_tenant": owner.tenant_slug, "claimed_channel": owner.channel_name}
        return fault(signature), whose


def _read(raw: bytes) -> Any:
    """The body, or nothing: what is no JSON names no integration, so no secret can fit it."""
    try:
        return loads(raw)
    except PayloadError:
        return {}


def _tell(fate: str, message: OutboundMessage) -> None:
    MESSAGES.labels(fate).inc()
    log.info("webhook_taken", extra={"fate": fate, "type": message.type})
