"""Calls of the delivery functions (wa-api, genesys-api): every way a call can end is a SendOutcome.

A caller handles three fates and no exceptions: a peer call that may have arrived is `unknown`.
"""

from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, StringConstraints

from shared.messaging.outcomes import SendError, SendOutcome, may_have_arrived, not_sent
from shared.runtime.errors import BadInput, ParleyError
from shared.runtime.peer import Peer

# Longer than a delivery function can need: token, one send, one more after a rejected token.
CALL_TIMEOUT = 30.0

# Ids become parts of a provider's URL, so nothing but their own letters may pass.
Uuid = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")]
PhoneNumberId = Annotated[str, StringConstraints(pattern=r"^[0-9]{1,32}$")]
IntegrationId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9-]{1,64}$")]
Name = Annotated[str, StringConstraints(min_length=1, max_length=255)]


class WhatsAppSend(BaseModel):
    """One message for Meta. `body` is the finished `POST /{phone_number_id}/messages` body."""

    model_config = ConfigDict(extra="forbid")

    tenant_id: Uuid
    channel_id: Uuid
    phone_number_id: PhoneNumberId
    credential: Name = "default"
    body: dict[str, Any]


class GenesysSend(BaseModel):
    """One message or receipt for Genesys. `body` is the finished Open Messaging body."""

    model_config = ConfigDict(extra="forbid")

    tenant_id: Uuid
    channel_id: Uuid
    integration_id: IntegrationId
    region: Name
    credential: Name = "default"
    body: dict[str, Any]


class WaApiClient:
    """Sends to WhatsApp through the wa-api function."""

    def __init__(self, peer: Peer, *, timeout: float = CALL_TIMEOUT) -> None:
        self._call = _Call(peer, timeout)

    async def send(self, request: WhatsAppSend) -> SendOutcome:
        """Send one message; an unknown fate must be cleared up before any repeat."""
        return await self._call("/whatsapp/send", request, repeatable=False)


class GenesysApiClient:
    """Sends to Genesys through the genesys-api function."""

    def __init__(self, peer: Peer, *, timeout: float = CALL_TIMEOUT) -> None:
        self._call = _Call(peer, timeout)

    async def message(self, request: GenesysSend) -> SendOutcome:
        """Send one inbound message; a repeat needs the same messageId and time."""
        return await self._call("/genesys/messages", request, repeatable=True)

    async def receipt(self, request: GenesysSend) -> SendOutcome:
        """Send one delivery receipt; a 2xx that carries status Failed comes back as refused."""
        return await self._call("/genesys/receipts", request, repeatable=True)


@dataclass(frozen=True)
class _Call:
    peer: Peer
    timeout: float

    async def __call__(self, path: str, body: BaseModel, *, repeatable: bool) -> SendOutcome:
        try:
            return await self.peer.call(
                "POST", path, body=body, answer=SendOutcome, timeout=self.timeout
            )
        except BadInput as error:
            return SendOutcome.refused(_our_fault(error))
        except ParleyError as error:
            if error.retryable == "unknown":
                lost = may_have_arrived(error.code, error.detail, repeatable=repeatable)
                return SendOutcome.unknown(lost)
            # A 404 of our own function is a fault of the deployment, not of the message.
            later = not_sent(error.code, error.detail, retry_after=error.retry_after)
            return SendOutcome.refused(later)


def _our_fault(error: ParleyError) -> SendError:
    return SendError(
        provider_code=error.code,
        title="Not a message that can be sent",
        detail=error.detail,
        action="never",
        retryable=False,
        reason="InvalidMessageStructure",
        agent_words="The message could not be sent in this form. Write it differently.",
        operator_words="The delivery function refused the request as built; see its log.",
    )
