"""Sends one finished WhatsApp message with its tenant's token."""

from dataclasses import dataclass
from typing import Final

from pydantic import SecretStr

from shared.messaging.credentials import TenantCredential
from shared.messaging.outcomes import SendOutcome
from shared.messaging.sending import Sending, check_body
from shared.services.delivery import WhatsAppSend
from shared.tokens.source import TokenSource
from shared.whatsapp.client import WhatsAppClient

KIND: Final = "whatsapp"

# Bytes. The longest legal body, ten cards or a list with every text at its limit, is under 40 KB.
BODY_LIMIT = 128 * 1024


@dataclass(frozen=True)
class Sender:
    """Meta's side of the delivery."""

    client: WhatsAppClient
    tokens: TokenSource
    sending: Sending

    async def send(self, request: WhatsAppSend) -> SendOutcome:
        """The outcome of one message. Raises BadInput; Unavailable when nothing could be sent."""
        check_body(request.body, BODY_LIMIT)

        async def attempt(token: SecretStr) -> SendOutcome:
            return await self.client.send(request.phone_number_id, token, request.body)

        credential = TenantCredential(self.tokens, request.tenant_id, KIND, request.credential)
        return await self.sending.run(
            KIND, request.tenant_id, request.channel_id, attempt, credential
        )
