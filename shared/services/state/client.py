"""Calls of the state function."""

from shared.runtime.peer import Peer, segment
from shared.services.state.messages import (
    Claim,
    ClaimRequest,
    Completed,
    CompleteRequest,
    Confirmed,
    ReceiptConfirmed,
    Released,
    ReleaseRequest,
    StatusAdvanced,
    StatusUpdate,
    TrackedMessage,
)
from shared.services.state.people import (
    Conversation,
    CustomerState,
    History,
    IdentityChange,
    Linked,
    Marked,
    Notice,
    Noticed,
    Preference,
    Preferred,
    Recorded,
    RecordRequest,
    Undelivered,
)
from shared.services.untold import Untold


class StateClient:
    """The state function, for the functions that call it."""

    def __init__(self, peer: Peer) -> None:
        self._peer = peer
        self.untold = Untold()

    async def claim(self, request: ClaimRequest) -> Claim:
        """Ask before any side effect."""
        return await self._peer.call("POST", "/state/claim", body=request, answer=Claim)

    async def complete(self, request: CompleteRequest) -> Completed:
        """Write down what was done. Raises Conflict when another attempt holds the claim."""
        return await self._peer.call("POST", "/state/complete", body=request, answer=Completed)

    async def release(self, request: ReleaseRequest) -> Released:
        """Give the claim back at once."""
        return await self._peer.call("POST", "/state/release", body=request, answer=Released)

    async def advance(self, message_id: str, update: StatusUpdate) -> StatusAdvanced:
        """Write down a status of the message with this id at Meta."""
        return await self._peer.call(
            "PATCH", f"/state/message/{segment(message_id)}", body=update, answer=StatusAdvanced
        )

    async def confirm_receipt(self, confirmed: ReceiptConfirmed) -> Confirmed:
        """Say that Genesys has taken a receipt, so that it is owed no more."""
        return await self._peer.call("POST", "/state/receipt", body=confirmed, answer=Confirmed)

    async def conversation(
        self, conversation_id: str, *, tenant_id: str, channel_id: str
    ) -> Conversation:
        """Whose a conversation is. Raises NotFound."""
        return await self._peer.call(
            "GET",
            f"/state/conversation/{segment(conversation_id)}",
            params={"tenant_id": tenant_id, "channel_id": channel_id},
            answer=Conversation,
        )

    async def message(self, message_id: str, *, tenant_id: str) -> TrackedMessage:
        """Find a message by its id at either side. Raises NotFound."""
        return await self._peer.call(
            "GET",
            f"/state/message/{segment(message_id)}",
            params={"tenant_id": tenant_id},
            answer=TrackedMessage,
        )

    async def history(self, conversation_id: str, *, tenant_id: str, limit: int = 100) -> History:
        """Return a conversation's newest messages."""
        return await self._peer.call(
            "GET",
            f"/state/conversation/{segment(conversation_id)}/messages",
            params={"tenant_id": tenant_id, "limit": str(limit)},
            answer=History,
        )

    async def record(self, request: RecordRequest) -> Recorded:
        """Keep messages in history that are not ours to deliver."""
        return await self._peer.call("POST", "/state/record", body=request, answer=Recorded)

    async def link(self, change: IdentityChange) -> Linked:
        """Write down that a person is called otherwise now."""
        return await self._peer.call("POST", "/state/identity", body=change, answer=Linked)

    async def prefer(self, preference: Preference) -> Preferred:
        """Write down what a person wants no more of."""
        return await self._peer.call("POST", "/state/preference", body=preference, answer=Preferred)

    async def notice(self, notice: Notice) -> Noticed:
        """Keep what a provider says of an account, a number or a template."""
        return await self._peer.call("POST", "/state/notice", body=notice, answer=Noticed)

    async def undelivered(self, undelivered: Undelivered) -> Marked:
        """Write down that Genesys failed a message after it had taken it."""
        return await self._peer.call("POST", "/state/undelivered", body=undelivered, answer=Marked)

    async def customer(self, customer: str, *, tenant_id: str, channel_id: str) -> CustomerState:
        """Find a person by name, number in any spelling, or user id. Raises NotFound."""
        return await self._peer.call(
            "GET",
            f"/state/customer/{segment(customer)}",
            params={"tenant_id": tenant_id, "channel_id": channel_id},
            answer=CustomerState,
        )
