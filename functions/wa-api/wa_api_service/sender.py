"""Sends one finished WhatsApp message with its tenant's token, in its turn."""

from dataclasses import dataclass
from typing import Final

from pydantic import SecretStr

from shared.messaging.credentials import TenantCredential
from shared.messaging.outcomes import SendOutcome
from shared.messaging.sending import Job, Sending, check_body
from shared.services.delivery import WhatsAppSend
from shared.tokens.source import TokenSource
from shared.whatsapp.client import WhatsAppClient
from wa_api_service.pacing import Pacing

KIND: Final = "whatsapp"

# Bytes. The longest legal body, ten cards or a list with every text at its limit, is under 40 KB.
BODY_LIMIT = 128 * 1024


@dataclass(frozen=True)
class Sender:
    """Meta's side of the delivery."""

    client: WhatsAppClient
    tokens: TokenSource
    sending: Sending
    pacing: Pacing | None = None

    async def send(self, request: WhatsAppSend) -> SendOutcome:
        """The outcome of one message. Raises BadInput; Unavailable when nothing could be sent."""
        check_body(request.body, BODY_LIMIT)

        async def attempt(token: SecretStr) -> SendOutcome:
            outcome = await self.client.send(request.phone_number_id, token, request.body)
            if outcome.error is None:
                self.tokens.accepted(request.tenant_id, KIND, request.credential, token=token)
            return outcome

        credential = TenantCredential(self.tokens, request.tenant_id, KIND, request.credential)
        job = Job(KIND, request.tenant_id, request.channel_id)
        gate = self.pacing.gate(request) if self.pacing else None
        return await self.sending.run(job, attempt, credential, gate)
