"""One POST of Genesys': find the integration, check who signed, read it, make durable, say so.

Nothing in a body is parsed or believed before its signature. A 4xx can fail the agent's whole chat,
so after a good one only a suspended tenant gets it, and a body that holds no message; the former
not where the channel's option `suspended_answer` is "receipt" (contracts/genesys.md c4).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NoReturn

from shared.doors.genesys_events import OUTBOUND, post_of, turned_away
from shared.genesys.payloads import (
    OutboundMessage,
    PayloadError,
    guess_integration,
    loads,
    read,
)
from shared.genesys.signature import verify
from shared.messaging.intake import Intake, Raw, RawKeys
from shared.messaging.topology import OUTBOUND_GENESYS_MESSAGES
from shared.runtime.clock import utcnow
from shared.runtime.errors import BadInput, Forbidden, Unauthorised
from shared.runtime.logging import bind, logger
from shared.runtime.metrics import counter
from shared.runtime.refusals import asked, claimed, refusals
from shared.tenancy.directory import Directory
from shared.tenancy.models import Resolution, SigningSecrets
from shared.wire.body import HEAVIEST, weight
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

    async def receive(
        self, raw: bytes, signature: str | None, weigh: Callable[[int], None]
    ) -> None:
        """Take a body. `weigh` counts the memory that it takes.

        Raises Unauthorised (unknown integration or bad signature, in the same words), Forbidden
        (suspended tenant), BadInput (no JSON object, or no event can hold it: Genesys tells the
        agent), Unavailable (nothing durable took it, or there is no room: Genesys tries again).
        """
        owner = await self._signer(guess_integration(raw) or "", raw, signature)
        bind(tenant_id=owner.tenant_id, channel_id=owner.channel_id)
        weigh(min(weight(raw), HEAVIEST))
        try:
            body = loads(raw)
        except PayloadError as error:
            await self._refuse_unread(owner, raw, error)
        message, now = read(body), utcnow()
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

    async def _refuse_unread(self, owner: Resolution, raw: bytes, error: PayloadError) -> NoReturn:
        """Keep what is signed and no JSON object. Raises BadInput."""
        key = self.keys.new(owner.tenant_id, NO_CONVERSATION)
        kept = Raw(OUTBOUND, key, raw, owner.tenant_id)
        await self.intake.take([kept], [], spare=OUTBOUND_GENESYS_MESSAGES)
        MESSAGES.labels("unreadable").inc()
        log.error("webhook_unreadable", extra={"why": str(error), "bytes": len(raw)})
        raise BadInput(str(error)) from error

    async def _signer(self, integration_id: str, raw: bytes, signature: str | None) -> Resolution:
        """The tenant whose secret signed these bytes; the unverified id only chooses the secret.

        Whatever ids the body turns out to hold: it is that tenant's, who vouched for all of it.
        """

        def signed(secrets: SigningSecrets) -> bool:
            accepted = [secret.get_secret_value() for secret in secrets.accepted()]
            return verify(raw, signature, accepted)

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


def _tell(fate: str, message: OutboundMessage) -> None:
    MESSAGES.labels(fate).inc()
    log.info("webhook_taken", extra={"fate": fate, "type": message.type})
